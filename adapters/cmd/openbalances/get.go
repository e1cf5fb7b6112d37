package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

const (
	maxInFlight    = 16
	defaultTimeout = time.Minute
)

var getCommand = command{
	name:    "get",
	summary: "fetch all accounts of a configuration",
	example: "openbalances get -config connections.json -json",
	setup:   setupGet,
}

func setupGet(flags *flag.FlagSet) action {
	path := flags.String("config", "", "JSON `file` that names the connections; required")
	asJSON := flags.Bool("json", false, "print one JSON document, failures included")
	checked := flags.Bool("contract", false,
		"print to stderr how requests and answers differ from the provider's document; with -json also as \"deviations\"")
	timeout := flags.Duration("timeout", defaultTimeout, "time for the whole run")
	return func(ctx context.Context, stdout, stderr io.Writer) error {
		switch {
		case *path == "":
			return misuse{"get needs -config FILE; see openbalances get -h"}
		case *timeout <= 0:
			return misuse{"-timeout must be more than 0"}
		}
		connections, err := loadConnections(*path, *checked)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, *timeout)
		defer cancel()
		results := fetch(ctx, connections)
		found := allDeviations(connections)
		_, _ = io.WriteString(stderr, deviationLines(found))
		if *asJSON {
			return reportJSON(results, found, stdout)
		}
		return reportTable(results, withConnection, stdout, stderr)
	}
}

// result is what one account of one connection gave: balances or an error.
type result struct {
	connection string
	provider   string
	accountID  string
	balances   []adapters.Balance
	err        error
}

// fetch calls for every account at the same time, sixteen at most, and returns one result for each in the order of
// the configuration.
func fetch(ctx context.Context, connections []connection) []result {
	var results []result
	var calls []func(*result)
	for _, c := range connections {
		for _, id := range c.accounts {
			results = append(results, result{connection: c.name, provider: c.provider, accountID: id})
			calls = append(calls, func(r *result) { r.balances, r.err = c.source.Balances(ctx, id, c.psu) })
		}
	}
	var running sync.WaitGroup
	slots := make(chan struct{}, maxInFlight)
	for i := range results {
		slots <- struct{}{} // an expired context makes the calls before this one end at once
		running.Go(func() {
			calls[i](&results[i])
			<-slots
		})
	}
	running.Wait()
	return results
}

// outcome returns errReported if a result is an error, and the error of writing the results if there was one.
func outcome(results []result, written error) error {
	if written != nil {
		return fmt.Errorf("cannot write the output: %w", written)
	}
	for _, r := range results {
		if r.err != nil {
			return errReported
		}
	}
	return nil
}
