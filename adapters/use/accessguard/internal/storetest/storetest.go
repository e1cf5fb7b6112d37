// Package storetest is behind the public package of that name, with what only the tests of our own stores need.
package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
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
	allowed = 4
	updates = 64
	consent = "consent"
)

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
	failures := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		guard, err := accessguard.New(source, consent, stores[i%len(stores)], nil)
		if err != nil {
			return []error{err}
		}
		account := accounts[i/len(stores)%len(accounts)]
		group.Go(func() { _, failures[i] = guard.Balances(ctx, account, adapters.Unattended()) })
	}
	group.Wait()
	for _, err := range failures {
		if err != nil && !errors.Is(err, adapters.ErrRateLimited) {
			unexpected = append(unexpected, fmt.Errorf("%w: %v", err, errors.Unwrap(err)))
		}
	}
	return unexpected
}

// Run tests a store. open returns it as a newly started process would: another instance with the same records, or the
// same instance where nothing survives a process.
func Run(t *testing.T, open func(t *testing.T) accessguard.Store) {
	t.Run("exactly four calls pass", func(t *testing.T) { exactly(t, open, "account") })
	t.Run("exactly four calls pass for each account", func(t *testing.T) { exactly(t, open, "a", "b", "c", "d", "e", "f") })
	t.Run("no update is lost", func(t *testing.T) { noneLost(t, open) })
	t.Run("another instance reads the same record", func(t *testing.T) { sameRecord(t, open) })
	t.Run("an ended context changes nothing", func(t *testing.T) { cancelled(t, open) })
	t.Run("a clock that is ahead for a moment forgets nothing", func(t *testing.T) { ahead(t, open) })
	t.Run("expired records make room", func(t *testing.T) { expired(t, open) })
}

func exactly(t *testing.T, open func(*testing.T) accessguard.Store, accounts ...string) {
	bank, consent := &Bank{}, adapters.Secret(t.Name())
	for _, n := range []int{1000, 100} { // the second time after a restart
		assert.Empty(t, Storm(t.Context(), bank, consent, accounts, n, open(t), open(t), open(t), open(t)))
		for _, account := range accounts {
			assert.Equal(t, allowed, bank.Asked(account), account)
		}
	}
}

func noneLost(t *testing.T, open func(*testing.T) accessguard.Store) {
	stores, now := []accessguard.Store{open(t), open(t)}, time.Now()
	var group sync.WaitGroup
	for i := range updates {
		group.Go(func() {
			assert.NoError(t, stores[i%2].Update(t.Context(), key(3), now, func(r accessguard.Record) accessguard.Record {
				return accessguard.Record{Keep: time.Hour, Calls: append(r.Calls[:len(r.Calls):len(r.Calls)], now.UnixMilli())}
			}))
		})
	}
	group.Wait()
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
	store, now := open(t), time.Now()
	for range 16 { // a choice between two ready channels is random
		require.ErrorIs(t, store.Update(ctx, key(6), now, func(accessguard.Record) accessguard.Record {
			return accessguard.Record{Blocked: now.Add(time.Hour)}
		}), context.Canceled)
	}
	assert.Zero(t, read(t, open(t), 6, now))
}

func ahead(t *testing.T, open func(*testing.T) accessguard.Store) {
	now := time.Now().UTC().Round(time.Millisecond)
	want := accessguard.Record{Blocked: now.Add(time.Hour)}
	write(t, open(t), 7, now, want)
	for _, wrong := range []time.Time{now.AddDate(50, 0, 0), now.AddDate(-50, 0, 0)} {
		write(t, open(t), 8, wrong, accessguard.Record{Keep: time.Hour, Calls: []int64{wrong.UnixMilli()}})
		read(t, open(t), 7, wrong)
		assert.Equal(t, want, read(t, open(t), 7, now))
	}
}

func expired(t *testing.T, open func(*testing.T) accessguard.Store) {
	Churn(t, open(t), 50)
	write(t, open(t), 1000, churned(50), accessguard.Record{Blocked: churned(51)})
	assert.Equal(t, churned(51), read(t, open(t), 1000, churned(50)).Blocked, "can be used again")
	for i := 42; i < 50; i++ {
		assert.Equal(t, churned(i+1), read(t, open(t), 1000+i, churned(50)).Blocked, "is kept for a month")
	}
}

// Churn writes n records, each of which may be forgotten some ten records later.
func Churn(t *testing.T, store accessguard.Store, n int) {
	t.Helper()
	for i := range n {
		write(t, store, 1000+i, churned(i), accessguard.Record{Blocked: churned(i + 1)})
	}
}

// churned is when Churn writes a record.
func churned(i int) time.Time { return time.Date(2026, 11, 21+4*i, 10, 0, 0, 0, time.UTC) }

// Refuses checks that a store which holds what it cannot use refuses calls of accounts.
func Refuses(t *testing.T, store accessguard.Store, want error, accounts ...string) {
	t.Helper()
	bank := &Bank{}
	failures := Storm(t.Context(), bank, consent, accounts, len(accounts), store)
	require.Len(t, failures, len(accounts))
	for i, account := range accounts {
		require.ErrorIs(t, failures[i], adapters.ErrUnavailable)
		require.ErrorIs(t, failures[i], want)
		assert.Zero(t, bank.Asked(account))
	}
}

// storm names the store on which a process started by Processes makes calls.
const storm = "ACCESSGUARD_STORM"

// Main is TestMain of tests that call Processes. open opens a store in a new process.
func Main(m *testing.M, open func(address string) accessguard.Store) {
	address := os.Getenv(storm)
	if address == "" {
		os.Exit(m.Run())
	}
	bank := &Bank{}
	failures := Storm(context.Background(), bank, "processes", []string{"account"}, 250, open(address))
	fmt.Print(bank.Asked("account"), failures)
}

// Processes checks that exactly four calls pass of a thousand that four processes make at once.
func Processes(t *testing.T, address string) {
	t.Helper()
	var total atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			command := exec.CommandContext(t.Context(), os.Args[0])
			command.Env = append(os.Environ(), storm+"="+address)
			out, err := command.CombinedOutput()
			assert.NoError(t, err)
			passed := 0
			_, err = fmt.Sscanf(string(out), "%d []", &passed)
			assert.NoError(t, err, string(out))
			total.Add(int64(passed))
		})
	}
	group.Wait()
	assert.EqualValues(t, allowed, total.Load())
}

// RunFirstVersion checks that the records of a store that the first version of package accessguard has filled still count:
// of eika and the consent "consent", from start on and each an hour after the other, calls of the accounts four, four,
// one, four and four, and a 429 to one of blocked.
func RunFirstVersion(t *testing.T, store accessguard.Store) {
	t.Helper()
	start := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	now, bank := start.Add(6*time.Hour), &Bank{}
	guard, err := accessguard.New(bank, consent, store, &accessguard.Options{Now: func() time.Time { return now }})
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
	left, err := guard.Left(t.Context(), "four")
	require.NoError(t, err)
	assert.Equal(t, accessguard.Left{Limited: true, Calls: 2}, left)
}

func key(n int) string { return fmt.Sprintf("%064x", n) }

func write(t *testing.T, store accessguard.Store, n int, now time.Time, record accessguard.Record) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), key(n), now, func(accessguard.Record) accessguard.Record { return record }))
}

func read(t *testing.T, store accessguard.Store, n int, now time.Time) (found accessguard.Record) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), key(n), now, func(r accessguard.Record) accessguard.Record {
		found = r
		return r
	}))
	return found
}
