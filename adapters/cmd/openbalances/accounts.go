package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"sync"

	"github.com/openbalances/openbalances/adapters"
)

const maxLists = 16 // under way at once

var accountsCommand = command{
	name:    "accounts",
	summary: "list the accounts that the credentials of a configuration give access to",
	example: "openbalances accounts -config connections.json",
	setup:   setupAccounts,
}

func setupAccounts(flags *flag.FlagSet) action {
	chosen := formatFlags(flags)
	return withConnections(flags, nil, chosen.check,
		func(ctx context.Context, connections []connection, stdout, stderr io.Writer) error {
			asked := &tally{}
			hide := asked.show(stderr)
			listed := listAccounts(ctx, connections, asked)
			hide()
			return accountReport(listed).print(chosen.format(), stdout, stderr)
		})
}

// listAccounts asks all connections at the same time, sixteen at most, and returns their lists in the same order.
func listAccounts(ctx context.Context, connections []connection, t *tally) []result {
	all := make([]result, len(connections))
	var running sync.WaitGroup
	slots := make(chan struct{}, maxLists)
	for i, c := range connections {
		slots <- struct{}{} // an expired context makes the calls before this one end at once
		running.Go(func() {
			t.ask(1)
			accounts, err := c.source.Accounts(ctx, c.psu)
			all[i] = result{connection: c.name, provider: c.provider, accounts: accounts, err: err}
			t.end(err)
			<-slots
		})
	}
	running.Wait()
	return all
}

// account is an account with the name of its connection.
type account struct {
	Connection string `json:"connection"`
	adapters.Account
}

type accountDocument struct {
	Accounts []account `json:"accounts"`
	Failures []failure `json:"failures"`
}

func accountReport(results []result) report {
	lines := []account{}
	for _, r := range results {
		for _, a := range r.accounts {
			lines = append(lines, account{r.connection, a})
		}
	}
	return report{
		document: accountDocument{lines, failures(results)},
		rows:     func() [][]string { return csvRows(accountColumns, lines) },
		table:    func() string { return accountTable(lines) },
		remarks:  accountRemarks(results),
		failed:   hasFailed(results),
	}
}

func accountTable(accounts []account) string {
	rows := tableRows(accountColumns, accounts)
	for _, row := range rows {
		for i, text := range row {
			row[i] = orDash(text)
		}
	}
	return table(rows)
}

func accountRemarks(results []result) string {
	text, accounts, failed := "", 0, 0
	for _, r := range results {
		accounts += len(r.accounts)
		if r.err != nil {
			failed++
			text += r.failedLine()
		}
	}
	return text + fmt.Sprintf("%s from %s, %d failed\n",
		counted(accounts, "account"), counted(len(results)-failed, "connection"), failed)
}
