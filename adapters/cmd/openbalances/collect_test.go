package main_test

import (
	"iter"
	"runtime"
	"slices"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTenThousandAccounts collects from a sandbox of every provider, in which each fiftieth account fails. The test
// stands here because this package knows how to open every adapter.
func TestTenThousandAccounts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("ten thousand calls")
	}
	perBank := 10_000 / len(specs.Providers())
	var connections []collect.Connection
	want, balances, failing := map[string]bool{}, 0, 0
	for _, provider := range specs.Providers() {
		faults := make([]fault, perBank)
		for i := 7; i < perBank; i += 50 {
			faults[i] = truncated
			failing++
		}
		bank := newFaultyBank(t, provider, faults)
		for i := range perBank {
			want[bank.accountID(i)] = faults[i] == none
			if faults[i] == none {
				balances += len(bank.example(i).balances)
			}
		}
		connections = append(connections, collect.Connection{
			Key: provider, Source: bank, PSU: adapters.Unattended(), Accounts: bank.ids(perBank),
		})
	}
	run := collect.Balances(t.Context(), slices.Values(connections), nil)
	var peak, now uint64
	n := 0
	for result := range run.Results() {
		good, known := want[result.AccountID]
		require.True(t, known, "twice, or never asked for: %s", result.AccountID)
		delete(want, result.AccountID)
		assert.Equal(t, good, result.Err == nil, result.AccountID)
		if n++; n%1000 == 0 {
			now = liveHeap()
			peak = max(peak, now)
		}
	}
	assert.Empty(t, want, "lost")
	report := run.Report()
	total := perBank * len(connections)
	assert.Equal(t, total, report.Accounts)
	assert.Equal(t, total-failing, report.Answered)
	assert.Equal(t, balances, report.Balances)
	assert.Equal(t, map[string]int{"protocol": failing}, report.Failures)
	for _, provider := range specs.Providers() {
		assert.Equal(t, perBank, report.Calls[provider], provider)
	}
	t.Logf("%+v; live heap at most %d KiB, at the end %d KiB", report, peak>>10, now>>10)
}

func (b *faultyBank) ids(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range n {
			if !yield(b.accountID(i)) {
				return
			}
		}
	}
}

func liveHeap() uint64 {
	var memory runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc
}
