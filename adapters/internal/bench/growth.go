package main

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/shopspring/decimal"
)

func measureGrowth(r *report) error {
	if err := measureBodies(r); err != nil {
		return err
	}
	measureAccounts(r)
	return nil
}

// measureBodies shows what a balance costs in longer answers.
func measureBodies(r *report) error {
	rows := [][]string{{"balances in the answer", "ns each", "bytes each", "time, ours / hand", "bytes, ours / hand"}}
	for _, n := range []int{1, 10, 100, 1000} {
		s, err := newScenario(eikaBank, n)
		if err != nil {
			return err
		}
		if err := s.prove(); err != nil {
			return err
		}
		calls, err := s.calls(inMemory(s.text, nil))
		if err != nil {
			return err
		}
		runners := []runner{whole(calls[ours]), whole(calls[hand])}
		results := contest(runners, rounds/2)
		mine, theirs := heap(runners[0])[0], heap(runners[1])[0]
		each := quantile(results[0][0], nanoseconds, 0.5) / float64(n)
		rows = append(rows, []string{
			strconv.Itoa(n), quantity(each), quantity(mine.bytes / float64(n)),
			ratio(results[0][0], results[1][0]).String(), share(mine.bytes / theirs.bytes),
		})
	}
	r.table("## How the cost of a call grows", "Complete calls in memory, Eika.", rows)
	return nil
}

// measureAccounts shows what an account costs in longer collections.
func measureAccounts(r *report) {
	const base = 1000
	numbers := []int{1, 10, 100, base, 10_000, 100_000, 1_000_000}
	each := map[int]cost{}
	collectRepeatedly(base) // to warm up
	for _, n := range numbers {
		each[n] = collectRepeatedly(n)
	}
	rows := [][]string{{"accounts", "ns each", "of 1000", "bytes each", "live heap at most, KiB"}}
	for _, n := range numbers {
		rows = append(rows, []string{
			strconv.Itoa(n), quantity(each[n].ns), share(each[n].ns / each[base].ns), quantity(each[n].bytes),
			quantity(liveHeap(n) / 1024),
		})
	}
	r.table("## How the cost of a collection grows",
		"Accounts from an iterator through package collect, from a source in memory.", rows)
}

// collectRepeatedly returns what one of n accounts takes.
func collectRepeatedly(n int) cost {
	const least = 200 * time.Millisecond
	begun, beforehand, runs := time.Now(), allocations(), 0
	for ; runs == 0 || time.Since(begun) < least; runs++ {
		for range accounts(n).Results() {
		}
	}
	took := cost{ns: float64(time.Since(begun))}
	return took.plus(allocations().minus(beforehand)).per(runs * n)
}

// liveHeap collects garbage at twenty moments of a collection and returns the most that was left.
func liveHeap(n int) (most float64) {
	var memory runtime.MemStats
	seen := 0
	for range accounts(n).Results() {
		if seen++; seen%max(1, n/20) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&memory)
			most = max(most, float64(memory.HeapAlloc))
		}
	}
	return most
}

func accounts(n int) *collect.Run {
	ids := func(yield func(string) bool) {
		for i := range n {
			if !yield(strconv.Itoa(i)) {
				return
			}
		}
	}
	return collect.Balances(context.Background(), connections(ids), nil)
}

func connections(ids iter.Seq[string]) iter.Seq[collect.Connection] {
	return slices.Values([]collect.Connection{{
		Name: "memory", Provider: "memory", Source: shelf{}, PSU: adapters.Unattended(), Accounts: ids,
	}})
}

// shelf is a source whose balances lie ready.
type shelf struct{}

var ready = []adapters.Balance{{
	Provider: "memory", AccountID: "1", Type: adapters.Expected, ProviderType: "XPCD", Amount: decimal.New(10026, -2),
	Currency: "NOK", ReceivedAt: time.Unix(1, 0),
}}

func (shelf) Balances(context.Context, string, adapters.PSU) ([]adapters.Balance, error) {
	return ready, nil
}
