package main

import (
	"context"
	"maps"
	"slices"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
)

// result is what one account of one connection gave: balances or an error. Without an account it is about the
// connection: why its accounts are not known or, without an error, that it has none.
type result struct {
	connection string
	provider   string
	accountID  string
	balances   []adapters.Balance
	err        error
}

func (r result) isEmptyList() bool { return r.accountID == "" && r.err == nil }

// fetch asks for all accounts and returns their results in the order of the connections, and how many calls that took
// at each provider. Accounts that the user names are asked for one by one.
func fetch(ctx context.Context, connections []connection, t *tally) ([]result, map[string]int) {
	prepared, came := make([]collect.Connection, len(connections)), make([][]result, len(connections))
	for i, c := range connections {
		isNamed := c.accounts != nil
		prepared[i] = collect.Connection{Key: i, Source: asking{c.source, t, isNamed}, PSU: c.psu, Host: c.host}
		if isNamed {
			prepared[i].Accounts = slices.Values(c.accounts)
		}
	}
	run := collect.Balances(ctx, slices.Values(prepared), &collect.Options{Ordered: true})
	for r := range run.Results() {
		i := r.Key.(int)
		came[i] = append(came[i], result{connections[i].name, connections[i].provider, r.AccountID, r.Balances, r.Err})
	}
	for i, c := range connections {
		if came[i] == nil {
			came[i] = []result{{connection: c.name, provider: c.provider}}
		}
	}
	calls := map[string]int{}
	maps.Copy(calls, run.Report().Calls)
	return slices.Concat(came...), calls
}
