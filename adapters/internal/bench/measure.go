package main

import (
	"runtime"
	"slices"
	"time"
)

// cost is what something took, or a reading of the meters from which it is told.
type cost struct{ ns, bytes, allocs float64 }

func (c cost) minus(d cost) cost { return cost{c.ns - d.ns, c.bytes - d.bytes, c.allocs - d.allocs} }
func (c cost) plus(d cost) cost  { return cost{c.ns + d.ns, c.bytes + d.bytes, c.allocs + d.allocs} }
func (c cost) per(n int) cost {
	return cost{c.ns / float64(n), c.bytes / float64(n), c.allocs / float64(n)}
}

// meter reads time, or bytes and allocations, since some fixed moment.
type meter func() cost

var start = time.Now()

func clock() cost { return cost{ns: float64(time.Since(start))} }

func allocations() cost {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return cost{bytes: float64(m.TotalAlloc), allocs: float64(m.Mallocs)}
}

// runner makes n calls and returns what one of them took, as the meter reads it, in each of its stages.
type runner func(meter meter, n int) []cost

const (
	rounds = 200
	slice  = 2 * time.Millisecond
)

// contest lets runners take turns in short slices, so that whatever else the machine does hits all of them alike. It
// returns the costs by runner, stage and round.
func contest(runners []runner, rounds int) [][][]cost {
	results := make([][][]cost, len(runners))
	counts := make([]int, len(runners))
	for i, run := range runners {
		counts[i] = callsIn(run, slice)
	}
	for round := range rounds {
		for turn := range runners {
			i := (round + turn) % len(runners)
			for stage, c := range runners[i](clock, counts[i]) {
				if round == 0 {
					results[i] = append(results[i], nil)
				}
				results[i][stage] = append(results[i][stage], c)
			}
		}
	}
	return results
}

// callsIn returns how many calls fill a slice, after calls that warm up.
func callsIn(run runner, slice time.Duration) int {
	run(clock, 3)
	n := 1
	for {
		took := 0.0
		for _, stage := range run(clock, n) {
			took += stage.ns * float64(n)
		}
		if took >= float64(slice)/2 || n >= 1<<16 {
			return max(1, int(float64(n)*float64(slice)/took))
		}
		n *= 2
	}
}

// heap returns what one call allocates in each stage: the median of several passes.
func heap(run runner) []cost {
	const passes = 7
	n := callsIn(run, 20*time.Millisecond)
	all := make([][]cost, passes)
	for i := range all {
		all[i] = run(allocations, min(n, 200))
	}
	middle := make([]cost, len(all[0]))
	for stage := range middle {
		middle[stage] = cost{
			bytes:  quantile(all, func(c []cost) float64 { return c[stage].bytes }, 0.5),
			allocs: quantile(all, func(c []cost) float64 { return c[stage].allocs }, 0.5),
		}
	}
	return middle
}

// spread is the median of several values and its quartiles. calm is the same value from the fastest rounds of each
// side, which other work on the machine has disturbed least; zero if there is none.
type spread struct{ low, median, high, calm float64 }

func spreadOf[T any](all []T, value func(T) float64) spread {
	return spread{quantile(all, value, 0.25), quantile(all, value, 0.5), quantile(all, value, 0.75), 0}
}

func quantile[T any](all []T, value func(T) float64, share float64) float64 {
	values := make([]float64, len(all))
	for i := range all {
		values[i] = value(all[i])
	}
	slices.Sort(values)
	return values[int(share*float64(len(values)-1)+0.5)]
}

// ratio compares what two runners took in the same rounds.
func ratio(ours, theirs []cost) spread {
	rounds := make([]float64, len(ours))
	for i := range ours {
		rounds[i] = ours[i].ns / theirs[i].ns
	}
	s := spreadOf(rounds, itself)
	s.calm = fastest(ours) / fastest(theirs)
	return s
}

func itself(value float64) float64 { return value }

func nanoseconds(c cost) float64 { return c.ns }

func fastest(rounds []cost) float64 { return quantile(rounds, nanoseconds, 0.05) }

// without takes off what another runner took in the same rounds.
func without(all, part []cost) []cost {
	rest := make([]cost, len(all))
	for i := range all {
		rest[i] = all[i].minus(part[i])
	}
	return rest
}
