package main

import (
	"context"
	"slices"
	"strconv"

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
// at each provider. An account that the end of ctx kept from being asked is not left out.
func fetch(ctx context.Context, connections []connection, t *tally) ([]result, map[string]int) {
	asked := make([]*asking, len(connections))
	prepared := make([]collect.Connection, len(connections))
	for i, c := range connections {
		asked[i] = &asking{source: c.source, tally: t, ids: c.accounts}
		prepared[i] = collect.Connection{
			Name: strconv.Itoa(i), Provider: c.provider, Host: c.host, Source: asked[i].view(c), PSU: c.psu,
		}
		if c.accounts != nil {
			prepared[i].Accounts = slices.Values(c.accounts)
		}
	}
	run := collect.Balances(ctx, slices.Values(prepared), &collect.Options{Ordered: true})
	came := make([][]collect.Result, len(connections))
	for r := range run.Results() {
		i, _ := strconv.Atoi(r.Connection)
		came[i] = append(came[i], r)
	}
	var results []result
	for i, c := range connections {
		results = append(results, c.results(came[i], asked[i].ids, ctx.Err())...)
	}
	return results, run.Report().Calls
}

// results returns one result for each of the connection's accounts: those that came, which are the first, and ended for
// the others. The ids are nil if the accounts are not known.
func (c connection) results(came []collect.Result, ids []string, ended error) []result {
	var results []result
	for _, r := range came {
		results = append(results, result{c.name, c.provider, r.AccountID, r.Balances, r.Err})
	}
	switch {
	case len(came) == 0 && len(ids) == 0 && ids != nil:
		return []result{{connection: c.name, provider: c.provider}}
	case len(came) == 0 && ids == nil:
		return []result{{connection: c.name, provider: c.provider, err: ended}}
	}
	for i := len(came); i < len(ids) && ended != nil; i++ {
		results = append(results, result{connection: c.name, provider: c.provider, accountID: ids[i], err: ended})
	}
	return results
}
