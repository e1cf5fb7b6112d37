// Package storetest holds a store to the contract of [accessguard.Store].
package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	calls   = 1000
	allowed = 4
	updates = 64
)

// Run tests a store. open returns it as a newly started process would: another instance with the same records, or the
// same instance where nothing survives a process.
func Run(t *testing.T, open func(t *testing.T) accessguard.Store) {
	t.Run("exactly four calls pass", func(t *testing.T) { exactly(t, open, 1) })
	t.Run("exactly four calls pass for each account", func(t *testing.T) { exactly(t, open, 10) })
	t.Run("no update is lost", func(t *testing.T) { noneLost(t, open) })
	t.Run("another instance reads the same record", func(t *testing.T) { sameRecord(t, open) })
	t.Run("an ended context changes nothing", func(t *testing.T) { cancelled(t, open) })
	t.Run("expired records make room", func(t *testing.T) { expired(t, open) })
}

// Bank is a source that counts the calls of each account. Its provider is eika unless Base says otherwise.
type Bank struct {
	adapters.Base
	asked sync.Map
}

// Provider implements [adapters.Source].
func (b *Bank) Provider() string { return cmp.Or(string(b.Base), "eika") }

// Balances implements [adapters.Source].
func (b *Bank) Balances(_ context.Context, accountID string, _ adapters.PSU) ([]adapters.Balance, error) {
	b.counter(accountID).Add(1)
	return []adapters.Balance{}, nil
}

// Asked returns how many calls came for an account.
func (b *Bank) Asked(accountID string) int { return int(b.counter(accountID).Load()) }

func (b *Bank) counter(accountID string) *atomic.Int64 {
	counter, _ := b.asked.LoadOrStore(accountID, new(atomic.Int64))
	return counter.(*atomic.Int64)
}

// Storm makes n concurrent unattended calls of a provider like eika, which allows four in 24 hours, in turn for each account and
// through each store in turn, and returns every refusal that is not the limit's.
func Storm(ctx context.Context, source adapters.Source, consent adapters.Secret, accounts []string, n int,
	stores ...accessguard.Store) (unexpected []error) {
	var guards []adapters.Source
	for _, store := range stores {
		guard, err := accessguard.New(source, consent, store, nil)
		if err != nil {
			return []error{err}
		}
		guards = append(guards, guard)
	}
	failures := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		guard, account := guards[i%len(guards)], accounts[i/len(guards)%len(accounts)]
		group.Go(func() { _, failures[i] = guard.Balances(ctx, account, adapters.Unattended()) })
	}
	group.Wait()
	for _, err := range failures {
		if err != nil && !errors.Is(err, adapters.ErrRateLimited) {
			unexpected = append(unexpected, err)
		}
	}
	return unexpected
}

func exactly(t *testing.T, open func(*testing.T) accessguard.Store, number int) {
	bank, consent := &Bank{}, adapters.Secret(t.Name())
	var accounts []string
	for i := range number {
		accounts = append(accounts, fmt.Sprintf("account-%d", i))
	}
	assert.Empty(t, Storm(t.Context(), bank, consent, accounts, calls, open(t), open(t)))
	for _, account := range accounts {
		assert.Equal(t, allowed, bank.Asked(account), account)
	}
	assert.Empty(t, Storm(t.Context(), bank, consent, accounts, calls/10, open(t)))
	for _, account := range accounts {
		assert.Equal(t, allowed, bank.Asked(account), "%s after a restart", account)
	}
}

func noneLost(t *testing.T, open func(*testing.T) accessguard.Store) {
	stores, now := []accessguard.Store{open(t), open(t)}, time.Now()
	failures := make([]error, updates)
	var group sync.WaitGroup
	for i := range updates {
		group.Go(func() {
			failures[i] = stores[i%2].Update(t.Context(), key(3), now, func(r accessguard.Record) accessguard.Record {
				return accessguard.Record{Keep: time.Hour, Calls: append(r.Calls[:len(r.Calls):len(r.Calls)], now.UnixMilli())}
			})
		})
	}
	group.Wait()
	for _, err := range failures {
		require.NoError(t, err)
	}
	assert.Len(t, read(t, open(t), 3, now).Calls, updates)
}

func sameRecord(t *testing.T, open func(*testing.T) accessguard.Store) {
	now := time.Date(2026, 11, 21, 10, 0, 0, 123456789, time.UTC)
	want := accessguard.Record{
		Calls: []int64{now.UnixMilli(), now.UnixMilli() + 1}, Keep: time.Hour,
		Blocked: now.Add(24 * time.Hour), Doubted: now.Add(1),
		Taken: []time.Time{now.Add(time.Hour), now.Add(time.Hour + 1)},
	}
	write(t, open(t), 4, now, want)
	assert.Equal(t, want, read(t, open(t), 4, now))
	assert.Zero(t, read(t, open(t), 5, now), "another key")
}

func cancelled(t *testing.T, open func(*testing.T) accessguard.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	now := time.Now()
	store := open(t)
	for range 16 { // a choice between two ready channels is random
		err := store.Update(ctx, key(6), now, func(accessguard.Record) accessguard.Record {
			return accessguard.Record{Blocked: now.Add(time.Hour)}
		})
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Zero(t, read(t, open(t), 6, now))
}

func expired(t *testing.T, open func(*testing.T) accessguard.Store) {
	store, now := open(t), time.Now().UTC().Round(0)
	muchLater := now.Add(60 * 24 * time.Hour)
	kept := accessguard.Record{Blocked: now.Add(30 * 24 * time.Hour)} // has not been over for a month then
	write(t, store, 7, now, accessguard.Record{Blocked: now.Add(time.Hour)})
	write(t, store, 8, now, kept)
	write(t, store, 9, muchLater, accessguard.Record{Blocked: muchLater.Add(time.Hour)})
	assert.Equal(t, kept, read(t, open(t), 8, muchLater), "has not expired")
	gone := accessguard.Record{Blocked: muchLater.Add(time.Hour)}
	write(t, store, 7, muchLater, gone)
	assert.Equal(t, gone, read(t, open(t), 7, muchLater), "can be used again")
}

// RunFirstVersion checks that the records of a store that the first version of package accessguard has filled still count:
// of eika and the consent "consent", from start on and each an hour after the other, calls of the accounts four, four,
// one, four and four, and a 429 to one of blocked.
func RunFirstVersion(t *testing.T, store accessguard.Store) {
	t.Helper()
	start := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	now, bank := start.Add(6*time.Hour), &Bank{}
	guard, err := accessguard.New(bank, "consent", store, &accessguard.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	for account, want := range map[string]accessguard.Left{
		"four":    {Limited: true, Next: start.Add(24 * time.Hour)},
		"one":     {Limited: true, Calls: 3},
		"blocked": {Limited: true, Next: start.Add(29 * time.Hour)},
		"new":     {Limited: true, Calls: 4},
	} {
		left, err := guard.Left(t.Context(), account)
		require.NoError(t, err)
		assert.Equal(t, want, left, account)
		for range 5 {
			_, _ = guard.Balances(t.Context(), account, adapters.Unattended())
		}
		assert.Equal(t, want.Calls, bank.Asked(account), account)
	}
	now = start.Add(25 * time.Hour) // two of the four are over
	for range 5 {
		_, _ = guard.Balances(t.Context(), "four", adapters.Unattended())
	}
	assert.Equal(t, 2, bank.Asked("four"))
}

func key(n int) string { return fmt.Sprintf("%064x", n) }

func write(t *testing.T, store accessguard.Store, n int, now time.Time, record accessguard.Record) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), key(n), now,
		func(accessguard.Record) accessguard.Record { return record }))
}

func read(t *testing.T, store accessguard.Store, n int, now time.Time) (found accessguard.Record) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), key(n), now, func(r accessguard.Record) accessguard.Record {
		found = r
		return r
	}))
	return found
}
