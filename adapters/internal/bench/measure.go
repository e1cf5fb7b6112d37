package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

const rounds, slice = 300, 2 * time.Millisecond

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
	ours, hand                 float64 // the fastest
}

func newRatio(ours, hand []float64) ratio {
	rounds := make([]float64, len(ours))
	for i := range rounds {
		rounds[i] = ours[i] / hand[i]
	}
	r := ratio{ours: quantile(ours, 0.05), hand: quantile(hand, 0.05)}
	r.fastest = r.ours / r.hand
	r.low, r.median, r.high = quantile(rounds, 0.25), quantile(rounds, 0.5), quantile(rounds, 0.75)
	return r
}

// cells are the columns "fastest" and "median (quartiles)".
func (r ratio) cells() []string {
	return []string{fmt.Sprintf("%.2f", r.fastest), fmt.Sprintf("%.2f (%.2f-%.2f)", r.median, r.low, r.high)}
}

// compare lets two sides take turns. It returns nanoseconds.
func compare(ours, hand runner) ratio {
	sides, times := []runner{ours, hand}, make([][]float64, 2)
	counts := []int{callsIn(ours), callsIn(hand)}
	for round := range rounds {
		for turn := range sides {
			i := (round + turn) % 2
			times[i] = append(times[i], float64(sides[i](counts[i]))/float64(counts[i]))
		}
	}
	return newRatio(times[0], times[1])
}

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
