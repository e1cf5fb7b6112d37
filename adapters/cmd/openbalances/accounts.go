package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"

	"github.com/openbalances/openbalances/adapters"
)

const maxLists = 16 // under way at once

var accountsCommand = command{
	name:    "accounts",
	summary: "list the accounts that a configuration gives access to",
	example: "openbalances accounts -config connections.json",
	setup:   setupAccounts,
}

func setupAccounts(flags *flag.FlagSet) action {
	out, consents := outputFlags(flags), newConsentFlags(flags)
	check := func(p *process) error { return errors.Join(out.check(p), consents.check()) }
	s := connectionFlags(flags, out.quiet)
	s.leavesFleet = true
	return s.with(nil, check, func(ctx context.Context, p *process, connections []connection) error {
		notifier, err := consents.notifier(ctx, p)
		if err != nil {
			return err
		}
		asked := &tally{}
		hide := asked.show(p.stderr, *out.quiet)
		listed := listAccounts(ctx, connections, asked)
		hide()
		ends := endings(connections, listed, *consents.days, p.now())
		return errors.Join(accountReport(listed, ends).print(p, out), notifier.tell(ctx, newsOf(connections, listed, ends)))
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
			accounts, err := c.Source.Accounts(ctx, c.PSU)
			all[i] = result{connection: c.Name, provider: c.Provider, accounts: accounts, err: err}
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
	of result
}

// everyAccount has also a line for a connection without accounts or that has failed.
func everyAccount(results []result) (all []account) {
	for _, r := range results {
		if r.err != nil || len(r.accounts) == 0 {
			all = append(all, account{Connection: r.connection, Account: adapters.Account{Provider: r.provider}, of: r})
		}
		for _, a := range r.accounts {
			all = append(all, account{r.connection, a, r})
		}
	}
	return all
}

// outcome is what the line is about.
func (a account) outcome() string {
	switch {
	case a.of.err != nil:
		return outcomeFailed
	case len(a.of.accounts) == 0:
		return outcomeEmpty
	}
	return outcomeAccount
}

const outcomeAccount = "account"

// accounts is what accounts prints as JSON: the first two lists are always there, the others if they have elements.
type accounts struct {
	Accounts []account `json:"accounts"`
	Failures []failure `json:"failures"`
	Empty    []place   `json:"empty,omitempty" jsonschema:"connections without accounts"`
	Consents []ending  `json:"consents,omitempty" jsonschema:"those that end soon or are over"`
}

func accountReport(results []result, ends []ending) report {
	document := accounts{Accounts: []account{}, Failures: failures(results), Consents: ends}
	every := everyAccount(results)
	for _, a := range every {
		switch a.outcome() {
		case outcomeAccount:
			document.Accounts = append(document.Accounts, a)
		case outcomeEmpty:
			document.Empty = append(document.Empty, place{Connection: a.Connection, Provider: a.Provider})
		}
	}
	return report{
		document: document,
		sheets:   []sheet{sheetOf("accounts", accountColumns, every)},
		table:    tableOf(accountColumns, document.Accounts),
		remarks:  slices.Concat(remarks(results), endingRemarks(ends), []remark{{accountSummary(results), false}}),
		failed:   hasFailed(results),
	}
}

func accountSummary(results []result) string {
	accounts, failed := 0, 0
	for _, r := range results {
		accounts += len(r.accounts)
		if r.err != nil {
			failed++
		}
	}
	return fmt.Sprintf("%s from %s, %d failed\n", counted(accounts, "account"), counted(len(results)-failed, "connection"), failed)
}
