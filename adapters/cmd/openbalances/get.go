package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"maps"
	"slices"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/adapters/use/pick"
)

var getCommand = command{
	name:    "get",
	summary: "fetch the balances of all accounts of a configuration",
	example: "openbalances get -config connections.json -format csv > balances.csv",
	setup:   setupGet,
}

// getter is what get was asked for.
type getter struct {
	output   output
	consents consentFlags
	policy   *string
	totals   *bool
}

func setupGet(flags *flag.FlagSet) action {
	g := getter{
		output: outputFlags(flags), consents: newConsentFlags(flags),
		policy: choice(flags, "pick", "`policy` by which one balance of each account is chosen, with its reason: "+policies, pickPolicies()...),
		totals: flags.Bool("totals", false, totalsUsage),
	}
	checked := flags.Bool("contract", false,
		"print to stderr how requests and answers differ from the provider's document; with -json also as \"deviations\"")
	s := connectionFlags(flags, g.output.quiet)
	s.leavesFleet = true
	return s.with(checked, g.check, g.get)
}

func (g getter) check(p *process) error {
	if *g.totals && g.output.format() == formatCSV {
		return misuse{"-totals would mix with the balances in CSV; cure: -format xlsx has them on a sheet of their own"}
	}
	return errors.Join(g.output.check(p), g.consents.check())
}

func (g getter) get(ctx context.Context, p *process, connections []connection) error {
	notifier, err := g.consents.notifier(ctx, p)
	if err != nil {
		return err
	}
	asked := &tally{}
	hide := asked.show(p.stderr, *g.output.quiet)
	results, _ := fetch(ctx, connections, asked)
	hide()
	found := allDeviations(connections)
	_, _ = io.WriteString(p.stderr, deviationLines(found))
	results = picked(results, pick.Policy(*g.policy))
	ends := endings(connections, results, *g.consents.days, p.now())
	remaining := allLeft(ctx, connections, results)
	columns := balanceColumns
	if *g.policy != "" {
		columns = withHeader(columns, "reason", "REASON", room{least: 12, goes: 5, wraps: true})
	}
	r := balanceReport(results, columns, *g.totals, leftText(remaining), ends)
	document := r.document.(balances)
	document.Consents, document.Left, document.Deviations = ends, remaining, found
	r.document = document
	return errors.Join(r.print(p, g.output), notifier.tell(ctx, newsOf(connections, results, ends)))
}

// balanceReport puts what a run of calls gave into each form. The columns are those of the table.
func balanceReport(results []result, columns []column[balance], withTotals bool, more string, ends []ending) report {
	document := balances{
		Balances: allLines(results), Failures: failures(results), Closed: places(results, outcomeClosed), Empty: places(results, outcomeEmpty),
	}
	sums := totals(document.Balances)
	shown := slices.DeleteFunc(everyLine(results), func(b balance) bool { return b.of.err != nil || b.of.accountID == "" })
	r := report{
		sheets:  []sheet{sheetOf("balances", balanceColumns, everyLine(results)), sheetOf("totals", totalColumns, sums)},
		table:   tableOf(columns, shown),
		remarks: slices.Concat(remarks(results), endingRemarks(ends), []remark{{summary(results) + more + "\n", false}}),
		failed:  hasFailed(results),
	}
	if withTotals {
		document.Totals = sums
		r.table.foot = []table{tableOf(totalColumns, sums)}
		if n := len(document.Failures); n > 0 {
			r.remarks = append(r.remarks, remark{"the totals lack " + counted(n, "failed account") + "\n", true})
		}
	}
	r.document = document
	return r
}

func hasFailed(results []result) bool {
	return slices.ContainsFunc(results, func(r result) bool { return r.err != nil })
}

const totalsUsage = "add the balances that can be added, by currency, type and whether they count credit; xlsx has them in any case"

const policies = "bookedFirst, availableFirst, availableWithoutCredit or expectedFirst"

func pickPolicies() []string {
	return []string{
		string(pick.PolicyBookedFirst), string(pick.PolicyAvailableFirst), string(pick.PolicyAvailableWithoutCredit), string(pick.PolicyExpectedFirst),
	}
}

// kindNoChoice is the kind of failure of an account of which no balance fits a policy, or several do.
const kindNoChoice adapters.Kind = "no_choice"

func isUnpicked(err error) bool {
	return errors.Is(err, pick.ErrNone) || errors.Is(err, pick.ErrAmbiguous)
}

// picked leaves one balance of each account, if there is a policy.
func picked(results []result, policy pick.Policy) []result {
	if policy == "" {
		return results
	}
	for i, r := range results {
		if r.outcome() != outcomeBalance {
			continue
		}
		choice, err := pick.Balance(policy, r.balances)
		if err != nil {
			results[i].err, results[i].balances = err, nil
			continue
		}
		results[i].balances, results[i].reason = []adapters.Balance{choice.Balance}, choice.Reason
	}
	return results
}

// result is what one account of one connection gave: balances or an error. Without an account it is about the
// connection: why its accounts are not known or, without an error, that it has none.
type result struct {
	connection string
	provider   string
	accountID  string
	balances   []adapters.Balance
	accounts   []adapters.Account // what a list says, if one was asked
	closed     bool               // the provider lists the account as closed, so it was not asked for
	reason     string             // why this one balance was chosen
	err        error
}

func (r result) isEmptyList() bool { return r.accountID == "" && r.err == nil && len(r.accounts) == 0 }

// fetch asks for all accounts and returns their results in the order of the connections, and how many calls that took
// at each provider. Accounts that the user names are asked for one by one.
func fetch(ctx context.Context, connections []connection, t *tally) ([]result, map[string]int) {
	prepared, came := make([]collect.Connection, len(connections)), make([][]result, len(connections))
	for i, c := range connections {
		prepared[i] = collect.Connection{Key: i, Source: asking{c.Source, t, c.Accounts != nil}, PSU: c.PSU, Host: c.Host}
		if c.Accounts != nil {
			prepared[i].Accounts = slices.Values(c.Accounts)
		}
	}
	run := collect.Balances(ctx, slices.Values(prepared), &collect.Options{Ordered: true})
	for r := range run.Results() {
		i := r.Key.(int)
		one := result{
			connection: connections[i].Name, provider: connections[i].Provider, accountID: r.AccountID, balances: r.Balances,
			closed: r.Closed, err: r.Err,
		}
		if r.Account != nil {
			one.accounts = []adapters.Account{*r.Account}
		}
		came[i] = append(came[i], one)
	}
	for i, c := range connections {
		if came[i] == nil {
			came[i] = []result{{connection: c.Name, provider: c.Provider}}
		}
	}
	calls := map[string]int{}
	maps.Copy(calls, run.Report().Calls)
	return slices.Concat(came...), calls
}
