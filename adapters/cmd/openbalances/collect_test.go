package main_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wrappers are what a caller may put around a source. Nothing that wraps a source may lose one of its abilities.
var wrappers = map[string]func(adapters.Source) (adapters.Source, error){
	"unguarded": func(source adapters.Source) (adapters.Source, error) { return source, nil },
	"guarded": func(source adapters.Source) (adapters.Source, error) {
		return accessguard.New(source, "consent", accessguard.Memory(), nil)
	},
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
			source, err := openbalances.Opener(provider)(&adapters.Options{BaseURL: url + "/" + provider})
			require.NoError(t, err)
			want := map[string][]adapters.Balance{}
			for _, id := range accounts {
				if balances, err := source.Balances(t.Context(), id, adapters.Unattended()); err == nil {
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
					wrapped, err := wrap(source)
					require.NoError(t, err)
					got, report := collected(t, wrapped, ids)
					unnamed := 0 // an answer that does not say for which account it is cannot be told from others in a batch
					var cause error
					for id, balances := range want {
						if got[id].Err != nil {
							unnamed, cause = unnamed+1, got[id].Err
							continue
						}
						assert.Equal(t, balances, withoutCall(got[id].Balances), "%s, %s: %s", name, with, id)
					}
					assert.LessOrEqual(t, unnamed, 1, "%s, %s: %v", name, with, cause)
					made := report.Calls[provider]
					assert.Contains(t, []int{0, made}, calls[with], "%s, %s: as few calls as without a wrapper", name, with)
					calls[with] = made
					assert.Positive(t, made)
				}
			}
			if len(asked) == 1 {
				assert.LessOrEqual(t, calls["named"], len(accounts), "nothing is listed")
				return
			}
			_, listed := source.AllBalances(t.Context(), adapters.Unattended())
			_, shared := source.BatchBalances(t.Context(), accounts[:1], adapters.Unattended())
			if errors.Is(listed, errors.ErrUnsupported) && errors.Is(shared, errors.ErrUnsupported) {
				assert.Equal(t, len(accounts)+1, calls["all"], "the list, and a call for each account")
				return
			}
			assert.Less(t, calls["all"], len(accounts), "the list carries the balances, or its accounts share a call")
		})
	}
}

// collected returns the results by account.
func collected(t *testing.T, source adapters.Source, ids []string) (map[string]collect.Result, collect.Report) {
	t.Helper()
	connection := collect.Connection{Source: source, PSU: adapters.Unattended()}
	if ids != nil {
		connection.Accounts = slices.Values(ids)
	}
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection}), nil)
	all := map[string]collect.Result{}
	for result := range run.Results() {
		require.False(t, result.OfConnection, "%v", result.Err)
		all[result.AccountID] = result
	}
	return all, run.Report()
}

// withoutCall leaves out what tells one call from another, and what only a list says about an account.
func withoutCall(balances []adapters.Balance) []adapters.Balance {
	all := append([]adapters.Balance{}, balances...)
	for i := range all {
		all[i].ReceivedAt, all[i].RequestID, all[i].IBAN, all[i].BBAN = time.Time{}, "", "", ""
		all[i].Warnings = slices.DeleteFunc(slices.Clone(all[i].Warnings), func(w string) bool { return w == adapters.WarningListed })
		if len(all[i].Warnings) == 0 {
			all[i].Warnings = nil
		}
	}
	return all
}
