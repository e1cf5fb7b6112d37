package collect_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/specs"
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
		"carries":         {nil, &bank{accounts: []string{"4", "5"}, carries: true}, nil, 1, []string{"k 4: listed, ok", "k 5: listed, ok"}},
		"carries in part": {nil, &bank{accounts: []string{"1", "2", "3"}, carries: true, without: "2"}, nil, 2, []string{"k 1: listed, ok", "k 2: listed, ok", "k 3: listed, ok"}},
		"lists closed ones": {nil, &bank{accounts: []string{"1", "2", "a/b"}, closed: "2 a/b"}, nil, 2,
			[]string{"k 1: listed, ok", "k 2: listed, closed", "k a/b: listed, closed"}},
		"carries none of closed ones": {nil, &bank{accounts: []string{"1", "2", "3"}, carries: true, without: "23", closed: "31"}, nil, 2,
			[]string{"k 1: listed, ok", "k 2: listed, ok", "k 3: listed, closed"}},
		"closed, but named": {nil, &bank{accounts: []string{"1"}, carries: true, without: "1", closed: "1"}, numbers(1, 2), 1, []string{"k 1: ok"}},
		"refuses to list":   {nil, &bank{accounts: []string{}, wait: unauthorized}, nil, 1, []string{"k : connection: unauthorized (HTTP 401)"}},
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
		switch {
		case r.Err != nil:
			add(&report.Failures, r.Err)
		case r.Closed:
			report.Closed++
		default:
			report.Answered++
		}
	}
	return report
}

// Twenty thousand accounts with a hundred odd ids, in batches of a hundred: exactly the odd ones fail. The neighbours of
// those that make a batch fail are asked for by themselves once.
func TestOddAccountsHideNoOthers(t *testing.T) {
	t.Parallel()
	const every, kinds = 200, 4
	reasons := [kinds]error{nil, // is never sent
		&adapters.Error{Kind: adapters.ErrNotFound, Status: 404}, &adapters.Error{Kind: adapters.ErrInvalidArgument, Status: 200},
		&adapters.Error{Kind: adapters.ErrInvalidArgument},
	}
	both(t, func(t *testing.T, options *collect.Options) {
		source := &bank{Base: "bank", batches: true, odd: func(account string) error {
			if i, _ := strconv.Atoi(account); i%every == 7 {
				return reasons[i/every%kinds]
			}
			return nil
		}}
		var connections []collect.Connection
		var want []string
		for first := 0; first < 20_000; first += every {
			reason, ids := reasons[first/every%kinds], slices.Collect(numbers(first, first+every))
			lines := each("k", slices.Values(ids), "ok")
			if reason == nil {
				ids[7] += "\x7f"
				reason = errors.New("bank: get balances: invalid_argument: account id: holds a character that is not allowed")
			}
			lines[7] = "k " + ids[7] + ": " + reason.Error()
			connections, want = append(connections, connection(source, "k", slices.Values(ids))), append(want, lines...)
		}
		run := start(t.Context(), options, connections...)
		results := gather(run)
		got := lines(results)
		if !options.Ordered {
			slices.Sort(want)
			slices.Sort(got)
		}
		require.True(t, slices.Equal(want, got))
		report := recount(results)
		report.AskedAgain = 75 * adapters.MaxBatch
		assert.Equal(t, report, run.Report())
		assert.Equal(t, map[string]int{"not_found": 25, "invalid_argument": 75}, report.Failures)
		assert.EqualValues(t, 200+report.AskedAgain, source.calls.Load())
	})
}

// A batch of the accounts 1 to 4 is refused as a whole because of the third. Its accounts are asked for by themselves
// once, if one of them may be the reason.
func TestRefusedBatches(t *testing.T) {
	t.Parallel()
	type row struct {
		kind  adapters.Kind
		limit int              // of a guard; 0: no guard
		spent iter.Seq[string] // accounts that have had a call
		until string           // the context ends in the call of this account
		want  string           // of each account: ok, its own or the batch's failure, guarded, canceled
		calls int64
		again int
	}
	rows := map[string]row{
		"not found":           {kind: adapters.ErrNotFound, want: "ok ok failed ok", calls: 5, again: 4},
		"invalid":             {kind: adapters.ErrInvalidArgument, want: "ok ok failed ok", calls: 5, again: 4},
		"guarded":             {kind: adapters.ErrNotFound, limit: 2, want: "ok ok failed ok", calls: 5, again: 4},
		"nothing left":        {kind: adapters.ErrNotFound, limit: 1, want: "guarded guarded guarded guarded", calls: 1, again: 4},
		"one is spent":        {kind: adapters.ErrNotFound, limit: 1, spent: numbers(1, 2), want: "guarded guarded guarded guarded", calls: 1, again: 3},
		"one has less left":   {kind: adapters.ErrNotFound, limit: 2, spent: numbers(1, 2), want: "guarded ok failed ok", calls: 4, again: 4},
		"one of them is left": {kind: adapters.ErrNotFound, limit: 1, spent: slices.Values([]string{"1", "2", "4"}), want: "guarded guarded failed guarded", calls: 1},
		"context ends":        {kind: adapters.ErrNotFound, until: "batch", want: "canceled canceled canceled canceled", calls: 1, again: 4},
		"context ends later":  {kind: adapters.ErrNotFound, until: "2", want: "ok ok canceled canceled", calls: 3, again: 4},
	}
	for _, kind := range []adapters.Kind{
		adapters.ErrUnauthorized, adapters.ErrForbidden, adapters.ErrConsentRequired, adapters.ErrRateLimited, adapters.ErrUnavailable,
		adapters.ErrProtocol, adapters.ErrTooLarge, adapters.ErrRedirect, adapters.KindOther,
	} {
		rows[string(kind)] = row{kind: kind, want: "failed failed failed failed", calls: 1}
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			refused := &adapters.Error{Kind: row.kind, Status: 400}
			bank := &bank{Base: "bank", batches: true, odd: func(account string) error {
				if account == "3" {
					return refused
				}
				return nil
			}}
			var source adapters.Source = bank
			if row.limit > 0 {
				var err error
				source, err = accessguard.New(bank, "consent", accessguard.Memory(), &accessguard.Options{Access: specs.Access{{
					Of: []specs.Call{specs.CallBalances, specs.CallBatch}, Per: specs.PerAccount,
					Limits: []specs.Limit{{Calls: row.limit, Window: time.Hour}},
				}}})
				require.NoError(t, err)
			}
			if row.spent != nil {
				for id := range row.spent {
					_, _ = source.Balances(ctx, id, adapters.Unattended())
				}
				bank.calls.Store(0)
			}
			bank.wait = func(_ context.Context, account string) error {
				if account == row.until {
					cancel()
				}
				return nil
			}
			run := start(ctx, &collect.Options{Ordered: true}, connection(source, "k", numbers(1, 5)))
			var got []string
			for _, line := range lines(gather(run)) {
				_, outcome, _ := strings.Cut(line, ": ")
				switch {
				case outcome == refused.Error():
					outcome = "failed"
				case strings.Contains(outcome, "access guard"):
					outcome = "guarded"
				case outcome == context.Canceled.Error():
					outcome = "canceled"
				}
				got = append(got, outcome)
			}
			assert.Equal(t, row.want, strings.Join(got, " "))
			assert.Equal(t, row.calls, bank.calls.Load())
			assert.Equal(t, row.again, run.Report().AskedAgain)
		})
	}
}

// apart refuses each account of a batch by itself.
type apart struct{ *bank }

func (a apart) BatchBalances(ctx context.Context, ids []string, _ adapters.PSU) (all []adapters.AccountBalances, err error) {
	if len(ids) == 0 {
		return nil, &adapters.Error{Kind: adapters.ErrInvalidArgument}
	}
	for _, id := range ids {
		all = append(all, adapters.AccountBalances{AccountID: id, Err: &adapters.Error{Kind: adapters.ErrNotFound, Status: 200}})
	}
	return all, a.ask(ctx, "batch")
}

func TestAccountsRefusedInABatchAreNotAskedAgain(t *testing.T) {
	t.Parallel()
	source := &bank{Base: "bank"}
	run := start(t.Context(), &collect.Options{Ordered: true}, connection(apart{source}, "k", numbers(1, 5)))
	assert.Equal(t, each("k", numbers(1, 5), "not_found (HTTP 200)"), lines(gather(run)))
	assert.EqualValues(t, 1, source.calls.Load())
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
