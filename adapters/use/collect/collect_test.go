package collect_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bank is a source in memory. It has one call at a time under way for each number in its gauge.
type bank struct {
	adapters.Base
	gauge *gauge
	wait  func(ctx context.Context, account string) error
	calls atomic.Int64
}

func (b *bank) Balances(ctx context.Context, account string, _ adapters.PSU) ([]adapters.Balance, error) {
	b.calls.Add(1)
	defer b.gauge.enter(b.Provider())()
	if b.wait != nil {
		if err := b.wait(ctx, account); err != nil {
			return nil, err
		}
	}
	return b.balances(account), nil
}

func (b *bank) balances(account string) []adapters.Balance {
	return []adapters.Balance{{
		Provider: b.Provider(), AccountID: account, Type: adapters.Expected, ProviderType: "XPCD",
		Amount: adapters.NewAmount(decimal.RequireFromString(account)), Currency: "EUR", ReceivedAt: time.Unix(1, 0),
	}}
}

// gauge measures how many calls are under way at once.
type gauge struct {
	mutex sync.Mutex
	now   map[string]int
	most  map[string]int
}

func (g *gauge) enter(name string) (leave func()) {
	if g == nil {
		return func() {}
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, key := range []string{name, "total"} {
		if g.now == nil {
			g.now, g.most = map[string]int{}, map[string]int{}
		}
		g.now[key]++
		g.most[key] = max(g.most[key], g.now[key])
	}
	return func() {
		g.mutex.Lock()
		defer g.mutex.Unlock()
		g.now[name]--
		g.now["total"]--
	}
}

// listing lists its accounts, all of them with their balances if it is a withBalances.
type listing struct {
	*bank
	accounts []string
	err      error
}

func (l listing) Accounts(context.Context, adapters.PSU) ([]adapters.Account, error) {
	l.calls.Add(1)
	var all []adapters.Account
	for _, id := range l.accounts {
		all = append(all, adapters.Account{Provider: l.Provider(), ID: id})
	}
	return all, l.err
}

// withBalances leaves the balances of one account out.
type withBalances struct {
	listing
	without string
}

func (w withBalances) AllBalances(context.Context, adapters.PSU) ([]adapters.AccountBalances, error) {
	w.calls.Add(1)
	var all []adapters.AccountBalances
	for _, id := range w.accounts {
		answer := adapters.AccountBalances{AccountID: id, Balances: w.balances(id)}
		if id == w.without {
			answer.Balances, answer.Err = nil, &adapters.Error{Kind: adapters.ErrProtocol, Err: adapters.ErrNoBalances}
		}
		all = append(all, answer)
	}
	return all, w.err
}

// batching answers for several accounts, backwards and without those that its bank refuses silently.
type batching struct {
	*bank
	lost string
}

func (b batching) BatchBalances(_ context.Context, accounts []string, _ adapters.PSU) ([]adapters.AccountBalances, error) {
	if unique := slices.Compact(slices.Sorted(slices.Values(accounts))); len(unique) == 0 || len(unique) < len(accounts) {
		return nil, &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: "account ids: missing, or one occurs twice"}
	}
	b.calls.Add(1)
	var all []adapters.AccountBalances
	for _, id := range slices.Backward(accounts) {
		if id != b.lost {
			all = append(all, adapters.AccountBalances{AccountID: id, Balances: b.balances(id)})
		}
	}
	return all, nil
}

func connection(source adapters.Source, key any, accounts iter.Seq[string]) collect.Connection {
	return collect.Connection{Key: key, Source: source, PSU: adapters.Unattended(), Accounts: accounts}
}

// numbers yields the ids from up to, but not including, end.
func numbers(from, end int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := from; i < end; i++ {
			if !yield(strconv.Itoa(i)) {
				return
			}
		}
	}
}

func gather(run *collect.Run) (all []collect.Result) { return slices.Collect(run.Results()) }

func ids(results []collect.Result) (all []string) {
	for _, result := range results {
		all = append(all, result.AccountID)
	}
	return all
}

func TestEveryAccountEndsOnce(t *testing.T) {
	t.Parallel()
	for _, isOrdered := range []bool{false, true} {
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
		run := collect.Balances(t.Context(), slices.Values(connections), &collect.Options{Ordered: isOrdered})
		results := gather(run)
		want := slices.Collect(numbers(0, 10_000))
		if !isOrdered {
			slices.SortFunc(results, func(a, b collect.Result) int {
				x, _ := strconv.Atoi(a.AccountID)
				y, _ := strconv.Atoi(b.AccountID)
				return x - y
			})
		}
		require.Equal(t, want, ids(results))
		for _, result := range results {
			assert.Equal(t, result.Err == nil, len(result.Balances) == 1)
			if result.Err == nil {
				assert.Equal(t, result.AccountID, result.Balances[0].AccountID)
			}
		}
		assert.Equal(t, collect.Report{
			Accounts: 10_000, Answered: 9_000, Balances: 9_000, Failures: map[string]int{"not_found": 1_000}}, run.Report())
	}
}

func TestBoundsHold(t *testing.T) {
	t.Parallel()
	gauge := &gauge{}
	slow := func(context.Context, string) error {
		time.Sleep(time.Millisecond)
		return nil
	}
	var connections []collect.Connection
	for i := range 40 {
		name := fmt.Sprintf("bank%d", i%4)
		connections = append(connections, connection(&bank{Base: adapters.Base(name), gauge: gauge, wait: slow}, name, numbers(0, 25)))
	}
	run := collect.Balances(t.Context(), slices.Values(connections), &collect.Options{Calls: 10, PerHost: 4})
	assert.Len(t, gather(run), 1000)
	for name, most := range gauge.most {
		if name == "total" {
			assert.LessOrEqual(t, most, 10)
			assert.Greater(t, most, 4, "hosts are asked side by side")
			continue
		}
		assert.LessOrEqual(t, most, 4, name)
	}
}

func TestHostsAreBoundedAcrossProviders(t *testing.T) {
	t.Parallel()
	gauge := &gauge{}
	one := connection(&bank{Base: "h", gauge: gauge}, "a", numbers(0, 50))
	two := connection(&bank{Base: "h", gauge: gauge}, "b", numbers(0, 50))
	one.Host, two.Host = "gateway", "gateway"
	gather(collect.Balances(t.Context(), slices.Values([]collect.Connection{one, two}), &collect.Options{PerHost: 1}))
	assert.Equal(t, 1, gauge.most["total"])
}

func TestAccountsAreListedWithoutIDs(t *testing.T) {
	t.Parallel()
	listed := listing{bank: &bank{Base: "lists"}, accounts: []string{"1", "2", "3"}}
	all := withBalances{listing{bank: &bank{Base: "all"}, accounts: []string{"4", "5"}}, ""}
	both := &bank{Base: "batch"}
	batch := batchSource{batching{bank: both}, listing{bank: both, accounts: []string{"6", "7"}}}
	failing := listing{bank: &bank{Base: "fails"}, err: &adapters.Error{Kind: adapters.ErrUnauthorized, Status: 401}}
	blind := &bank{Base: "blind"}
	empty := listing{bank: &bank{Base: "empty"}}
	connections := []collect.Connection{
		connection(listed, "lists", nil), connection(all, "all", nil), connection(batch, "batch", nil),
		connection(failing, "fails", nil), connection(blind, "blind", nil), connection(empty, "empty", nil),
	}
	run := collect.Balances(t.Context(), slices.Values(connections), &collect.Options{Ordered: true})
	results := gather(run)
	assert.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7", "", ""}, ids(results))
	assert.ErrorIs(t, results[7].Err, adapters.ErrUnauthorized)
	assert.EqualError(t, results[8].Err, "blind: collect: unsupported: accounts: missing, and the provider lists none")
	assert.ErrorIs(t, results[8].Err, errors.ErrUnsupported)
	for i, result := range results {
		assert.Equal(t, i >= 7, result.OfConnection)
		assert.Equal(t, i < 3 || i == 5 || i == 6, result.Account != nil, "what the list says about %s", result.AccountID)
	}
	assert.Equal(t, collect.Report{
		Accounts: 7, Answered: 7, Balances: 7, UnknownAccounts: map[string]int{"unauthorized": 1, "unsupported": 1},
	}, run.Report(), "no calls: these sources do not tell them")
	for source, want := range map[*bank]int64{listed.bank: 4, all.bank: 1, both: 2, failing.bank: 1, blind: 0, empty.bank: 1} {
		assert.Equal(t, want, source.calls.Load(), source.Provider())
	}
}

func TestAccountsWithoutBalancesInTheListAreAskedFor(t *testing.T) {
	t.Parallel()
	source := withBalances{listing{bank: &bank{Base: "all"}, accounts: []string{"1", "2", "3"}}, "2"}
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(source, "all", nil)}),
		&collect.Options{Ordered: true})
	results := gather(run)
	assert.Equal(t, []string{"1", "2", "3"}, ids(results))
	for _, result := range results {
		assert.NoError(t, result.Err)
		assert.Len(t, result.Balances, 1)
	}
	assert.EqualValues(t, 2, source.calls.Load())
}

// Every account of a list without any balances is a call of its own, and these run side by side.
func TestListsWithoutBalancesKeepTheBounds(t *testing.T) {
	t.Parallel()
	slow := func(context.Context, string) error {
		time.Sleep(time.Millisecond)
		return nil
	}
	gauge := &gauge{}
	source := nothingListed{listing{bank: &bank{Base: "all", gauge: gauge, wait: slow}, accounts: slices.Collect(numbers(0, 500))}}
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(source, "all", nil)}),
		&collect.Options{Ordered: true, PerHost: 8})
	assert.Equal(t, source.accounts, ids(gather(run)))
	assert.LessOrEqual(t, gauge.most["all"], 8)
	assert.Greater(t, gauge.most["all"], 1)
	assert.EqualValues(t, 500, source.calls.Load())
}

type nothingListed struct{ listing }

func (n nothingListed) AllBalances(context.Context, adapters.PSU) (all []adapters.AccountBalances, err error) {
	for _, id := range n.accounts {
		failure := &adapters.Error{Kind: adapters.ErrProtocol, Err: adapters.ErrNoBalances}
		all = append(all, adapters.AccountBalances{AccountID: id, Err: failure})
	}
	return all, nil
}

// batchSource lists accounts and answers for several.
type batchSource struct {
	batching
	list listing
}

func (b batchSource) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	return b.list.Accounts(ctx, psu)
}

func TestBatchAnswersAreMatchedByAccount(t *testing.T) {
	t.Parallel()
	source := batching{bank: &bank{Base: "batch"}, lost: "77"}
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{connection(source, "batch", numbers(0, 201))}),
		&collect.Options{Ordered: true})
	results := gather(run)
	assert.Equal(t, slices.Collect(numbers(0, 201)), ids(results))
	for _, result := range results {
		if result.AccountID == "77" {
			assert.ErrorIs(t, result.Err, adapters.ErrProtocol)
			continue
		}
		require.NoError(t, result.Err)
		assert.Equal(t, result.AccountID, result.Balances[0].AccountID)
	}
	assert.EqualValues(t, 3, source.calls.Load())
}

func TestBreakingOffEndsEverything(t *testing.T) {
	t.Parallel()
	for _, isOrdered := range []bool{false, true} {
		gauge := &gauge{}
		until := func(ctx context.Context, _ string) error {
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
		run := collect.Balances(t.Context(), endless, &collect.Options{Ordered: isOrdered, Calls: 500, PerHost: 500})
		for range run.Results() {
			break
		}
		assert.Equal(t, 0, gauge.now["total"], "no call is left")
		for range run.Results() {
			assert.Fail(t, "a run is for one loop")
		}
	}
}

// A hundred thousand accounts from an iterator: nothing is held for those that are done.
func TestMemoryStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("a hundred thousand accounts")
	}
	for _, isOrdered := range []bool{false, true} {
		run := collect.Balances(t.Context(), slices.Values([]collect.Connection{
			connection(&bank{Base: "b"}, "b", numbers(0, 50_000)), connection(&bank{Base: "c"}, "c", numbers(0, 50_000)),
		}), &collect.Options{Ordered: isOrdered})
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
		t.Logf("ordered %v: %d KiB live at most", isOrdered, most>>10)
		assert.Less(t, most, uint64(32<<20))
	}
}
