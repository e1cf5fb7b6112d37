package main

import (
	"context"
	"flag"
	"io"
	"time"
)

const defaultTimeout = time.Minute

var getCommand = command{
	name:    "get",
	summary: "fetch the balances of all accounts of a configuration",
	example: "openbalances get -config connections.json -format csv > balances.csv",
	setup:   setupGet,
}

func setupGet(flags *flag.FlagSet) action {
	open := connectionFlags(flags, "get")
	chosen := formatFlags(flags)
	checked := flags.Bool("contract", false,
		"print to stderr how requests and answers differ from the provider's document; with -json also as \"deviations\"")
	return func(ctx context.Context, stdout, stderr io.Writer) error {
		as, err := chosen()
		if err != nil {
			return err
		}
		connections, timeout, err := open(*checked)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return getAll(ctx, connections, as, stdout, stderr)
	}
}

func getAll(ctx context.Context, connections []connection, as format, stdout, stderr io.Writer) error {
	asked := &tally{}
	hide := asked.show(stderr)
	results, _ := fetch(ctx, connections, asked)
	hide()
	found := allDeviations(connections)
	_, _ = io.WriteString(stderr, deviationLines(found))
	return report{results: results, deviations: found, show: withConnection}.print(as, stdout, stderr)
}

// connectionFlags declares -config and -timeout and returns what opens the connections when they are parsed.
func connectionFlags(flags *flag.FlagSet, name string) func(checked bool) ([]connection, time.Duration, error) {
	path := flags.String("config", "", "JSON `file` that names the connections; required")
	timeout := flags.Duration("timeout", defaultTimeout, "time for the whole run")
	return func(checked bool) ([]connection, time.Duration, error) {
		switch {
		case *path == "":
			return nil, 0, misuse{name + " needs -config FILE; see openbalances " + name + " -h"}
		case *timeout <= 0:
			return nil, 0, misuse{"-timeout must be more than 0"}
		}
		connections, err := loadConnections(*path, checked)
		return connections, *timeout, err
	}
}
