package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
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
	listed, _ := listAccounts(ctx, connections, asked)
	hide()
	return reportAccounts(listed, as, stdout, stderr)
}

// listedAccounts is what one connection lists, or why it lists nothing. Its result is without account and balances.
type listedAccounts struct {
	result
	accounts []adapters.Account
}

// listAccounts asks all connections at the same time, sixteen at most, and returns their lists in the same order, with
// the number of calls by provider.
func listAccounts(ctx context.Context, connections []connection, t *tally) ([]listedAccounts, map[string]int) {
	all, calls := make([]listedAccounts, len(connections)), make([]int, len(connections))
	var running sync.WaitGroup
	slots := make(chan struct{}, maxLists)
	for i, c := range connections {
		slots <- struct{}{} // an expired context makes the calls before this one end at once
		running.Go(func() {
			t.ask(1)
			all[i], calls[i] = c.list(ctx)
			t.end(all[i].err)
			<-slots
		})
	}
	running.Wait()
	made := map[string]int{}
	for i, c := range connections {
		made[c.provider] += calls[i]
	}
	return all, made
}

func (c connection) list(ctx context.Context) (listedAccounts, int) {
	listed := listedAccounts{result: result{connection: c.name, provider: c.provider}}
	lister, ok := c.source.(adapters.AccountLister)
	if !ok {
		listed.err = &adapters.Error{
			Kind: adapters.ErrInvalidArgument, Provider: c.provider, Operation: "list accounts",
			Detail: "the provider lists none",
		}
		return listed, 0
	}
	ctx, requests := call.Counting(ctx)
	listed.accounts, listed.err = lister.Accounts(ctx, c.psu)
	return listed, int(requests.Load())
}

func reportAccounts(all []listedAccounts, as format, stdout, stderr io.Writer) error {
	var results []result
	for _, l := range all {
		results = append(results, l.result)
	}
	var text string
	var err error
	switch as {
	case formatJSON:
		text, err = accountsJSON(all, results)
	case formatCSV:
		text, err = accountsCSV(all)
	default:
		text = accountTable(all, withConnection)
	}
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	if as != formatJSON {
		_, _ = io.WriteString(stderr, accountRemarks(all))
	}
	return outcome(results, err)
}

// account is an account with the name of its connection before the other members.
type account struct {
	connection string
	adapters.Account
}

func (a account) MarshalJSON() ([]byte, error) { return ofConnection(a.connection, a.Account) }

func accountsJSON(all []listedAccounts, results []result) (string, error) {
	accounts := []account{}
	for _, l := range all {
		for _, a := range l.accounts {
			accounts = append(accounts, account{l.connection, a})
		}
	}
	return indented(struct {
		Accounts []account `json:"accounts"`
		Failures []failure `json:"failures"`
	}{accounts, failures(results)})
}

func accountsCSV(all []listedAccounts) (string, error) {
	rows := [][]string{{"connection", "provider", "id", "iban", "bban", "name", "currency", "type"}}
	for _, l := range all {
		for _, a := range l.accounts {
			rows = append(rows, []string{
				cell(l.connection), cell(l.provider), cell(a.ID), cell(a.IBAN), cell(a.BBAN),
				cell(a.Name), cell(a.Currency), cell(a.Type),
			})
		}
	}
	return csvText(rows)
}

// accountTable shows ids as they are, because they are what a configuration takes.
func accountTable(all []listedAccounts, show layout) string {
	rows := [][]string{{"CONNECTION", "PROVIDER", "ACCOUNT", "IBAN", "BBAN", "NAME", "CURRENCY", "TYPE"}}
	for _, l := range all {
		for _, a := range l.accounts {
			row := []string{l.connection, l.provider, a.ID, a.IBAN, a.BBAN, a.Name, a.Currency, a.Type}
			for i, text := range row {
				row[i] = orDash(printable(text))
			}
			rows = append(rows, row)
		}
	}
	return table(show.of(rows))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
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
