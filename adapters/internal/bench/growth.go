package main

import (
	"context"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
)

func measureGrowth() {
	rows := [][]string{{"balances in the answer", "ns each", "bytes each", "ours / hand, fastest"}}
	for _, n := range []int{1, 10, 100, 1000} {
		s, each := scenario{eikaBank, n}, func(value float64) string { return quantity(value / float64(n)) }
		r := s.inMemory()
		rows = append(rows, []string{strconv.Itoa(n), each(r.ours), each(s.bytes().ours), r.cells()[0]})
	}
	printTable("How the cost of a call grows", "Calls in memory, Eika.", rows)
	rows = [][]string{{"accounts", "ns each", "bytes each", "live heap at most, KiB"}}
	visitAccounts(1000, nil) // to warm up
	for _, n := range []int{1, 10, 100, 1000, 10_000, 100_000, 1_000_000} {
		nanoseconds, bytes := costOfAccounts(n)
		rows = append(rows, []string{strconv.Itoa(n), quantity(nanoseconds), quantity(bytes), quantity(liveHeap(n) / 1024)})
	}
	printTable("How the cost of a collection grows",
		"Accounts from an iterator through package collect, from a source in memory.", rows)
}

// costOfAccounts returns what one of n accounts takes.
func costOfAccounts(n int) (nanoseconds, bytes float64) {
	begun, before, total := time.Now(), allocated(), 0
	for ; total == 0 || time.Since(begun) < 200*time.Millisecond; total += n {
		visitAccounts(n, nil)
	}
	return float64(time.Since(begun)) / float64(total), (allocated() - before) / float64(total)
}

// liveHeap collects garbage at twenty moments of a collection and returns the most that was left.
func liveHeap(n int) (most float64) {
	var memory runtime.MemStats
	visitAccounts(n, func(seen int) {
		if seen%max(1, n/20) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&memory)
			most = max(most, float64(memory.HeapAlloc))
		}
	})
	return most
}

// visitAccounts collects n accounts of one connection.
func visitAccounts(n int, visit func(seen int)) {
	ids := func(yield func(string) bool) {
		for i := 0; i < n && yield(strconv.Itoa(i)); i++ {
		}
	}
	connection := collect.Connection{Source: shelf{"memory"}, PSU: adapters.Unattended(), Accounts: ids}
	seen := 0
	for range collect.Balances(context.Background(), slices.Values([]collect.Connection{connection}), nil).Results() {
		if seen++; visit != nil {
			visit(seen)
		}
	}
}

// shelf is a source whose balances lie ready.
type shelf struct{ adapters.Base }

var ready = []adapters.Balance{{
	Provider: "memory", AccountID: "1", Type: adapters.BalanceTypeExpected, ProviderType: "XPCD", Currency: "NOK",
	ReceivedAt: time.Unix(1, 0),
}}

func (shelf) Balances(context.Context, string, adapters.PSU) ([]adapters.Balance, error) {
	return ready, nil
}
