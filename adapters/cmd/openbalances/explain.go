package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/cmd/openbalances/internal/explain"
	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/use/printable"
	"github.com/openbalances/openbalances/specs/mapping"
)

const (
	maxSteps = 2000
	maxShown = 80 // columns of one value in the table
)

var explainCommand = command{
	name:    "explain",
	summary: "tell which value of one answer becomes which field of a balance",
	example: "openbalances explain -config connections.json -connection shop -account 50044620073",
	setup:   setupExplain,
}

func setupExplain(flags *flag.FlagSet) action {
	name := flags.String("connection", "", "`name` of the connection; required")
	var accounts []string
	flags.Func("account", "`id` of the account, which need not be in the configuration; several are asked for in one batch, "+
		"and without any the provider's list is explained", func(id string) error {
		accounts = append(accounts, id)
		return nil
	})
	out := shortOutputFlags(flags, formatTable, formatJSON)
	valid := func(p *process) error {
		if *name == "" {
			return misuse{"explain needs -connection NAME; see openbalances explain -h"}
		}
		for _, id := range accounts {
			if problem := check.ID(id); problem != "" {
				return misuse{"-account: account id: " + problem}
			}
		}
		return out.check(p)
	}
	return connectionFlags(flags, out.quiet).with(nil, valid, func(ctx context.Context, p *process, connections []connection) error {
		i := slices.IndexFunc(connections, func(c connection) bool { return c.Name == *name })
		if i < 0 {
			var names []string
			for _, c := range connections {
				names = append(names, c.Name)
			}
			return misuse{"-connection is none of " + strings.Join(names, " ") + check.DidYouMean(*name, names)}
		}
		found, err := explainCall(ctx, connections[i], accounts, maxSteps)
		if err != nil {
			return err
		}
		return found.report().print(p, out)
	})
}

// explanation is what explain prints. It holds no identifier and nothing that is not needed to follow the mapping.
type explanation struct {
	Connection string         `json:"connection"`
	Provider   string         `json:"provider"`
	Status     int            `json:"status,omitempty"` // of the HTTP answer; 0 without one
	Steps      []explain.Step `json:"values"`
	More       int            `json:"more,omitempty"` // values that are not explained
	Failures   []string       `json:"failures,omitempty"`
	balances   int
	values     int
	errs       []error
}

// explainCall makes one call: for one account, for several, or for the list, of which each page is an answer. It explains
// the first values up to limit.
func explainCall(ctx context.Context, c connection, accounts []string, limit int) (*explanation, error) {
	var answers []explain.Answer
	found := &explanation{Connection: c.Name, Provider: c.Provider, Steps: []explain.Step{}}
	source, err := c.again(func(_ context.Context, x adapters.Exchange) {
		if found.Status = x.Status; x.Status == http.StatusOK {
			answers = append(answers, explain.Answer{
				Provider: c.Provider, Route: x.Route, Body: slices.Clone(x.Body), Asked: mapping.Asked{Accounts: accounts, Bank: c.Bank},
			})
		}
	})
	if err != nil {
		return nil, err
	}
	found.ask(ctx, source, c.PSU, accounts)
	for _, answer := range answers {
		answer.Refused = len(found.errs) > 0
		steps, err := explain.Steps(answer)
		if err != nil {
			return nil, err
		}
		found.Steps = append(found.Steps, steps...)
	}
	for _, step := range found.Steps {
		if !step.Again && step.Rule != mapping.RuleSet {
			found.values++
		}
	}
	found.More = max(0, len(found.Steps)-limit)
	found.Steps = found.Steps[:len(found.Steps)-found.More]
	return found, nil
}

func (x *explanation) ask(ctx context.Context, source adapters.Source, psu adapters.PSU, accounts []string) {
	var answers []adapters.AccountBalances
	var err error
	switch len(accounts) {
	case 0:
		if answers, err = source.AllBalances(ctx, psu); errors.Is(err, errors.ErrUnsupported) {
			_, err = source.Accounts(ctx, psu)
		}
	case 1:
		var one adapters.AccountBalances
		one.Balances, err = source.Balances(ctx, accounts[0], psu)
		answers = append(answers, one)
	default:
		answers, err = source.BatchBalances(ctx, accounts, psu)
	}
	x.fail(err)
	for _, answer := range answers {
		x.balances += len(answer.Balances)
		if !errors.Is(answer.Err, adapters.ErrNoBalances) {
			x.fail(answer.Err)
		}
	}
}

func (x *explanation) fail(err error) {
	if err != nil {
		x.errs, x.Failures = append(x.errs, err), append(x.Failures, failureText(err))
	}
}

func (x *explanation) report() report {
	return report{document: *x, table: x.table(), remarks: []remark{{x.remarks(), true}}, failed: x.errs != nil}
}

// table has one row for each field that a value feeds, at least one.
func (x *explanation) table() table {
	if len(x.Steps) == 0 {
		return table{}
	}
	rows := [][]string{{"VALUE", "SENT", "FEEDS", "RULE"}}
	for _, s := range x.Steps {
		row := []string{printable.Text(s.Pointer), printable.Shorten(s.Sent, maxShown), orDash(s.Field), printable.Text(s.Rule)}
		if s.Again {
			row[0], row[1] = "", ""
		}
		if s.Value != "" {
			row[2] += " = " + printable.Shorten(s.Value, maxShown)
		}
		rows = append(rows, row)
	}
	return table{rows: rows, columns: []room{{least: 12}, {least: 10}, {least: 16}, {least: 12, wraps: true}}}
}

// remarks are the lines after the table: what is not explained, the failures and the counts.
func (x *explanation) remarks() string {
	text, where := "", printable.Text(x.Connection)+" "+printable.Text(x.Provider)
	if x.More > 0 {
		text = fmt.Sprintf("only the first %d values are explained, %d are not\n", len(x.Steps), x.More)
	}
	for _, failure := range x.Failures {
		text += fmt.Sprintf("failed: %s: %s\n", where, printable.Text(failure))
	}
	if x.errs != nil {
		return text
	}
	return text + fmt.Sprintf("%s: %s from %s\n", where, counted(x.balances, "balance"), counted(x.values, "value"))
}
