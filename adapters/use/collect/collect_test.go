package collect_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unready breaks the contract: it tells only with ids that it has no batches.
type unready struct{ *bank }

func (u unready) BatchBalances(_ context.Context, ids []string, _ adapters.PSU) ([]adapters.AccountBalances, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return nil, errors.ErrUnsupported
}

// hollow panics in each of its methods when it is nil.
type hollow struct{ adapters.Base }

type nameless struct{ adapters.Source }

func (nameless) Provider() string { panic("no name") }

// Which calls are made for a connection, and what they give.
func TestConnections(t *testing.T) {
	t.Parallel()
	const invalid, missing = "collect: invalid_argument: ", ": get balances: invalid_argument: account id: missing"
	unauthorized := func(context.Context, string) error {
		return &adapters.Error{Kind: adapters.ErrUnauthorized, Status: 401}
	}
	ended, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	named := slices.Values([]string{"1", "../x", "2", "1", "", "3", "1", "..", "4"})
	ofNamed := []string{
		"k 1: ok", "k ../x: b: get balances: invalid_argument: account id: names another path", "k 2: ok", "k 1: ok",
		"k : b" + missing, "k 3: ok", "k 1: ok", "k ..: b: get balances: invalid_argument: account id: names another path", "k 4: ok",
	}
	twice := slices.Values([]string{"1", "2"})
	unusable := func(detail string) []string {
		return []string{"k 1: " + invalid + detail, "k 2: " + invalid + detail}
	}
	for name, c := range map[string]struct {
		ctx      context.Context // nil: of the test
		source   adapters.Source
		accounts func(yield func(string) bool)
		calls    int64
		want     []string
	}{
		"lists":           {nil, &bank{accounts: []string{"1", "2", "3"}}, nil, 4, []string{"k 1: listed, ok", "k 2: listed, ok", "k 3: listed, ok"}},
		"lists, batches":  {nil, &bank{accounts: []string{"6", "7"}, batches: true}, nil, 2, []string{"k 6: listed, ok", "k 7: listed, ok"}},
		"carries":         {nil, &bank{accounts: []string{"4", "5"}, carries: true}, nil, 1, []string{"k 4: ok", "k 5: ok"}},
		"carries in part": {nil, &bank{accounts: []string{"1", "2", "3"}, carries: true, without: "2"}, nil, 2, []string{"k 1: ok", "k 2: ok", "k 3: ok"}},
		"refuses to list": {nil, &bank{accounts: []string{}, wait: unauthorized}, nil, 1, []string{"k : connection: unauthorized (HTTP 401)"}},
		"cannot list": {nil, &bank{}, nil, 0, []string{
			"k : connection: b: collect: unsupported: accounts: missing, and the provider lists none"}},
		"lists nothing": {nil, &bank{accounts: []string{}}, nil, 1, nil},
		"lists unusable ids": {nil, &bank{accounts: []string{"1", "", "a/.."}}, nil, 2, []string{"k 1: listed, ok", "k : listed, b" + missing,
			"k a/..: listed, b: get balances: invalid_argument: account id: names another path"}},
		"batches": {nil, &bank{batches: true, lost: "77"}, numbers(0, 201), 3, slices.Concat(each("k", numbers(0, 77), "ok"),
			[]string{"k 77: b: collect: protocol: batch: no answer for the account"}, each("k", numbers(78, 201), "ok"))},
		"unusable and repeated ids":          {nil, &bank{}, named, 6, ofNamed},
		"unusable and repeated ids, batches": {nil, &bank{batches: true}, named, 1, ofNamed},
		"only one id, twice":                 {nil, &bank{batches: true}, slices.Values([]string{"1", "1"}), 1, []string{"k 1: ok", "k 1: ok"}},
		"nothing": {nil, adapters.Base("b"), twice, 0,
			each("k", twice, "b: get balances: unsupported: the provider has no such call, nothing was sent")},
		"a batch that is refused has sent nothing": {nil, unready{&bank{}}, twice, 2, []string{"k 1: ok", "k 2: ok"}},
		"context has ended":                        {ended, &bank{batches: true}, numbers(0, 250), 0, each("k", numbers(0, 250), "context deadline exceeded")},
		"context has ended, list":                  {ended, &bank{accounts: []string{"1"}}, nil, 0, []string{"k : connection: context deadline exceeded"}},
		"no source":                                {nil, nil, twice, 0, unusable("source: missing")},
		"no source, list":                          {nil, nil, nil, 0, []string{"k : connection: " + invalid + "source: missing"}},
		"typed nil":                                {nil, (*hollow)(nil), twice, 0, unusable("source: nil, or its Provider method panics")},
		"no name, panic":                           {nil, nameless{}, twice, 0, unusable("source: nil, or its Provider method panics")},
		"no name":                                  {nil, adapters.Base(""), twice, 0, unusable("source: its provider has no name")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			counted := &bank{}
			switch source := c.source.(type) {
			case *bank:
				counted = source
			case unready:
				counted = source.bank
			}
			counted.Base = "b"
			ctx := c.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			// A connection besides, which has to come through as well.
			run := start(ctx, &collect.Options{Ordered: true}, connection(c.source, "k", c.accounts), connection(&bank{Base: "good"}, "good", numbers(0, 1)))
			results := gather(run)
			last := len(results) - 1
			assert.Equal(t, c.want, lines(results[:last]))
			assert.Equal(t, "good", results[last].Key)
			assert.Equal(t, ctx.Err() == nil, results[last].Err == nil)
			assert.Equal(t, c.calls, counted.calls.Load())
			assert.Equal(t, recount(results), run.Report())
		})
	}
}

// recount is the report that the results make. These sources do not tell their calls.
func recount(results []collect.Result) (report collect.Report) {
	add := func(counts *map[string]int, err error) {
		if *counts == nil {
			*counts = map[string]int{}
		}
		(*counts)[string(adapters.KindOf(err))]++
	}
	for _, r := range results {
		if r.OfConnection {
			add(&report.UnknownAccounts, r.Err)
			continue
		}
		report.Accounts++
		report.Balances += len(r.Balances)
		if r.Err != nil {
			add(&report.Failures, r.Err)
		} else {
			report.Answered++
		}
	}
	return report
}

func TestEveryAccountEndsOnce(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options *collect.Options) {
		var connections []collect.Connection
		for i := range 100 {
			source := &bank{Base: "bank", wait: func(_ context.Context, account string) error {
				if account[len(account)-1] == '7' {
					return &adapters.Error{Kind: adapters.ErrNotFound, Status: 404}
				}
				return nil
			}}
			connections = append(connections, connection(source, "bank", numbers(i*100, i*100+100)))
		}
		run := start(t.Context(), options, connections...)
		results := gather(run)
		if !options.Ordered {
			number := func(r collect.Result) int { n, _ := strconv.Atoi(r.AccountID); return n }
			slices.SortFunc(results, func(a, b collect.Result) int { return number(a) - number(b) })
		}
		require.Len(t, results, 10_000)
		for i, line := range lines(results) {
			require.Equal(t, "bank "+strconv.Itoa(i)+": "+map[bool]string{true: "not_found (HTTP 404)", false: "ok"}[i%10 == 7], line)
		}
		assert.Equal(t, collect.Report{
			Accounts: 10_000, Answered: 9_000, Balances: 9_000, Failures: map[string]int{"not_found": 1_000}}, run.Report())
	})
}

func TestResultsAndReportsAsJSON(t *testing.T) {
	t.Parallel()
	result := func(err error) collect.Result {
		return collect.Result{Key: "k", Provider: "b", AccountID: "1", Err: err}
	}
	for want, value := range map[string]any{
		`{"key":"k","provider":"b","accountId":"1","error":{"kind":"canceled"}}`:               result(context.Canceled),
		`{"key":"k","provider":"b","accountId":"1","error":{"kind":"not_found","status":404}}`: result(&adapters.Error{Kind: adapters.ErrNotFound, Status: 404}),
		`{"key":"k","provider":"b","accountId":"1"}`:                                           result(nil),
		`{"accounts":1,"answered":0,"balances":0,"unknownAccounts":{"other":1}}`: collect.Report{
			Accounts: 1, UnknownAccounts: map[string]int{"other": 1},
		},
	} {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		assert.JSONEq(t, want, string(text))
	}
}
