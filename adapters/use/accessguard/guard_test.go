package accessguard_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/storetest"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const day = 24 * time.Hour

var (
	errDown = errors.New("down")
	start   = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	user    = adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7")})
)

// bank answers every call with failure, and counts it.
type bank struct {
	storetest.Bank
	failure error
	during  func() // runs inside a call
}

func (b *bank) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	balances, _ := b.Bank.Balances(ctx, id, psu)
	if b.during != nil {
		b.during()
	}
	if b.failure != nil {
		return nil, b.failure
	}
	return balances, nil
}

// clock is set by hand.
type clock struct{ time time.Time }

func (c *clock) now() time.Time { return c.time }

// broken is a store that fails.
type broken struct{ err error }

func (b broken) Update(context.Context, string, time.Time, func(accessguard.Record) accessguard.Record) error {
	return b.err
}

// guarded returns a guard of eika, which allows four calls in 24 hours.
func guarded(t *testing.T, source adapters.Source, store accessguard.Store,
	options accessguard.Options) *accessguard.Guard {
	t.Helper()
	guard, err := accessguard.New(source, "consent", store, &options)
	require.NoError(t, err)
	return guard
}

// allow is the usual access with so many calls in 24 hours.
func allow(calls int) specs.Access { return accessguard.Usual(specs.Limit{Calls: calls, Window: day}) }

func call(t *testing.T, guard adapters.Source) error {
	t.Helper()
	_, err := guard.Balances(t.Context(), "account", adapters.Unattended())
	return err
}

// requireLimited checks a refusal of the guard and its time.
func requireLimited(t *testing.T, err error, next time.Time) {
	t.Helper()
	var failure *adapters.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, next, failure.RetryAfter)
	assert.Equal(t, adapters.ErrRateLimited, failure.Kind)
	assert.Zero(t, failure.Status)
	assert.EqualError(t, err, "eika: get balances: rate_limited: access guard: no unattended call left, nothing was sent")
}

func TestWindowRolls(t *testing.T) {
	t.Parallel()
	source, clock := &bank{}, &clock{start}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Now: clock.now})
	for range 4 {
		require.NoError(t, call(t, guard))
		clock.time = clock.time.Add(time.Hour)
	}
	requireLimited(t, call(t, guard), start.Add(day))
	clock.time = start.Add(day - 1)
	requireLimited(t, call(t, guard), start.Add(day))
	clock.time = start.Add(day)
	require.NoError(t, call(t, guard))
	requireLimited(t, call(t, guard), start.Add(day+time.Hour))
	assert.Equal(t, 5, source.Asked("account"))
}

func TestLowerLimitWaitsForMoreThanOneCall(t *testing.T) {
	t.Parallel()
	store, clock := accessguard.Memory(), &clock{start}
	for range 4 {
		require.NoError(t, call(t, guarded(t, &bank{}, store, accessguard.Options{Now: clock.now})))
		clock.time = clock.time.Add(time.Hour)
	}
	lower := guarded(t, &bank{}, store, accessguard.Options{Access: allow(2), Now: clock.now})
	requireLimited(t, call(t, lower), start.Add(day+2*time.Hour))
	clock.time = start.Add(day + time.Minute) // the first has stopped counting
	for range 2 {
		requireLimited(t, call(t, lower), start.Add(day+2*time.Hour))
	}
}

func TestCallCountsFromItsAnswer(t *testing.T) {
	t.Parallel()
	clock := &clock{start}
	source := &bank{during: func() { clock.time = clock.time.Add(20 * time.Second) }}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Access: allow(1), Now: clock.now})
	require.NoError(t, call(t, guard))
	requireLimited(t, call(t, guard), start.Add(day+20*time.Second))
}

func TestCrashDuringTheCallCounts(t *testing.T) {
	t.Parallel()
	clock := &clock{start}
	guard := guarded(t, &bank{during: func() { panic("crash") }}, accessguard.Memory(),
		accessguard.Options{Access: allow(1), Now: clock.now})
	assert.Panics(t, func() { _ = call(t, guard) })
	requireLimited(t, call(t, guard), start.Add(day+time.Minute))
}

func TestClockSetBackLetsNothingThrough(t *testing.T) {
	t.Parallel()
	source, clock := &bank{}, &clock{start}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Now: clock.now})
	source.during = func() { clock.time = clock.time.Add(-30 * time.Hour) }
	for range 4 {
		require.NoError(t, call(t, guard))
	}
	requireLimited(t, call(t, guard), start.Add(-120*time.Hour).Add(day+time.Minute))
	assert.Equal(t, 4, source.Asked("account"))
}

func TestAttendedCallsAreNeitherCountedNorRefused(t *testing.T) {
	t.Parallel()
	source := &bank{}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{})
	for range 10 {
		_, err := guard.Balances(t.Context(), "account", user)
		require.NoError(t, err)
	}
	for range 4 {
		require.NoError(t, call(t, guard))
	}
	require.ErrorIs(t, call(t, guard), adapters.ErrRateLimited)
	_, err := guard.Balances(t.Context(), "account", user)
	require.NoError(t, err)
	assert.Equal(t, 15, source.Asked("account"))
}

func TestAttended429TeachesNothing(t *testing.T) {
	t.Parallel()
	source := &bank{failure: &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{})
	_, err := guard.Balances(t.Context(), "account", user)
	require.ErrorIs(t, err, adapters.ErrRateLimited)
	source.failure = nil
	require.NoError(t, call(t, guard))
}

func TestPSUThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	source := &bank{}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{})
	private := adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("10.0.0.1")})
	for _, psu := range []adapters.PSU{{}, private} {
		_, err := guard.Balances(t.Context(), "account", psu)
		require.ErrorIs(t, err, adapters.ErrInvalidArgument)
		assert.ErrorContains(t, err, "eika: get balances: ")
	}
	assert.Zero(t, source.Asked("account"))
}

func TestFailuresThatCount(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		failure error
		counts  bool
	}{
		"refused by the adapter":   {&adapters.Error{Kind: adapters.ErrInvalidArgument}, false},
		"refused by the provider":  {&adapters.Error{Kind: adapters.ErrInvalidArgument, Status: 400}, true},
		"connection refused":       {&adapters.Error{Kind: adapters.ErrUnavailable}, true},
		"not found":                {&adapters.Error{Kind: adapters.ErrNotFound, Status: 404}, true},
		"answer not understood":    {&adapters.Error{Kind: adapters.ErrProtocol, Status: 200}, true},
		"cancelled while it ran":   {context.Canceled, true},
		"an error of another kind": {errDown, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := &bank{failure: row.failure}
			guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Access: allow(1)})
			require.Equal(t, row.failure, call(t, guard))
			source.failure = nil
			err := call(t, guard)
			assert.Equal(t, row.counts, errors.Is(err, adapters.ErrRateLimited))
		})
	}
}

func TestContextThatEnds(t *testing.T) {
	t.Parallel()
	source := &bank{}
	store := accessguard.Memory()
	guard := guarded(t, source, store, accessguard.Options{Access: allow(1)})
	ctx, cancel := context.WithCancel(t.Context())
	endsAfterReserving := guarded(t, source, during{store, cancel}, accessguard.Options{Access: allow(1)})
	for range 2 { // the second time it has ended before
		_, err := endsAfterReserving.Balances(ctx, "account", adapters.Unattended())
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Zero(t, source.Asked("account"))
	require.NoError(t, call(t, guard), "given back")

	ctx, cancel = context.WithCancel(t.Context())
	source.during, source.failure = cancel, &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}
	_, err := guard.Balances(ctx, "other", adapters.Unattended())
	require.ErrorIs(t, err, adapters.ErrRateLimited)
	guard = guarded(t, source, store, accessguard.Options{Access: allow(2)})
	_, err = guard.Balances(t.Context(), "other", adapters.Unattended())
	require.ErrorContains(t, err, "access guard", "learned although the context had ended")
}

// during is a store that runs a function in each update.
type during struct {
	accessguard.Store
	run func()
}

func (d during) Update(ctx context.Context, key string, now time.Time,
	change func(accessguard.Record) accessguard.Record) error {
	defer d.run()
	return d.Store.Update(ctx, key, now, change)
}

func TestLearnsFrom429(t *testing.T) {
	t.Parallel()
	hour, past := start.Add(time.Hour), start.Add(-time.Hour)
	for name, row := range map[string]struct {
		provider string
		failure  *adapters.Error
		options  accessguard.Options
		until    time.Time // zero: not blocked
	}{
		"with Retry-After":    {failure: &adapters.Error{Status: 429, RetryAfter: hour}, until: hour},
		"without Retry-After": {failure: &adapters.Error{Status: 429}, until: start.Add(day)},
		"with a past one":     {failure: &adapters.Error{Status: 429, RetryAfter: past}, until: start.Add(day)},
		"as the caller chooses": {failure: &adapters.Error{Status: 429},
			options: accessguard.Options{Block: time.Minute}, until: start.Add(time.Minute)},
		"in a 200": {failure: &adapters.Error{Status: 200}, until: start.Add(day)},
		"no limit is documented": {provider: "onesingleview", failure: &adapters.Error{Status: 429},
			until: start.Add(day)},
		"not from the provider":        {failure: &adapters.Error{RetryAfter: hour}},
		"of the token endpoint":        {failure: &adapters.Error{Status: 429, Operation: "get token"}},
		"of the caller's token source": {failure: &adapters.Error{Status: 429, Origin: adapters.OriginLocal}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.failure.Kind, row.options.Now = adapters.ErrRateLimited, (&clock{start}).now
			source := &bank{failure: row.failure}
			source.Base = adapters.Base(row.provider)
			guard := guarded(t, source, accessguard.Memory(), row.options)
			require.Equal(t, row.failure, call(t, guard))
			source.failure = nil
			_, err := guard.Balances(t.Context(), "other account", adapters.Unattended())
			require.NoError(t, err)
			err = call(t, guard)
			if row.until.IsZero() {
				require.NoError(t, err)
				return
			}
			var failure *adapters.Error
			require.ErrorAs(t, err, &failure)
			assert.Equal(t, row.until, failure.RetryAfter)
		})
	}
}

func TestBlockEnds(t *testing.T) {
	t.Parallel()
	source, clock := &bank{}, &clock{start}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Now: clock.now})
	source.failure = &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429, RetryAfter: start.Add(time.Hour)}
	require.Error(t, call(t, guard))
	source.failure = nil
	clock.time = start.Add(time.Hour)
	require.NoError(t, call(t, guard))
}

func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	source := &bank{}
	err := call(t, guarded(t, source, broken{errDown}, accessguard.Options{}))
	require.ErrorIs(t, err, errDown)
	require.EqualError(t, err, "eika: get balances: unavailable: access guard: the store failed, nothing was sent")
	assert.Zero(t, source.Asked("account"))
	_, err = guarded(t, source, broken{errDown}, accessguard.Options{}).Balances(t.Context(), "account", user)
	require.NoError(t, err, "attended")

	require.NoError(t, call(t, guarded(t, source, broken{errDown}, accessguard.Options{FailOpen: true})))
	assert.Equal(t, 2, source.Asked("account"))
}

func TestStoreThatComesBackCountsTheCallLetThrough(t *testing.T) {
	t.Parallel()
	source, store := &bank{}, &recovering{Store: accessguard.Memory()}
	guard := guarded(t, source, store, accessguard.Options{Access: allow(1), FailOpen: true})
	require.NoError(t, call(t, guard))
	require.ErrorIs(t, call(t, guard), adapters.ErrRateLimited)
}

// recovering is a store that fails once.
type recovering struct {
	accessguard.Store
	back bool
}

func (r *recovering) Update(ctx context.Context, key string, now time.Time,
	change func(accessguard.Record) accessguard.Record) error {
	if !r.back {
		r.back = true
		return errDown
	}
	return r.Store.Update(ctx, key, now, change)
}

func TestKeysAreApart(t *testing.T) {
	t.Parallel()
	source, store := &bank{}, accessguard.Memory()
	keys := [][3]string{
		{"eika", "consent", "account"}, {"mypos", "consent", "account"}, {"eika", "other", "account"},
		{"eika", "consent", "other"}, {"eika", `consent" "account`, "x"}, {"eika", "consent", `account" "x`},
		{"eika", "consent a", "b"}, {"eika", "consent", "a b"},
	}
	for _, key := range keys {
		source.Base = adapters.Base(key[0])
		guard, err := accessguard.New(source, adapters.Secret(key[1]), store, &accessguard.Options{Access: allow(1)})
		require.NoError(t, err)
		_, err = guard.Balances(t.Context(), key[2], adapters.Unattended())
		require.NoError(t, err)
		_, err = guard.Balances(t.Context(), key[2], adapters.Unattended())
		require.ErrorIs(t, err, adapters.ErrRateLimited)
	}
	assert.Equal(t, len(keys), store.Len())
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	store, source := accessguard.Memory(), &bank{}
	other := &bank{Bank: storetest.Bank{Base: "bank"}}
	with := func(limits ...specs.Limit) *accessguard.Options {
		return &accessguard.Options{Access: accessguard.Usual(limits...)}
	}
	for name, row := range map[string]struct {
		source  adapters.Source
		consent adapters.Secret
		store   accessguard.Store
		options *accessguard.Options
		problem string
	}{
		"no source":             {nil, "c", store, nil, "source: missing"},
		"a nil source":          {(*bank)(nil), "c", store, nil, "source: missing"},
		"a source without name": {adapters.Base(""), "c", store, nil, "source: missing"},
		"a source that panics":  {struct{ adapters.Source }{}, "c", store, nil, "source: missing"},
		"no store":              {source, "c", nil, nil, "store: missing"},
		"a nil store":           {source, "c", (*accessguard.MemoryStore)(nil), nil, "store: missing"},
		"no consent":            {source, "", store, nil, "consent: missing"},
		"no document":           {other, "c", store, nil, "access: missing"},
		"no calls":              {other, "c", store, with(specs.Limit{Window: day}), "access: a limit"},
		"too many calls":        {other, "c", store, with(specs.Limit{Calls: 501, Window: day}), "access: a limit"},
		"no window":             {other, "c", store, with(specs.Limit{Calls: 4, Window: -1}), "access: a limit"},
		"per nothing": {other, "c", store, &accessguard.Options{Access: specs.Access{{Of: []specs.Call{specs.Balances}}}},
			"access: neither"},
		"a negative block": {source, "c", store, &accessguard.Options{Block: -1}, "block: negative"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guard, err := accessguard.New(row.source, row.consent, row.store, row.options)
			require.ErrorIs(t, err, adapters.ErrInvalidArgument)
			require.ErrorContains(t, err, row.problem)
			assert.Nil(t, guard)
		})
	}
}

func TestSeveralLimitsHoldAtOnce(t *testing.T) {
	t.Parallel()
	source, clock := &bank{}, &clock{start}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Now: clock.now,
		Access: accessguard.Usual(specs.Limit{Calls: 4, Window: day}, specs.Limit{Calls: 420, Window: 120 * day})})
	for i := range 105 {
		for range 4 {
			require.NoError(t, call(t, guard))
		}
		if i < 104 {
			requireLimited(t, call(t, guard), clock.time.Add(day))
		}
		clock.time = clock.time.Add(day)
	}
	requireLimited(t, call(t, guard), start.Add(120*day))
	left, err := guard.Left(t.Context(), "account")
	require.NoError(t, err)
	assert.Equal(t, accessguard.Left{Limited: true, Next: start.Add(120 * day)}, left)
}

func TestLeftSpendsNothing(t *testing.T) {
	t.Parallel()
	source, clock, store := &bank{}, &clock{start}, accessguard.Memory()
	guard := guarded(t, source, store, accessguard.Options{Now: clock.now})
	for n := range 4 {
		for range 5 {
			left, err := guard.Left(t.Context(), "account")
			require.NoError(t, err)
			assert.Equal(t, accessguard.Left{Limited: true, Calls: 4 - n}, left)
		}
		require.NoError(t, call(t, guard))
	}
	left, err := guard.Left(t.Context(), "account")
	require.NoError(t, err)
	assert.Equal(t, accessguard.Left{Limited: true, Next: start.Add(day)}, left)
	left, err = guard.ListsLeft(t.Context())
	require.NoError(t, err)
	assert.Equal(t, accessguard.Left{Limited: true, Calls: 4}, left)
	assert.Equal(t, 4, source.Asked("account"))
	assert.Equal(t, 1, store.Len())

	_, err = guarded(t, source, broken{errDown}, accessguard.Options{FailOpen: true}).Left(t.Context(), "account")
	require.ErrorIs(t, err, adapters.ErrUnavailable)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = guard.Left(ctx, "account")
	require.ErrorIs(t, err, context.Canceled)
}

// A clock that was ahead for a moment refuses calls for one window, not until then.
func TestClockAheadForAMoment(t *testing.T) {
	t.Parallel()
	clock := &clock{start.AddDate(50, 0, 0)}
	guard := guarded(t, &bank{}, accessguard.Memory(), accessguard.Options{Now: clock.now})
	for range 4 {
		require.NoError(t, call(t, guard))
	}
	clock.time = start
	requireLimited(t, call(t, guard), start.Add(day+time.Minute))
	clock.time = start.Add(day)
	requireLimited(t, call(t, guard), start.Add(day+time.Minute))
	clock.time = start.Add(day + time.Minute)
	require.NoError(t, call(t, guard))

	clock.time = start.AddDate(40, 0, 0) // again, but not so far
	for range 4 {
		require.NoError(t, call(t, guard))
	}
	clock.time = start.AddDate(0, 0, 7)
	requireLimited(t, call(t, guard), clock.time.Add(day+time.Minute))
}

func TestBlockOfAClockAheadEnds(t *testing.T) {
	t.Parallel()
	clock := &clock{start.AddDate(50, 0, 0)}
	source := &bank{failure: &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Now: clock.now, Access: specs.Access{}})
	require.Error(t, call(t, guard))
	source.failure = nil
	clock.time = start
	requireLimited(t, call(t, guard), start.Add(day+time.Minute))
	clock.time = start.Add(day + time.Minute)
	require.NoError(t, call(t, guard))
}

// A clock that goes wrong for a moment forgets nothing, whether ahead or back.
func TestClockWrongForAMomentForgetsNothing(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Time{start.Add(25 * time.Hour), start.AddDate(-56, 0, 0), start.Add(-30 * time.Hour)} {
		for name, store := range map[string]accessguard.Store{
			"memory": accessguard.Memory(), "file": accessguard.File(filepath.Join(t.TempDir(), "access.json")),
		} {
			clock := &clock{start}
			guard := guarded(t, &bank{}, store, accessguard.Options{Now: clock.now})
			for range 4 {
				require.NoError(t, call(t, guard))
			}
			clock.time = wrong
			_, err := guard.Balances(t.Context(), "other", adapters.Unattended())
			require.NoError(t, err)
			if wrong.Before(start) {
				require.ErrorIs(t, call(t, guard), adapters.ErrRateLimited, name)
			}
			clock.time = start.Add(time.Minute)
			requireLimited(t, call(t, guard), start.Add(day))
		}
	}
}

func TestShorterWindowForgetsNothingOfALonger(t *testing.T) {
	t.Parallel()
	source, clock, store := &bank{}, &clock{start}, accessguard.Memory()
	longer := guarded(t, source, store, accessguard.Options{Now: clock.now,
		Access: accessguard.Usual(specs.Limit{Calls: 2, Window: 3 * day})})
	shorter := guarded(t, source, store, accessguard.Options{Now: clock.now, Access: allow(2)})
	require.NoError(t, call(t, longer))
	clock.time = start.Add(2 * day)
	require.NoError(t, call(t, shorter))
	requireLimited(t, call(t, longer), start.Add(3*day))
	require.NoError(t, call(t, shorter))
}

func TestPrintedGuardHidesTheConsent(t *testing.T) {
	t.Parallel()
	guard, err := accessguard.New(&bank{}, "S3CR3T", accessguard.Memory(), nil)
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", guard, guard, guard), "S3CR3T")
}

func TestEndlessWindow(t *testing.T) {
	t.Parallel()
	source, clock := &bank{}, &clock{start}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Now: clock.now,
		Access: accessguard.Usual(specs.Limit{Calls: 4, Window: math.MaxInt64})})
	for range 10 {
		_ = call(t, guard)
		clock.time = clock.time.AddDate(1, 0, 0)
	}
	assert.Equal(t, 4, source.Asked("account"))
}

// The store takes the reservation, and fails when the answer has come.
func TestStoreThatFailsLaterKeepsThe429(t *testing.T) {
	t.Parallel()
	source, store := &bank{}, &failing{Store: accessguard.Memory()}
	source.failure = &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}
	source.during = func() { store.down = true }
	guard := guarded(t, source, store, accessguard.Options{Now: (&clock{start}).now})
	require.ErrorIs(t, call(t, guard), source.failure)
	store.down = false
	requireLimited(t, call(t, guard), start.Add(day))
}

// failing is a store that can be switched off.
type failing struct {
	accessguard.Store
	down bool
}

func (f *failing) Update(ctx context.Context, key string, now time.Time,
	change func(accessguard.Record) accessguard.Record) error {
	if f.down {
		return errDown
	}
	return f.Store.Update(ctx, key, now, change)
}
