package main

import (
	"context"
	"errors"
	"io"

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
	var connections []connection
	for i, source := range sources {
		connections = append(connections, connection{source: source, accounts: accounts[i], psu: adapters.Unattended()})
	}
	for _, r := range fetch(ctx, connections) {
		all = append(all, Account{r.accountID, r.balances, r.err})
	}
	return all
}
