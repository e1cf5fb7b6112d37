package main

import (
	"context"
	"flag"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
)

const defaultTimeout = time.Minute

var getCommand = command{
	name:    "get",
	summary: "fetch the balances of all accounts of a configuration",
	example: "openbalances get -config connections.json -format csv > balances.csv",
	setup:   setupGet,
}

func setupGet(flags *flag.FlagSet) action {
	chosen := formatFlags(flags)
	checked := flags.Bool("contract", false,
		"print to stderr how requests and answers differ from the provider's document; with -json also as \"deviations\"")
	return withConnections(flags, checked, chosen.check,
		func(ctx context.Context, connections []connection, stdout, stderr io.Writer) error {
			return getAll(ctx, connections, chosen.format(), stdout, stderr)
		})
}

func getAll(ctx context.Context, connections []connection, as format, stdout, stderr io.Writer) error {
	asked := &tally{}
	hide := asked.show(stderr)
	results, _ := fetch(ctx, connections, asked)
	hide()
	found := allDeviations(connections)
	_, _ = io.WriteString(stderr, deviationLines(found))
	return balanceReport(results, found, balanceColumns, "").print(as, stdout, stderr)
}

// balanceReport puts what a run of calls gave into each form. The columns are those of the table; deviations are nil if
// the traffic was not checked.
func balanceReport(results []result, found []deviation, columns []column[balance], spent string) report {
	return report{
		document: document{allLines(results), failures(results), places(results, isClosed), places(results, isEmpty), found},
		rows:     func() [][]string { return csvRows(balanceColumns, tableLines(results)) },
		table:    func() string { return balanceTable(results, columns) },
		remarks:  remarks(results) + summary(results) + spent + "\n",
		failed:   hasFailed(results),
	}
}

func hasFailed(results []result) bool {
	return slices.ContainsFunc(results, func(r result) bool { return r.err != nil })
}

// withConnections declares -config and -timeout. The action that it returns checks the other flags, opens the connections,
// on request with their traffic checked, and does the work with them.
func withConnections(flags *flag.FlagSet, checked *bool, check func() error,
	work func(ctx context.Context, connections []connection, stdout, stderr io.Writer) error) action {
	path := flags.String("config", "", "JSON `file` that names the connections; required")
	timeout := flags.Duration("timeout", defaultTimeout, "time for the whole run")
	return func(ctx context.Context, stdout, stderr io.Writer) error {
		if err := check(); err != nil {
			return err
		}
		switch {
		case *path == "":
			return misuse{flags.Name() + " needs -config FILE; see openbalances " + flags.Name() + " -h"}
		case *timeout <= 0:
			return misuse{"-timeout must be more than 0"}
		}
		ctx, cancel := context.WithTimeout(ctx, *timeout)
		defer cancel()
		return untilEnd(ctx, func() error {
			connections, err := loadConnections(*path, checked != nil && *checked)
			if err != nil {
				return err
			}
			return work(ctx, connections, stdout, stderr)
		})
	}
}

// result is what one account of one connection gave: balances or an error. Without an account it is about the
// connection: why its accounts are not known or, without an error, that it has none.
type result struct {
	connection string
	provider   string
	accountID  string
	balances   []adapters.Balance
	accounts   []adapters.Account // of a connection, where only they are asked for
	closed     bool               // the provider lists the account as closed, so it was not asked for
	err        error
}

func (r result) isEmptyList() bool { return r.accountID == "" && r.err == nil }

// fetch asks for all accounts and returns their results in the order of the connections, and how many calls that took
// at each provider. Accounts that the user names are asked for one by one.
func fetch(ctx context.Context, connections []connection, t *tally) ([]result, map[string]int) {
	prepared, came := make([]collect.Connection, len(connections)), make([][]result, len(connections))
	for i, c := range connections {
		prepared[i] = collect.Connection{Key: i, Source: asking{c.source, t, c.accounts != nil}, PSU: c.psu, Host: c.host}
		if c.accounts != nil {
			prepared[i].Accounts = slices.Values(c.accounts)
		}
	}
	run := collect.Balances(ctx, slices.Values(prepared), &collect.Options{Ordered: true})
	for r := range run.Results() {
		i := r.Key.(int)
		came[i] = append(came[i], result{
			connection: connections[i].name, provider: connections[i].provider, accountID: r.AccountID, balances: r.Balances,
			closed: r.Closed, err: r.Err,
		})
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
