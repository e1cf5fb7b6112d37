package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
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
	open := connectionFlags(flags, "accounts")
	chosen := formatFlags(flags)
	return func(ctx context.Context, stdout, stderr io.Writer) error {
		as, err := chosen()
		if err != nil {
			return err
		}
		connections, timeout, err := open(false)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return listAll(ctx, connections, as, stdout, stderr)
	}
}

func listAll(ctx context.Context, connections []connection, as format, stdout, stderr io.Writer) error {
	asked := &tally{}
	hide := asked.show(stderr)
	listed := listAccounts(ctx, connections, asked)
	hide()
	return reportAccounts(listed, as, stdout, stderr)
}

// listedAccounts is what one connection lists, or why it lists nothing. Its result is without account and balances.
type listedAccounts struct {
	result
	accounts []adapters.Account
}

// listAccounts asks all connections at the same time, sixteen at most, and returns their lists in the same order.
func listAccounts(ctx context.Context, connections []connection, t *tally) []listedAccounts {
	all := make([]listedAccounts, len(connections))
	var running sync.WaitGroup
	slots := make(chan struct{}, maxLists)
	for i, c := range connections {
		slots <- struct{}{} // an expired context makes the calls before this one end at once
		running.Go(func() {
			t.ask(1)
			accounts, err := c.source.Accounts(ctx, c.psu)
			all[i] = listedAccounts{result{connection: c.name, provider: c.provider, err: err}, accounts}
			t.end(err)
			<-slots
		})
	}
	running.Wait()
	return all
}

func reportAccounts(all []listedAccounts, as format, stdout, stderr io.Writer) error {
	var results []result
	lines := []account{}
	for _, l := range all {
		results = append(results, l.result)
		for _, a := range l.accounts {
			lines = append(lines, account{l.result, a})
		}
	}
	var text string
	var err error
	switch as {
	case formatJSON:
		text, err = accountsJSON(lines, results)
	case formatCSV:
		text, err = csvText(csvRows(accountColumns, lines))
	default:
		text = accountTable(lines)
	}
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	if as != formatJSON {
		_, _ = io.WriteString(stderr, accountRemarks(all))
	}
	return outcome(results, err)
}

// account is an account with the result of its connection.
type account struct {
	of result
	adapters.Account
}

// MarshalJSON writes the connection before the members of the account.
func (a account) MarshalJSON() ([]byte, error) { return ofConnection(a.of.connection, a.Account) }

func accountsJSON(accounts []account, results []result) (string, error) {
	return indented(struct {
		Accounts []account `json:"accounts"`
		Failures []failure `json:"failures"`
	}{accounts, failures(results)})
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

func accountRemarks(all []listedAccounts) string {
	var text strings.Builder
	accounts, failed := 0, 0
	for _, l := range all {
		accounts += len(l.accounts)
		if l.err != nil {
			failed++
			fmt.Fprintf(&text, "failed: %s: %s\n", l.where(), printable(failureText(l.err)))
		}
	}
	fmt.Fprintf(&text, "%s from %s, %d failed\n",
		counted(accounts, "account"), counted(len(all)-failed, "connection"), failed)
	return text.String()
}
