package collect_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// both runs a test in either order of results.
func both(t *testing.T, test func(t *testing.T, options *collect.Options)) {
	t.Helper()
	for name, isOrdered := range map[string]bool{"ordered": true, "unordered": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, &collect.Options{Ordered: isOrdered})
		})
	}
}

// byID returns results by their account; each occurs once.
func byID(t *testing.T, results []collect.Result) map[string]collect.Result {
	t.Helper()
	all := map[string]collect.Result{}
	for _, result := range results {
		require.NotContains(t, all, result.AccountID)
		all[result.AccountID] = result
	}
	return all
}

// panicking does with the account "13" what the test wants.
func panicking(do func()) *bank {
	return &bank{Base: "bank", wait: func(_ context.Context, account string) error {
		if account == "13" {
			do()
		}
		return nil
	}}
}

func TestEndOfContextLeavesNoNamedAccountOut(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options *collect.Options) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stop := func(ctx context.Context, account string) error {
			if account == "5" {
				cancel()
			}
			return ctx.Err()
		}
		source, untouched := &bank{Base: "b", wait: stop}, listing{bank: &bank{Base: "c"}, accounts: []string{"7"}}
		connections := []collect.Connection{connection(source, "named", numbers(0, 1000))}
		for range 500 { // more than are worked on at once
			connections = append(connections, connection(untouched, "unnamed", nil))
		}
		options.Calls, options.PerHost = 4, 4
		run := collect.Balances(ctx, slices.Values(connections), options)
		results := gather(run)
		unnamed := slices.DeleteFunc(slices.Clone(results), func(r collect.Result) bool { return r.Key == "named" })
		named := slices.DeleteFunc(results, func(r collect.Result) bool { return r.Key != "named" })
		assert.Len(t, byID(t, named), 1000)
		assert.Less(t, source.calls.Load(), int64(100), "new calls end")
		for _, result := range named {
			assert.True(t, result.Err == nil || errors.Is(result.Err, context.Canceled))
			assert.Equal(t, "b", result.Provider)
		}
		assert.Len(t, unnamed, 500)
		report := run.Report()
		assert.Equal(t, 1500, report.Answered+report.Failures["canceled"]+report.UnknownAccounts["canceled"])
		assert.Positive(t, report.UnknownAccounts["canceled"])
	})
}

func TestDeadlineIsTheErrorOfEachAccount(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	batch := batching{bank: &bank{Base: "b"}}
	run := collect.Balances(ctx, slices.Values([]collect.Connection{connection(batch, 1, numbers(0, 250)), connection(batch, 2, nil)}),
		&collect.Options{Ordered: true})
	results := gather(run)
	assert.Equal(t, append(slices.Collect(numbers(0, 250)), ""), ids(results))
	for _, result := range results {
		assert.ErrorIs(t, result.Err, context.DeadlineExceeded)
	}
	assert.Equal(t, collect.Report{
		Accounts: 250, Failures: map[string]int{"deadline": 250}, UnknownAccounts: map[string]int{"deadline": 1},
	}, run.Report())
	assert.Zero(t, batch.calls.Load())
}

func TestIteratorsWithoutEndStopAfterTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	run := collect.Balances(ctx, slices.Values([]collect.Connection{
		connection(&bank{Base: "b"}, "endless", numbers(0, math.MaxInt)), connection(&bank{Base: "b"}, "next", numbers(0, 1)),
	}), &collect.Options{Ordered: true})
	results := gather(run)
	require.Len(t, results, 100_002)
	assert.True(t, results[100_000].OfConnection, "more accounts may have been left out")
	assert.Equal(t, "next", results[100_001].Key)
	assert.Equal(t, map[string]int{"canceled": 1}, run.Report().UnknownAccounts)
	endless := func(yield func(collect.Connection) bool) {
		for yield(connection(&bank{Base: "b"}, nil, numbers(0, 1))) {
		}
	}
	assert.Len(t, gather(collect.Balances(ctx, endless, nil)), 100_000)
}

func TestUnusableAndRepeatedIDsAreSettledAlone(t *testing.T) {
	t.Parallel()
	named := []string{"1", "../x", "2", "1", "", "3", "1", "..", "4"}
	single, batch := &bank{Base: "bank"}, batching{bank: &bank{Base: "bank"}}
	for name, source := range map[string]adapters.Source{"single": single, "batch": batch} {
		run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(source, 7, slices.Values(named))}),
			&collect.Options{Ordered: true})
		results := gather(run)
		require.Equal(t, named, ids(results), name)
		for i, result := range results {
			assert.Equal(t, 7, result.Key)
			assert.False(t, result.OfConnection)
			if slices.Contains([]int{1, 4, 7}, i) {
				assert.ErrorIs(t, result.Err, adapters.ErrInvalidArgument)
				assert.NotContains(t, result.Err.Error(), "x")
				continue
			}
			require.NoError(t, result.Err)
			assert.Equal(t, result.AccountID, result.Balances[0].AccountID)
		}
		assert.Equal(t, collect.Report{Accounts: 9, Answered: 6, Balances: 6, Failures: map[string]int{"invalid_argument": 3}}, run.Report())
	}
	assert.EqualValues(t, 6, single.calls.Load())
	assert.EqualValues(t, 1, batch.calls.Load())
	twice := batching{bank: &bank{Base: "bank"}}
	assert.Len(t, gather(collect.Balances(t.Context(), slices.Values([]collect.Connection{
		connection(twice, nil, slices.Values([]string{"1", "1"})),
	}), nil)), 2)
	assert.EqualValues(t, 1, twice.calls.Load())
}

func TestListedAccountsWithoutUsableID(t *testing.T) {
	t.Parallel()
	source := listing{bank: &bank{Base: "b"}, accounts: []string{"1", "", "a/b"}}
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(source, nil, nil)}), &collect.Options{Ordered: true})
	results := gather(run)
	require.Equal(t, source.accounts, ids(results))
	for i, result := range results {
		assert.Equal(t, i > 0, errors.Is(result.Err, adapters.ErrInvalidArgument))
		assert.NotNil(t, result.Account)
	}
	assert.Equal(t, collect.Report{Accounts: 3, Answered: 1, Balances: 1, Failures: map[string]int{"invalid_argument": 2}}, run.Report())
}

// hollow panics in each of its methods when it is nil.
type hollow struct{ adapters.Base }

type nameless struct{ adapters.Source }

func (nameless) Provider() string { panic("no name") }

func TestSourcesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source adapters.Source
		detail string
	}{
		"nil":       {nil, "source: missing"},
		"typed nil": {(*hollow)(nil), "source: nil, or its Provider method panics"},
		"panic":     {nameless{}, "source: nil, or its Provider method panics"},
		"no name":   {adapters.Base(""), "source: its provider has no name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := collect.Balances(t.Context(), slices.Values([]collect.Connection{
				connection(c.source, "a", slices.Values([]string{"1", "2"})), connection(c.source, "b", nil),
				connection(&bank{Base: "good"}, "c", slices.Values([]string{"3"})),
			}), &collect.Options{Ordered: true})
			results := gather(run)
			assert.Equal(t, []string{"1", "2", "", "3"}, ids(results))
			for _, result := range results[:3] {
				assert.ErrorIs(t, result.Err, adapters.ErrInvalidArgument)
				assert.EqualError(t, result.Err, "collect: invalid_argument: "+c.detail)
			}
			assert.NoError(t, results[3].Err)
			assert.Equal(t, collect.Report{
				Accounts: 3, Answered: 1, Balances: 1, Failures: map[string]int{"invalid_argument": 2},
				UnknownAccounts: map[string]int{"invalid_argument": 1},
			}, run.Report())
		})
	}
}

func TestAbilitiesThatAreMissing(t *testing.T) {
	t.Parallel()
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(adapters.Base("b"), nil, numbers(0, 2))}), nil)
	results := gather(run)
	require.Len(t, results, 2)
	for _, result := range results {
		assert.ErrorIs(t, result.Err, errors.ErrUnsupported)
	}
	late := batching{bank: &bank{Base: "late"}}
	run = collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(unready{late}, nil, numbers(0, 3))}), nil)
	for result := range run.Results() {
		assert.NoError(t, result.Err, "a batch that is refused has sent nothing")
	}
	assert.EqualValues(t, 3, late.calls.Load())
}

// unready breaks the contract: it tells only with ids that it has no batches.
type unready struct{ batching }

func (u unready) BatchBalances(_ context.Context, ids []string, _ adapters.PSU) ([]adapters.AccountBalances, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return nil, errors.ErrUnsupported
}

// panics returns the value of the panic that the loop over the results ends with.
func panics(run *collect.Run) (results []collect.Result, value any) {
	defer func() { value = recover() }()
	for result := range run.Results() {
		results = append(results, result)
	}
	return results, nil
}

func TestPanicsReachTheCallerAndHideNothing(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	broken := func(yield func(string) bool) {
		if yield("1") && yield("2") {
			panic(boom)
		}
	}
	ends := func(yield func(string) bool) {
		if yield("1") && yield("2") {
			runtime.Goexit()
		}
	}
	all := slices.Values([]string{"12", "13", "14"})
	batch := batching{bank: &bank{Base: "bank"}}
	for name, c := range map[string]struct {
		first  collect.Connection
		good   []string
		failed string
		detail string
		value  any
	}{
		"source":              {connection(panicking(func() { panic(boom) }), 1, all), []string{"12", "14"}, "13", "the source panicked", boom},
		"source exits":        {connection(panicking(runtime.Goexit), 1, all), []string{"12", "14"}, "13", "the source ended its goroutine", nil},
		"list":                {connection(explosive{panicking(func() { panic(boom) })}, 1, nil), nil, "", "the source panicked", boom},
		"list exits":          {connection(explosive{panicking(runtime.Goexit)}, 1, nil), nil, "", "the source ended its goroutine", nil},
		"iterator":            {connection(&bank{Base: "bank"}, 1, broken), []string{"1", "2"}, "", "the iterator of accounts panicked", boom},
		"iterator, batch":     {connection(batch, 1, broken), []string{"1", "2"}, "", "the iterator of accounts panicked", boom},
		"iterator exits":      {connection(&bank{Base: "bank"}, 1, ends), []string{"1", "2"}, "", "the iterator of accounts ended its goroutine", nil},
		"source, value a nil": {connection(panicking(func() { panic(any(nil)) }), 1, all), []string{"12", "14"}, "13", "the source panicked", new(runtime.PanicNilError)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, options *collect.Options) {
				results, value := panics(collect.Balances(t.Context(), slices.Values([]collect.Connection{
					c.first, connection(&bank{Base: "bank"}, 2, numbers(100, 300)),
				}), options))
				assert.Equal(t, c.value, value)
				found := byID(t, results)
				assert.Len(t, found, 200+len(c.good)+1)
				for _, id := range c.good {
					assert.NoError(t, found[id].Err)
				}
				var failure *adapters.Error
				require.ErrorAs(t, found[c.failed].Err, &failure)
				assert.Contains(t, failure.Detail, c.detail)
				assert.Equal(t, adapters.KindOther, adapters.KindOf(failure))
				assert.NotContains(t, failure.Error(), "boom")
				assert.Equal(t, c.failed == "", found[c.failed].OfConnection)
			})
		})
	}
}

// explosive fails when it lists.
type explosive struct{ *bank }

func (e explosive) AllBalances(ctx context.Context, _ adapters.PSU) ([]adapters.AccountBalances, error) {
	return nil, e.wait(ctx, "13")
}

func TestPanicsInTheIteratorOfConnections(t *testing.T) {
	t.Parallel()
	for _, end := range []func(){func() { panic("boom") }, runtime.Goexit} {
		connections := func(yield func(collect.Connection) bool) {
			yield(connection(&bank{Base: "b"}, nil, numbers(0, 10)))
			end()
		}
		results, value := panics(collect.Balances(t.Context(), connections, nil))
		assert.Len(t, results, 10)
		assert.NotNil(t, value, "further connections may have been lost")
	}
}

func TestLoopsThatPanicLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options *collect.Options) {
		gauge := &gauge{}
		source := &bank{Base: "b", gauge: gauge, wait: func(_ context.Context, id string) error {
			if id != "0" {
				panic("source")
			}
			return nil
		}}
		assert.PanicsWithValue(t, "loop", func() {
			for range collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(source, nil, numbers(0, math.MaxInt))}), options).Results() {
				panic("loop")
			}
		})
		assert.Equal(t, 0, gauge.now["total"])
	})
}

func TestLoopsInLoopsYieldNothing(t *testing.T) {
	t.Parallel()
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(&bank{Base: "b"}, nil, numbers(0, 10))}), nil)
	n := 0
	for range run.Results() {
		n++
		assert.Empty(t, gather(run))
	}
	assert.Equal(t, 10, n)
}

func TestBoundsOfAnySize(t *testing.T) {
	t.Parallel()
	for _, n := range []int{math.MaxInt, math.MaxInt32, 1 << 20, -1, math.MinInt} {
		both(t, func(t *testing.T, options *collect.Options) {
			options.Calls, options.PerHost = n, n
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(&bank{Base: "b"}, nil, numbers(0, 10))}), options)
			assert.Len(t, gather(run), 10)
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
		})
	}
}

// An account is asked for as soon as a blocking iterator yields it, where no batch has to be filled.
func TestIteratorsThatBlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &bank{Base: "b"}
		feed := make(chan string)
		accounts := func(yield func(string) bool) {
			for id := range feed {
				if !yield(id) {
					return
				}
			}
		}
		next, stop := iter.Pull(collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(source, nil, accounts)}), nil).Results())
		defer stop()
		go func() {
			for i := range 3 {
				feed <- strconv.Itoa(i)
				time.Sleep(time.Hour)
			}
			close(feed)
		}()
		for i := range 3 {
			result, ok := next()
			require.True(t, ok)
			assert.Equal(t, strconv.Itoa(i), result.AccountID)
		}
		_, ok := next()
		assert.False(t, ok)
	})
}

// Connections that come and go keep the bound of their host while their calls are under way.
func TestHostsAreBoundedAcrossTime(t *testing.T) {
	t.Parallel()
	gauge := &gauge{}
	slow := func(context.Context, string) error {
		time.Sleep(5 * time.Millisecond)
		return nil
	}
	connections := func(yield func(collect.Connection) bool) {
		for i := range 20 {
			if !yield(connection(&bank{Base: "b", gauge: gauge, wait: slow}, i, numbers(0, 1))) {
				return
			}
			time.Sleep(time.Millisecond) // the connection before this one has nothing left to ask
		}
	}
	gather(collect.Balances(t.Context(), connections, &collect.Options{PerHost: 1}))
	assert.Equal(t, 1, gauge.most["total"])
}

func TestResultsAndReportsAsJSON(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		`{"key":"k","provider":"b","accountId":"1","error":{"kind":"canceled"}}`:               context.Canceled,
		`{"key":"k","provider":"b","accountId":"1","error":{"kind":"not_found","status":404}}`: &adapters.Error{Kind: adapters.ErrNotFound, Status: 404},
		`{"key":"k","provider":"b","accountId":"1"}`:                                           nil,
	} {
		text, marshalError := json.Marshal(collect.Result{Key: "k", Provider: "b", AccountID: "1", Err: err})
		require.NoError(t, marshalError)
		assert.JSONEq(t, want, string(text))
	}
	text, err := json.Marshal(collect.Report{Accounts: 1, UnknownAccounts: map[string]int{"other": 1}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"accounts":1,"answered":0,"balances":0,"unknownAccounts":{"other":1}}`, string(text))
}
