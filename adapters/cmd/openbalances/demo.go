package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
)

var demoCommand = command{
	name:    "demo",
	summary: "fetch every provider's example balances from a built-in sandbox",
	example: "openbalances demo",
	setup:   setupDemo,
}

func setupDemo(flags *flag.FlagSet) action {
	chosen := formatFlags(flags)
	return func(ctx context.Context, stdout, stderr io.Writer) error {
		as, err := chosen()
		if err != nil {
			return err
		}
		running, err := startSandbox(ctx, "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer func() { _ = running.stop() }()
		connections, err := demoConnections(running.url)
		if err != nil {
			return err
		}
		if as == formatTable {
			_, _ = fmt.Fprintf(stdout, "Example accounts of %d providers, fetched over HTTP from a sandbox on %s:\n\n",
				len(connections), running.url)
		}
		ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
		defer cancel()
		return demonstrate(ctx, connections, as, stdout, stderr)
	}
}

// demonstrate lists the accounts and then shows their balances. What the lists cost is part of the report.
func demonstrate(ctx context.Context, connections []connection, as format, stdout, stderr io.Writer) error {
	listed, calls := listAccounts(ctx, slices.DeleteFunc(slices.Clone(connections), cannotList), &tally{})
	for i := range listed {
		examples := examplesOf(connections, listed[i].provider)
		isOther := func(a adapters.Account) bool { return !slices.Contains(examples, a.ID) }
		listed[i].accounts = slices.DeleteFunc(slices.Clone(listed[i].accounts), isOther)
	}
	if as == formatTable && len(listed) > 0 {
		_, _ = io.WriteString(stdout, listedLine(listed)+"\n\n")
	}
	results, spent := fetch(ctx, afterListing(connections, listed), &tally{})
	for name, made := range spent {
		calls[name] += made
	}
	results = slices.DeleteFunc(results, func(r result) bool {
		return r.accountID != "" && !slices.Contains(examplesOf(connections, r.provider), r.accountID)
	})
	return report{results: results, calls: calls, show: withoutConnection}.print(as, stdout, stderr)
}

// listedLine says how many accounts each provider lists. The table stays the only one.
func listedLine(listed []listedAccounts) string {
	var parts []string
	for _, l := range listed {
		parts = append(parts, fmt.Sprintf("%s %d", l.provider, len(l.accounts)))
	}
	return "Accounts listed first: " + strings.Join(parts, ", ")
}

// examplesOf returns the accounts that the demo shows. The sandbox lists more: those that stand for faults.
func examplesOf(connections []connection, provider string) []string {
	i := slices.IndexFunc(connections, func(c connection) bool { return c.provider == provider })
	return connections[i].accounts
}

func cannotList(c connection) bool {
	_, ok := c.source.(adapters.AccountLister)
	return !ok
}

// afterListing returns the connections as they take the fewest calls: without accounts where the list comes with the
// balances, and else with those that were listed, which may share a call. Where nothing was listed they stay the same.
func afterListing(connections []connection, listed []listedAccounts) []connection {
	connections = slices.Clone(connections)
	for i := range connections {
		c := &connections[i]
		if _, ok := c.source.(adapters.BalanceLister); ok {
			c.accounts = nil
			continue
		}
		at := slices.IndexFunc(listed, func(l listedAccounts) bool { return l.provider == c.provider && l.err == nil })
		if at >= 0 {
			c.accounts, c.batches = idsOf(listed[at].accounts), true
		}
	}
	return connections
}

// demoConnections returns one connection for each provider, with a PSU present.
func demoConnections(sandboxURL string) ([]connection, error) {
	psu := adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7")})
	var connections []connection
	for _, name := range specs.Providers() {
		source, err := openDemo(name, sandboxURL+"/"+name)
		if err != nil {
			return nil, fmt.Errorf("demo: %s: %w", name, err)
		}
		accounts, err := demoAccounts(name)
		if err != nil {
			return nil, err
		}
		connections = append(connections, connection{name: "demo", provider: name, accounts: accounts, psu: psu, source: source})
	}
	return connections, nil
}

// demoExamples are names that mean the same in every document. The remaining examples are variations of these, or
// refusals under HTTP 200.
var demoExamples = []string{"severalBalances", "negativeAmount", "unknownType", "noBalances"}

// demoAccounts returns the account ids of the document's first answer and of demoExamples.
func demoAccounts(name string) ([]string, error) {
	document, err := contract.Load(name)
	if err != nil {
		return nil, err
	}
	var accounts []string
	for _, example := range document.Examples() {
		answered := example.Status == http.StatusOK && example.Valid && example.Account != ""
		if answered && (len(accounts) == 0 || slices.Contains(demoExamples, example.Name)) {
			accounts = append(accounts, example.Account)
		}
	}
	return accounts, nil
}

func openDemo(name, baseURL string) (adapters.Source, error) {
	p, ok := findProvider(name)
	if !ok {
		return nil, errors.New("no adapter")
	}
	values, err := p.demoCredentials()
	if err != nil {
		return nil, err
	}
	return p.open(values, &adapters.Options{BaseURL: baseURL, Now: now})
}
