package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
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

// demonstrate shows the accounts of the demo as their providers list them, and asks for them by name elsewhere.
func demonstrate(ctx context.Context, connections []connection, as format, stdout, stderr io.Writer) error {
	listing, named := slices.Clone(connections), []connection{}
	for i := range listing {
		listing[i].accounts = nil
	}
	listed, calls := fetch(ctx, listing, &tally{})
	results := slices.DeleteFunc(listed, func(r result) bool {
		c := connections[indexOf(connections, r.provider)]
		if errors.Is(r.err, errors.ErrUnsupported) {
			named = append(named, c)
			return true
		}
		return r.accountID != "" && !slices.Contains(c.accounts, r.accountID)
	})
	if as == formatTable && len(results) > 0 {
		_, _ = io.WriteString(stdout, listedLine(results)+"\n\n")
	}
	byName, more := fetch(ctx, named, &tally{})
	results = append(results, byName...)
	slices.SortStableFunc(results, func(a, b result) int {
		return indexOf(connections, a.provider) - indexOf(connections, b.provider)
	})
	maps.Copy(calls, more)
	return report{results: results, calls: calls, show: withoutConnection}.print(as, stdout, stderr)
}

// listedLine says how many accounts of the demo each provider lists. The table stays the only one.
func listedLine(results []result) string {
	var parts []string
	for i, r := range results {
		isSame := func(other result) bool { return other.provider == r.provider }
		if !slices.ContainsFunc(results[:i], isSame) {
			others := slices.DeleteFunc(slices.Clone(results), func(other result) bool { return !isSame(other) || other.accountID == "" })
			parts = append(parts, fmt.Sprintf("%s %d", r.provider, len(others)))
		}
	}
	return "Accounts listed first: " + strings.Join(parts, ", ")
}

func indexOf(connections []connection, provider string) int {
	return slices.IndexFunc(connections, func(c connection) bool { return c.provider == provider })
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
