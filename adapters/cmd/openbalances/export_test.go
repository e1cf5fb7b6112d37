package main

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/openbalances/openbalances/adapters"
)

// Run is the program without the process around it.
var Run = run

// Opener returns what opens a provider's adapter with the credentials of the demo.
func Opener(name string) (func(*adapters.Options) (adapters.Source, error), error) {
	p, ok := findProvider(name)
	if !ok {
		return nil, errors.New("no adapter; cure: make generate")
	}
	values, err := p.demoCredentials()
	return func(options *adapters.Options) (adapters.Source, error) { return p.open(values, options) }, err
}

// Check prints what is wrong with the configuration in a file, and returns the exit code for it. Nothing is sent.
func Check(file string, stderr io.Writer) int {
	_, err := loadConnections(file, true)
	return exit(err, stderr)
}

// Account is what one account gave.
type Account struct {
	ID       string
	Balances []adapters.Balance
	Err      error
}

// Fetch asks each source for its accounts, as get does with the connections of a configuration.
func Fetch(ctx context.Context, sources []adapters.Source, accounts [][]string) (all []Account) {
	var connections []Connection
	for i, source := range sources {
		connections = append(connections, Connection{Provider: "bank", Source: source, Accounts: accounts[i]})
	}
	results, _ := fetch(ctx, opened(connections), &tally{})
	for _, r := range results {
		all = append(all, Account{r.accountID, r.balances, r.err})
	}
	return all
}

// Connection is a connection whose source need not be one of the adapters.
type Connection struct {
	Name, Provider string
	Source         adapters.Source
	Accounts       []string
}

// Get does what get does once the configuration is read.
func Get(ctx context.Context, connections []Connection, as string, stdout, stderr io.Writer) int {
	return exit(getAll(ctx, opened(connections), format(as), stdout, stderr), stderr)
}

// ListAccounts does what accounts does once the configuration is read.
func ListAccounts(ctx context.Context, connections []Connection, as string, stdout, stderr io.Writer) int {
	return exit(listAll(ctx, opened(connections), format(as), stdout, stderr), stderr)
}

// Demonstrate does what demo does once the sandbox runs.
func Demonstrate(ctx context.Context, connections []Connection, as string, stdout, stderr io.Writer) int {
	return exit(demonstrate(ctx, opened(connections), format(as), stdout, stderr), stderr)
}

func opened(connections []Connection) (all []connection) {
	for i, c := range connections {
		all = append(all, connection{
			name: c.Name, provider: c.Provider, host: strconv.Itoa(i), source: c.Source, accounts: c.Accounts, psu: adapters.Unattended(),
		})
	}
	return all
}

// Progress is what a run counts, shown on output.
func Progress(output io.Writer) (ask func(int), end func(error), hide func()) {
	t := &tally{}
	return t.ask, t.end, t.show(output)
}

// Explain does what explain does for one account, for fewer values.
func Explain(ctx context.Context, file, account string, limit int, asJSON bool, stdout, stderr io.Writer) int {
	connections, err := loadConnections(file, false)
	if err != nil {
		return exit(err, stderr)
	}
	found, err := explainCall(ctx, connections[0], []string{account}, limit)
	if err != nil {
		return exit(err, stderr)
	}
	return exit(found.print(asJSON, stdout, stderr), stderr)
}

const MaxSteps = maxSteps

// Columns are the names of the columns of balances and accounts in CSV.
func Columns() (balances, accounts []string) {
	return csvRows(balanceColumns, nil)[0], csvRows(accountColumns, nil)[0]
}
