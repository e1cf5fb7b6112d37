package main_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/sandbox"
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

// wrappers are what a caller may put around a source. Nothing that wraps a source may lose one of its abilities.
var wrappers = map[string]func(*testing.T, adapters.Source) adapters.Source{
	"unguarded": func(_ *testing.T, source adapters.Source) adapters.Source { return source },
	"guarded":   func(_ *testing.T, source adapters.Source) adapters.Source { return &forwarding{Source: source} },
}

// forwarding is a source that a caller wrote: it counts the calls of each method and makes them.
type forwarding struct {
	adapters.Source
	single, batch, list, all atomic.Int64
}

func (f *forwarding) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	f.single.Add(1)
	return f.Source.Balances(ctx, id, psu)
}

func (f *forwarding) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	f.batch.Add(1)
	return f.Source.BatchBalances(ctx, ids, psu)
}

func (f *forwarding) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	f.list.Add(1)
	return f.Source.Accounts(ctx, psu)
}

func (f *forwarding) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	f.all.Add(1)
	return f.Source.AllBalances(ctx, psu)
}

// For each provider, guarded and unguarded, with and without accounts: collect gives the same balances, in as few calls.
func TestCollectGivesTheSameBalances(t *testing.T) {
	t.Parallel()
	url := serveSandbox(t)
	for _, provider := range specs.Providers() {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			accounts, err := sandbox.Accounts(provider)
			require.NoError(t, err)
			source := open(t, provider, url+"/"+provider)
			want := map[string][]adapters.Balance{}
			for _, id := range accounts {
				balances, err := source.Balances(t.Context(), id, adapters.Unattended())
				if err == nil {
					want[id] = withoutCall(balances)
				}
			}
			require.NotEmpty(t, want)
			calls, asked := map[string]int{}, map[string][]string{"named": accounts, "all": nil}
			if _, err := source.Accounts(t.Context(), adapters.Unattended()); errors.Is(err, errors.ErrUnsupported) {
				delete(asked, "all")
			}
			for name, wrap := range wrappers {
				for with, ids := range asked {
					got, report := collected(t, wrap(t, source), ids)
					unnamed := 0 // an answer that does not say for which account it is cannot be told from others in a batch
					for id, balances := range want {
						if got[id] == nil {
							unnamed++
							continue
						}
						assert.Equal(t, balances, got[id], "%s, %s: %s", name, with, id)
					}
					assert.LessOrEqual(t, unnamed, 1, "%s, %s", name, with)
					made := report.Calls[provider]
					assert.Contains(t, []int{0, made}, calls[with], "%s, %s: as few calls as without a wrapper", name, with)
					calls[with] = made
					assert.Positive(t, made)
				}
			}
			assert.Less(t, calls["all"], len(accounts), "the list carries the balances, or its accounts share a call")
		})
	}
}

// collected returns the balances of the accounts that were answered.
func collected(t *testing.T, source adapters.Source, ids []string) (map[string][]adapters.Balance, collect.Report) {
	t.Helper()
	connection := collect.Connection{Source: source, PSU: adapters.Unattended()}
	if ids != nil {
		connection.Accounts = slices.Values(ids)
	}
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection}), nil)
	all := map[string][]adapters.Balance{}
	for result := range run.Results() {
		require.False(t, result.OfConnection, "%v", result.Err)
		if result.Err == nil {
			all[result.AccountID] = withoutCall(result.Balances)
		}
	}
	return all, run.Report()
}

// withoutCall leaves out what tells one call from another, and what only a list says about an account.
func withoutCall(balances []adapters.Balance) []adapters.Balance {
	all := append([]adapters.Balance{}, balances...)
	for i := range all {
		all[i].ReceivedAt, all[i].RequestID, all[i].IBAN, all[i].BBAN = time.Time{}, "", "", ""
	}
	return all
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
