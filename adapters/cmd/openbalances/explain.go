package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
)

var explainCommand = command{
	name:    "explain",
	summary: "fetch one account and tell which value of the answer becomes which field of a balance",
	example: "openbalances explain -config connections.json -connection shop -account 50044620073",
	setup:   setupExplain,
}

func setupExplain(flags *flag.FlagSet) action {
	open := connectionFlags(flags, "explain")
	name := flags.String("connection", "", "`name` of the connection; required")
	account := flags.String("account", "", "`id` of the account; required, and need not be in the configuration")
	asJSON := flags.Bool("json", false, "print one JSON document instead of the table")
	return func(ctx context.Context, stdout, stderr io.Writer) error {
		if err := adapters.ValidateAccountID(*account); err != nil || *name == "" {
			return misuse{"explain needs -connection NAME and -account ID; see openbalances explain -h"}
		}
		connections, timeout, err := open(false)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(connections, func(c connection) bool { return c.name == *name })
		if i < 0 {
			return misuse{"-connection is none of " + strings.Join(connectionNames(connections), " ")}
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		found, err := explain(ctx, connections[i], *account, maxLeaves)
		if err != nil {
			return err
		}
		return found.print(*asJSON, stdout, stderr)
	}
}

func connectionNames(connections []connection) []string {
	var names []string
	for _, c := range connections {
		names = append(names, c.name)
	}
	return names
}

// explanation is what explain prints. It holds no identifier and nothing that is not needed to follow the mapping.
type explanation struct {
	Connection string   `json:"connection"`
	Provider   string   `json:"provider"`
	Status     int      `json:"status,omitempty"` // of the HTTP answer; 0 without one
	Values     []value  `json:"values"`
	More       int      `json:"more,omitempty"` // values that are not explained
	Derived    []effect `json:"derived"`        // fields that come from no single value
	Failure    string   `json:"failure,omitempty"`
	balances   int
	err        error
}

// value is one value of the answer and what becomes of it.
type value struct {
	Pointer string   `json:"pointer"`
	Sent    any      `json:"sent"` // masked unless it is needed
	Feeds   []effect `json:"feeds"`
	Rule    string   `json:"rule,omitempty"` // about the value itself
}

// effect is a field of the mapped balances, masked if it identifies somebody, and the rule that leads to it.
type effect struct {
	Field string `json:"field"`
	Value string `json:"value"`
	Rule  string `json:"rule"`
}

// explain makes one call. Which value feeds which field it finds out by replaying the answer with one value changed at
// a time, so it knows nothing about any provider. It does so for the first values up to limit.
func explain(ctx context.Context, c connection, accountID string, limit int) (*explanation, error) {
	tape := &recorder{}
	source, err := c.reopen(tape.over, now)
	if err != nil {
		return nil, err
	}
	balances, err := source.Balances(ctx, accountID, c.psu)
	found := &explanation{
		Connection: c.name, Provider: c.provider, Status: tape.status, Values: []value{}, Derived: []effect{},
		balances: len(balances), err: err,
	}
	if err != nil {
		found.Failure = failureText(err)
	}
	e, err := newExperiment(ctx, c, accountID, tape, mapping{balances, err})
	switch {
	case errors.Is(err, errNoExperiment):
		return found, nil
	case err != nil:
		return nil, err
	}
	leaves, more := e.root.leaves(e.words, limit)
	found.More = more
	for _, l := range leaves {
		found.Values = append(found.Values, e.explain(ctx, l))
	}
	if ctx.Err() != nil {
		return nil, errors.New("explain: " + failureText(ctx.Err()))
	}
	if more == 0 {
		found.Derived = e.derived(timeText(tape.received))
	}
	return found, nil
}
