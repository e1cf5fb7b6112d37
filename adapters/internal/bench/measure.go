package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

const (
	rounds = 200
	slice  = 2 * time.Millisecond
)

// runner makes n calls and returns how long what is measured of them took.
type runner func(n int) time.Duration

// whole measures calls from their beginning to their end.
func whole(call func()) runner {
	return func(n int) time.Duration {
		begun := time.Now()
		for range n {
			call()
		}
		return time.Since(begun)
	}
}

// ratio compares two sides: by their fastest slices, and by the rounds in which both had their turn.
type ratio struct {
	fastest, low, median, high float64
	ours, hand                 float64 // nanoseconds of the fastest
}

// compare lets two sides take turns.
func compare(ours, hand runner, rounds int) ratio {
	sides, times := []runner{ours, hand}, make([][]float64, 2)
	counts := []int{callsIn(ours), callsIn(hand)}
	for round := range rounds {
		for turn := range sides {
			i := (round + turn) % 2
			times[i] = append(times[i], float64(sides[i](counts[i]))/float64(counts[i]))
		}
	}
	all := make([]float64, rounds)
	for i := range all {
		all[i] = times[0][i] / times[1][i]
	}
	r := ratioOf(all)
	r.ours, r.hand = quantile(times[0], 0.05), quantile(times[1], 0.05)
	r.fastest = r.ours / r.hand
	return r
}

func ratioOf(rounds []float64) ratio {
	return ratio{low: quantile(rounds, 0.25), median: quantile(rounds, 0.5), high: quantile(rounds, 0.75)}
}

// spread prints the median and the quartiles.
func (r ratio) spread() string { return fmt.Sprintf("%.2f (%.2f-%.2f)", r.median, r.low, r.high) }

// callsIn returns how many calls fill a slice, after some that warm up.
func callsIn(run runner) int {
	run(10)
	n := 1
	for run(n) < slice/2 && n < 1<<16 {
		n *= 2
	}
	return n
}

func quantile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(share*float64(len(sorted)-1)+0.5)]
}

// bytesOf returns what one call allocates.
func bytesOf(call func()) float64 {
	const n = 200
	call()
	begun := allocated()
	for range n {
		call()
	}
	return (allocated() - begun) / n
}

func allocated() float64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.TotalAlloc)
}
