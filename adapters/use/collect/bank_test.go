package collect_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/shopspring/decimal"
)

// bank is a source in memory, with the abilities that its fields name.
type bank struct {
	adapters.Base
	gauge    *gauge
	wait     func(ctx context.Context, account string) error // in each call; "list" is the account of a list
	accounts []string                                        // that it lists; nil: it lists none
	carries  bool                                            // the list has balances, but not those of the account without
	without  string
	closed   string // accounts whose list says so
	batches  bool   // backwards, without the account lost
	lost     string
	odd      func(account string) error // a batch with such an account is refused as a whole
	calls    atomic.Int64
}

func (b *bank) ask(ctx context.Context, account string) error {
	b.calls.Add(1)
	defer b.gauge.enter(b.Provider())()
	if b.wait == nil {
		return nil
	}
	return b.wait(ctx, account)
}

func (b *bank) Balances(ctx context.Context, account string, _ adapters.PSU) ([]adapters.Balance, error) {
	err := b.ask(ctx, account)
	if err == nil && b.odd != nil {
		err = b.odd(account)
	}
	if err != nil {
		return nil, err
	}
	return b.balances(account), nil
}

func (b *bank) balances(account string) []adapters.Balance {
	return []adapters.Balance{{
		Provider: b.Provider(), AccountID: account, Type: adapters.BalanceTypeExpected, ProviderType: "XPCD",
		Amount: adapters.NewAmount(decimal.RequireFromString(account)), Currency: "EUR", ReceivedAt: time.Unix(1, 0),
	}}
}

func (b *bank) account(id string) adapters.Account {
	state := adapters.AccountStateBlocked
	if b.closed != "" && strings.Contains(b.closed, id) {
		state = adapters.AccountStateClosed
	}
	return adapters.Account{Provider: b.Provider(), ID: id, State: state}
}

func (b *bank) Accounts(ctx context.Context, psu adapters.PSU) (all []adapters.Account, err error) {
	if b.accounts == nil {
		return b.Base.Accounts(ctx, psu)
	}
	for _, id := range b.accounts {
		all = append(all, b.account(id))
	}
	return all, b.ask(ctx, "list")
}

func (b *bank) AllBalances(ctx context.Context, psu adapters.PSU) (all []adapters.AccountBalances, err error) {
	if !b.carries {
		return b.Base.AllBalances(ctx, psu)
	}
	for _, id := range b.accounts {
		account := b.account(id)
		answer := adapters.AccountBalances{AccountID: id, Account: &account}
		if strings.Contains(b.without, id) {
			answer.Err = &adapters.Error{Kind: adapters.ErrProtocol, Err: adapters.ErrNoBalances}
		} else {
			answer.Balances = b.balances(id)
		}
		all = append(all, answer)
	}
	return all, b.ask(ctx, "list")
}

func (b *bank) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) (all []adapters.AccountBalances, err error) {
	if !b.batches {
		return b.Base.BatchBalances(ctx, ids, psu)
	}
	if unique := slices.Compact(slices.Sorted(slices.Values(ids))); len(unique) == 0 || len(unique) < len(ids) {
		return nil, &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: "account ids: missing, or one occurs twice"}
	}
	for _, id := range slices.Backward(ids) {
		if b.odd != nil && b.odd(id) != nil {
			return nil, cmp.Or(b.ask(ctx, "batch"), b.odd(id))
		}
		if id != b.lost {
			all = append(all, adapters.AccountBalances{AccountID: id, Balances: b.balances(id)})
		}
	}
	return all, b.ask(ctx, "batch")
}

// gauge measures how many calls are under way at once.
type gauge struct {
	mutex sync.Mutex
	now   map[string]int
	most  map[string]int
}

func newGauge() *gauge { return &gauge{now: map[string]int{}, most: map[string]int{}} }

func (g *gauge) enter(name string) (leave func()) {
	if g == nil {
		return func() {}
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, key := range []string{name, "total"} {
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

func slow(context.Context, string) error {
	time.Sleep(2 * time.Millisecond)
	return nil
}

func connection(source adapters.Source, key any, accounts iter.Seq[string]) collect.Connection {
	return collect.Connection{Key: key, Source: source, PSU: adapters.Unattended(), Accounts: accounts}
}

func start(ctx context.Context, options *collect.Options, connections ...collect.Connection) *collect.Run {
	return collect.Balances(ctx, slices.Values(connections), options)
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

// lines returns one line for each result: key and account, "listed" if the list tells about it, and "ok" if the balances
// are its own, else the error.
func lines(results []collect.Result) (all []string) {
	for _, r := range results {
		outcome := "wrong balances"
		switch {
		case r.Err != nil && r.Balances == nil:
			outcome = r.Err.Error()
		case r.Closed && r.Err == nil && r.Balances == nil:
			outcome = "closed"
		case r.Err == nil && len(r.Balances) == 1 && r.Balances[0].AccountID == r.AccountID:
			outcome = "ok"
		}
		if r.OfConnection {
			outcome = "connection: " + outcome
		}
		if r.Account != nil {
			outcome = "listed, " + outcome
		}
		all = append(all, fmt.Sprintf("%v %s: %s", r.Key, r.AccountID, outcome))
	}
	return all
}

// each returns the lines of a connection whose accounts end alike.
func each(key any, accounts iter.Seq[string], outcome string) (all []string) {
	for id := range accounts {
		all = append(all, fmt.Sprintf("%v %s: %s", key, id, outcome))
	}
	return all
}

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
