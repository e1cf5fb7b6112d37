package collect_test

import (
	"context"
	"errors"
	"iter"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBoundsHold(t *testing.T) {
	t.Parallel()
	gauge := newGauge()
	source := func(name string, accounts []string) *bank {
		return &bank{Base: adapters.Base(name), gauge: gauge, wait: slow, accounts: accounts, carries: true, without: strings.Join(accounts, " ")}
	}
	listed := slices.Collect(numbers(100, 600))
	for name, test := range map[string]struct {
		options     collect.Options
		connections iter.Seq[collect.Connection]
		results     int
		within      map[string][2]int // how many calls at once, of a provider or in total
	}{
		"hosts side by side": {collect.Options{Calls: 10, PerHost: 4}, func(yield func(collect.Connection) bool) {
			for i := 0; i < 40 && yield(connection(source("bank"+strconv.Itoa(i%4), nil), i, numbers(0, 25))); i++ {
			}
		}, 1000, map[string][2]int{"total": {5, 10}, "bank0": {1, 4}, "bank1": {1, 4}, "bank2": {1, 4}, "bank3": {1, 4}}},
		"a host of several providers, whose connections come and go": {collect.Options{PerHost: 1}, func(yield func(collect.Connection) bool) {
			for i := range 20 {
				c := connection(source(strconv.Itoa(i%2), nil), i, numbers(0, 1))
				c.Host = "gateway"
				if !yield(c) {
					return
				}
				time.Sleep(time.Millisecond) // the connection before this one has nothing left to ask
			}
		}, 20, map[string][2]int{"total": {1, 1}}},
		"a list without balances, whose accounts are asked side by side": {collect.Options{PerHost: 8},
			slices.Values([]collect.Connection{connection(source("all", listed), "all", nil)}), 500, map[string][2]int{"all": {2, 8}}},
	} {
		clear(gauge.most)
		assert.Len(t, gather(collect.Balances(t.Context(), test.connections, &test.options)), test.results, name)
		for of, bounds := range test.within {
			assert.GreaterOrEqual(t, gauge.most[of], bounds[0], "%s: %s", name, of)
			assert.LessOrEqual(t, gauge.most[of], bounds[1], "%s: %s", name, of)
		}
	}
}

func TestBoundsOfAnySize(t *testing.T) {
	t.Parallel()
	for _, n := range []int{math.MaxInt, math.MaxInt32, 1 << 20, -1, math.MinInt} {
		both(t, func(t *testing.T, options *collect.Options) {
			options.Calls, options.PerHost = n, n
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			assert.Len(t, gather(start(t.Context(), options, connection(&bank{Base: "b"}, "b", numbers(0, 10)))), 10)
			runtime.ReadMemStats(&after)
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<20))
		})
	}
}

func TestResultsWithinResultsAreNone(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, options *collect.Options) {
		run, n := start(t.Context(), options, connection(&bank{Base: "b"}, "b", numbers(0, 100))), 0
		for range run.Results() {
			n++
			assert.Empty(t, gather(run))
		}
		assert.Equal(t, 100, n)
	})
}

// A hundred thousand accounts from an iterator: nothing is held for those that are done.
func TestMemoryStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred thousand accounts")
	}
	for _, isOrdered := range []bool{false, true} {
		run := start(t.Context(), &collect.Options{Ordered: isOrdered},
			connection(&bank{Base: "b"}, "b", numbers(0, 50_000)), connection(&bank{Base: "c"}, "c", numbers(0, 50_000)))
		var most uint64
		var memory runtime.MemStats
		n := 0
		for range run.Results() {
			if n++; n%10_000 == 0 {
				runtime.GC()
				runtime.ReadMemStats(&memory)
				most = max(most, memory.HeapAlloc)
			}
		}
		assert.Equal(t, 100_000, n)
		assert.Less(t, most, uint64(32<<20))
	}
}

// An account is asked for as soon as a blocking iterator yields it, where no batch has to be filled.
func TestIteratorsThatBlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		accounts := func(yield func(string) bool) {
			for i := range 3 {
				if !yield(strconv.Itoa(i)) {
					return
				}
				time.Sleep(time.Hour)
			}
		}
		next, stop := iter.Pull(start(t.Context(), nil, connection(&bank{Base: "b"}, nil, accounts)).Results())
		defer stop()
		begun := time.Now()
		for i := range 3 {
			result, ok := next()
			require.True(t, ok)
			assert.Equal(t, strconv.Itoa(i), result.AccountID)
			assert.Equal(t, time.Duration(i)*time.Hour, time.Since(begun))
		}
		_, ok := next()
		assert.False(t, ok)
	})
}

// A loop that breaks off or panics leaves nothing behind. Its own panic comes before those of sources.
func TestLeavingTheLoopEndsEverything(t *testing.T) {
	t.Parallel()
	for _, value := range []any{nil, "loop"} {
		both(t, func(t *testing.T, options *collect.Options) {
			gauge := newGauge()
			until := func(ctx context.Context, id string) error {
				if value != nil && id != "0" {
					panic("source")
				}
				select {
				case <-time.After(10 * time.Millisecond): // calls end, or none of the first connection could begin
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			endless := func(yield func(collect.Connection) bool) {
				for i := 0; yield(connection(&bank{Base: "b", gauge: gauge, wait: until}, strconv.Itoa(i), numbers(0, math.MaxInt))); i++ {
				}
			}
			options.Calls, options.PerHost = 500, 500
			run := collect.Balances(t.Context(), endless, options)
			func() {
				defer func() { assert.Equal(t, value, recover()) }()
				for range run.Results() {
					assert.Empty(t, gather(run), "a run is for one loop")
					if value != nil {
						panic(value)
					}
					break
				}
			}()
			assert.Equal(t, 0, gauge.now["total"], "no call is left")
			assert.Empty(t, gather(run), "a run is for one loop")
		})
	}
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
		source, untouched := &bank{Base: "b", wait: stop}, &bank{Base: "c", accounts: []string{"7"}}
		connections := func(yield func(collect.Connection) bool) {
			next := connection(source, "named", numbers(0, 1000))
			for n := 0; n <= 500 && yield(next); n++ { // more than are worked on at once
				if next = connection(untouched, "unnamed", nil); n == 499 {
					<-ctx.Done()
				}
			}
		}
		options.Calls, options.PerHost = 4, 4
		run := collect.Balances(ctx, connections, options)
		results, named := gather(run), map[string]bool{}
		for _, result := range results {
			assert.True(t, result.Err == nil || errors.Is(result.Err, context.Canceled))
			if result.Key == "named" {
				named[result.AccountID] = true
				assert.Equal(t, "b", result.Provider)
			}
		}
		assert.Len(t, results, 1500)
		assert.Len(t, named, 1000)
		assert.Less(t, source.calls.Load(), int64(100), "new calls end")
		assert.Equal(t, recount(results), run.Report())
		assert.Positive(t, run.Report().UnknownAccounts["canceled"])
	})
}

func TestIteratorsWithoutEndStopAfterTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	results := gather(start(ctx, &collect.Options{Ordered: true},
		connection(&bank{Base: "b"}, "endless", numbers(0, math.MaxInt)), connection(&bank{Base: "b"}, "next", numbers(0, 1))))
	require.Len(t, results, 100_002)
	assert.True(t, results[100_000].OfConnection, "more accounts may have been left out")
	assert.Equal(t, "next", results[100_001].Key)
	endless := func(yield func(collect.Connection) bool) {
		for yield(connection(&bank{Base: "b"}, nil, numbers(0, 1))) {
		}
	}
	assert.Len(t, gather(collect.Balances(ctx, endless, nil)), 100_000)
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
	explode := func() { panic(boom) }
	// source does it when it lists and when it is asked for the account 13.
	source := func(do func()) *bank {
		return &bank{Base: "b", accounts: []string{}, carries: true, wait: func(_ context.Context, account string) error {
			if account == "13" || account == "list" {
				do()
			}
			return nil
		}}
	}
	accounts := func(end func()) iter.Seq[string] {
		return func(yield func(string) bool) {
			if yield("12") && yield("14") {
				end()
			}
		}
	}
	for name, c := range map[string]struct {
		source *bank
		named  iter.Seq[string]
		who    string
		value  any
	}{
		"source":            {source(explode), numbers(12, 15), "the source panicked", boom},
		"source, value nil": {source(func() { panic(any(nil)) }), numbers(12, 15), "the source panicked", new(runtime.PanicNilError)},
		"source exits":      {source(runtime.Goexit), numbers(12, 15), "the source ended its goroutine", nil},
		"list":              {source(explode), nil, "the source panicked", boom},
		"list exits":        {source(runtime.Goexit), nil, "the source ended its goroutine", nil},
		"iterator":          {&bank{Base: "b"}, accounts(explode), "the iterator of accounts panicked", boom},
		"iterator, batches": {&bank{Base: "b", batches: true}, accounts(explode), "the iterator of accounts panicked", boom},
		"iterator exits":    {&bank{Base: "b"}, accounts(runtime.Goexit), "the iterator of accounts ended its goroutine", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := append(each(2, numbers(100, 300), "ok"), "1 : connection: b: collect: other: "+c.who)
			switch {
			case c.named != nil && c.source.wait != nil:
				want[len(want)-1] = "1 13: b: collect: other: " + c.who
				fallthrough
			case c.named != nil:
				want = append(want, "1 12: ok", "1 14: ok")
			}
			both(t, func(t *testing.T, options *collect.Options) {
				results, value := panics(start(t.Context(), options, connection(c.source, 1, c.named), connection(&bank{Base: "bank"}, 2, numbers(100, 300))))
				assert.Equal(t, c.value, value)
				assert.ElementsMatch(t, want, lines(results))
			})
		})
	}
}

func TestPanicsInTheIteratorOfConnections(t *testing.T) {
	t.Parallel()
	for _, end := range []func(){func() { panic("boom") }, runtime.Goexit} {
		results, value := panics(collect.Balances(t.Context(), func(yield func(collect.Connection) bool) {
			yield(connection(&bank{Base: "b"}, nil, numbers(0, 10)))
			end()
		}, nil))
		assert.Len(t, results, 10)
		assert.NotNil(t, value, "further connections may have been lost")
	}
}
