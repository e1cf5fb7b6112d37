package accessguard_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/internal/storetest"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

var (
	errCrash = errors.New("crash")
	errDown  = fmt.Errorf("down: %w", errors.ErrUnsupported)
	start    = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	user     = adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7")})
	nobody   = adapters.Unattended()
)

// bank fails as it is told. It answers batches backwards, and lists the accounts a and b.
type bank struct {
	storetest.Bank
	failure error            // of every call as a whole
	refused map[string]error // of accounts in a batch
	short   bool             // a batch leaves out an account
	during  func()           // runs inside a call
	batch   []string         // the last one
	lists   int
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

func (b *bank) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) (found []adapters.AccountBalances, err error) {
	b.batch = ids
	if b.during != nil {
		b.during()
	}
	for _, id := range slices.Backward(ids) {
		one := adapters.AccountBalances{AccountID: id, Err: b.refused[id]}
		if one.Err == nil {
			one.Balances, _ = b.Bank.Balances(ctx, id, psu)
		}
		found = append(found, one)
	}
	if b.short {
		found = found[1:]
	}
	return found, b.failure
}

func (b *bank) Accounts(context.Context, adapters.PSU) ([]adapters.Account, error) {
	b.lists++
	return []adapters.Account{{ID: "a"}, {ID: "b"}}, b.failure
}

func (b *bank) AllBalances(context.Context, adapters.PSU) ([]adapters.AccountBalances, error) {
	b.lists++
	return []adapters.AccountBalances{{AccountID: "a"}, {AccountID: "b"}}, b.failure
}

// store can be switched off, and runs a function after each update.
type store struct {
	accessguard.Store
	down  bool
	hangs bool
	after func()
}

func (s *store) Update(ctx context.Context, key string, now time.Time, change func(accessguard.Record) accessguard.Record) error {
	if s.down {
		return errDown
	}
	if s.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	defer s.after()
	return s.Store.Update(ctx, key, now, change)
}

// fixture is a guard of eika, which allows four calls in 24 hours, with all around it. Its clock is set by hand.
type fixture struct {
	*accessguard.Guard
	t       *testing.T
	bank    *bank
	store   *store
	options accessguard.Options
	now     time.Time
}

// guarded returns a guard of a bank. Without access, what the document states holds.
func guarded(t *testing.T, access specs.Access) *fixture {
	f := &fixture{t: t, bank: &bank{}, now: start}
	f.store = &store{Store: accessguard.Memory(), after: func() {}}
	f.options = accessguard.Options{Access: access, Now: func() time.Time { return f.now }}
	f.guard(f.bank)
	return f
}

// guard makes another guard, with the same store.
func (f *fixture) guard(source adapters.Source) {
	f.t.Helper()
	var err error
	f.Guard, err = accessguard.New(source, "consent", f.store, &f.options)
	require.NoError(f.t, err)
}

// call makes one unattended call of an account. A crash is no error.
func (f *fixture) call() (err error) {
	defer func() {
		if value := recover(); value != nil && value != errCrash {
			panic(value)
		}
	}()
	_, err = f.Balances(f.t.Context(), "account", nobody)
	return err
}

// every makes one call of each kind, and returns their errors: of an account, of two, and of both lists.
func (f *fixture) every(psu adapters.PSU) (errs [4]error) {
	_, errs[0] = f.Balances(f.t.Context(), "account", psu)
	_, errs[1] = f.BatchBalances(f.t.Context(), []string{"account", "a"}, psu)
	_, errs[2] = f.Accounts(f.t.Context(), psu)
	_, errs[3] = f.AllBalances(f.t.Context(), psu)
	return errs
}

func (f *fixture) ask(ids ...string) ([]adapters.AccountBalances, error) {
	return f.BatchBalances(f.t.Context(), ids, nobody)
}

func (f *fixture) left(id string) accessguard.Left {
	f.t.Helper()
	left, err := f.Left(f.t.Context(), id)
	require.NoError(f.t, err)
	return left
}

// requireRefused checks that the guard refuses a call, and until when.
func (f *fixture) requireRefused(next time.Time) {
	f.t.Helper()
	var failure *adapters.Error
	require.ErrorAs(f.t, f.call(), &failure)
	assert.Equal(f.t, next, failure.RetryAfter)
	assert.Equal(f.t, adapters.ErrRateLimited, failure.Kind)
	assert.Zero(f.t, failure.Status)
	assert.ErrorContains(f.t, failure, "get balances: rate_limited: access guard: no unattended call left, nothing was sent")
	assert.Equal(f.t, next, f.left("account").Next)
}

// limits is the usual access with so many calls in so many days, of each pair.
func limits(pairs ...int) specs.Access {
	var stated []specs.Limit
	for pair := range slices.Chunk(pairs, 2) {
		stated = append(stated, specs.Limit{Calls: pair[0], Window: time.Duration(pair[1]) * day})
	}
	return accessguard.Usual(stated...)
}

func TestWindows(t *testing.T) {
	t.Parallel()
	type step struct {
		at     time.Duration // since start
		other  bool          // another account is called, which passes
		pass   int           // so many calls
		next   time.Duration // when the one after them may pass; zero if it is not tried
		access specs.Access  // another one from here on
		during func(*fixture)
	}
	for name, steps := range map[string][]step{
		"rolls": {{pass: 1}, {at: time.Hour, pass: 3, next: day}, {at: day - 1, next: day}, {at: day, pass: 1, next: day + time.Hour}},
		"two at once": {{pass: 2, next: day, access: limits(2, 1, 5, 3)}, {at: day, pass: 2, next: 2 * day},
			{at: 2 * day, pass: 1, next: 3 * day}, {at: 3 * day, pass: 2, next: 4 * day}},
		"the answer takes time": {{pass: 1, next: day + 20*time.Second, access: limits(1, 1), during: func(f *fixture) {
			f.now = start.Add(20 * time.Second)
		}}},
		"the clock is set back during a call": {{pass: 1, next: day + time.Minute - year, access: limits(1, 1), during: func(f *fixture) {
			f.now = start.Add(-year)
		}}},
		"a crash": {{pass: 1, next: day + time.Minute, access: limits(1, 1), during: func(*fixture) { panic(errCrash) }}},
		"endless": {{pass: 4, access: accessguard.Usual(specs.Limit{Calls: 4, Window: math.MaxInt64})},
			{at: 200 * year, next: math.MaxInt64}},
		"a lower limit waits for more than one call": {{pass: 1}, {at: time.Hour, pass: 1}, {at: 2 * time.Hour, pass: 2},
			{at: 3 * time.Hour, next: day + 2*time.Hour, access: limits(2, 1)}, {at: day + time.Minute, next: day + 2*time.Hour}},
		"a shorter one forgets nothing of a longer": {{pass: 1, access: limits(2, 3)}, {at: 2 * day, pass: 1, access: limits(2, 1)},
			{at: 2 * day, next: 3 * day, access: limits(2, 3)}, {at: 2 * day, pass: 1, access: limits(2, 1)}},
		"a clock that was ahead refuses for one window": {{at: 50 * year, pass: 4}, {next: day + time.Minute},
			{at: day, next: day + time.Minute}, {at: day + time.Minute, pass: 1}, {at: 40 * year, pass: 4},
			{at: 7 * day, next: 8*day + time.Minute}},
		"a clock that is wrong for a moment forgets nothing": {{pass: 4}, {at: 25 * time.Hour, other: true}, {at: 50 * year, other: true},
			{at: -56 * year, other: true}, {at: -30 * time.Hour, next: day + time.Minute - 30*time.Hour},
			{at: time.Minute, next: day}},
		"nor what the account itself has done": {{pass: 4}, {at: 25 * time.Hour, pass: 1}, {at: time.Minute, next: day},
			{at: 50 * year, pass: 2}, {at: 2 * time.Minute, next: day}, {at: day, pass: 1, next: day + 3*time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := guarded(t, nil)
			f.store.Store = accessguard.File(filepath.Join(t.TempDir(), "access.json"))
			for _, step := range steps {
				if f.now = start.Add(step.at); step.access != nil {
					f.options.Access = step.access
					f.guard(f.bank)
				}
				if step.other {
					_, err := f.Balances(t.Context(), "other", nobody)
					require.NoError(t, err)
				}
				f.bank.during = func() {
					if step.during != nil {
						step.during(f)
					}
				}
				for range step.pass {
					before := f.left("account")
					require.NoError(t, f.call())
					assert.Equal(t, before.Calls-1, f.left("account").Calls)
				}
				if step.next != 0 {
					f.requireRefused(start.Add(step.next))
				}
			}
		})
	}
}

func TestAttendedCallsAreNeitherCountedNorRefused(t *testing.T) {
	t.Parallel()
	f := guarded(t, nil)
	for _, failure := range []error{&adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}, nil, nil, nil} {
		f.bank.failure = failure // which teaches nothing
		assert.Equal(t, [4]error{failure, failure, failure, failure}, f.every(user))
		f.bank.failure = nil
		require.NoError(t, f.call())
	}
	f.requireRefused(start.Add(day))
	assert.Equal(t, [4]error{}, f.every(user))
	assert.Equal(t, 4, f.left("a").Calls)
}

func TestPSUThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	f := guarded(t, nil)
	private := adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("10.0.0.1")})
	for _, psu := range []adapters.PSU{{}, private} {
		for i, err := range f.every(psu) {
			require.ErrorIs(t, err, adapters.ErrInvalidArgument)
			assert.ErrorContains(t, err, "eika: "+[]string{"get", "get", "list", "list"}[i])
		}
	}
	assert.Zero(t, f.bank.Asked("account")+f.bank.lists)
}

func TestWhatFailuresMean(t *testing.T) {
	t.Parallel()
	hour := start.Add(time.Hour)
	counts, free := accessguard.Left{Limited: true, Calls: 3}, accessguard.Left{Limited: true, Calls: 4}
	until := func(next time.Time) accessguard.Left { return accessguard.Left{Limited: true, Next: next} }
	limited := func(failure adapters.Error) error {
		failure.Kind = adapters.ErrRateLimited
		return &failure
	}
	for name, row := range map[string]struct {
		failure error
		left    accessguard.Left
		block   time.Duration
		base    adapters.Base
		ahead   time.Duration // of the clock, for a moment
	}{
		"refused by the adapter":   {failure: &adapters.Error{Kind: adapters.ErrInvalidArgument}, left: free},
		"refused by the provider":  {failure: &adapters.Error{Kind: adapters.ErrInvalidArgument, Status: 400}, left: counts},
		"connection refused":       {failure: &adapters.Error{Kind: adapters.ErrUnavailable}, left: counts},
		"in this process":          {failure: &adapters.Error{Kind: adapters.ErrUnavailable, Origin: adapters.OriginLocal}, left: free},
		"answer not understood":    {failure: &adapters.Error{Kind: adapters.ErrProtocol, Status: 200}, left: counts},
		"cancelled while it ran":   {failure: context.Canceled, left: counts},
		"an error of another kind": {failure: errors.New("other"), left: counts},
		"429 with Retry-After":     {failure: limited(adapters.Error{Status: 429, RetryAfter: hour}), left: until(hour)},
		"429 without":              {failure: limited(adapters.Error{Status: 429}), left: until(start.Add(day))},
		"429 with a past one":      {failure: limited(adapters.Error{Status: 429, RetryAfter: start}), left: until(start.Add(day))},
		"429, the caller chooses":  {failure: limited(adapters.Error{Status: 429}), left: until(hour), block: time.Hour},
		"429, for ever":            {failure: limited(adapters.Error{Status: 429}), left: until(start.AddDate(1, 0, 1)), block: math.MaxInt64},
		"429 with an endless one":  {failure: limited(adapters.Error{Status: 429, RetryAfter: start.AddDate(9, 0, 0)}), left: until(start.AddDate(1, 0, 1))},
		"429 in a 200":             {failure: limited(adapters.Error{Status: 200}), left: until(start.Add(day))},
		"429 without a known limit": {failure: limited(adapters.Error{Status: 429}),
			left: accessguard.Left{Next: start.Add(day)}, base: "onesingleview"},
		"429 when the clock was ahead": {failure: limited(adapters.Error{Status: 429}),
			left: accessguard.Left{Next: start.Add(day + time.Minute)}, base: "onesingleview", ahead: 50 * year},
		"429 of another guard":      {failure: limited(adapters.Error{RetryAfter: hour}), left: counts},
		"429 of the token endpoint": {failure: limited(adapters.Error{Status: 429, Operation: "get token"}), left: free},
		"429 of the token source":   {failure: limited(adapters.Error{Status: 429, Origin: adapters.OriginLocal}), left: free},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := guarded(t, nil)
			f.bank.failure, f.bank.Base, f.options.Block = row.failure, row.base, row.block
			f.guard(f.bank)
			f.now = start.Add(row.ahead)
			require.Equal(t, row.failure, f.call())
			f.now = start
			assert.Equal(t, row.left, f.left("account"))
			assert.True(t, f.left("other").Next.IsZero())
			if f.bank.failure = nil; row.left.Next.IsZero() {
				require.NoError(t, f.call())
				return
			}
			f.requireRefused(row.left.Next)
			f.now = row.left.Next.Add(time.Millisecond)
			require.NoError(t, f.call())
		})
	}
}

func TestContextThatEnds(t *testing.T) {
	t.Parallel()
	f := guarded(t, limits(1, 1))
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := f.Balances(ctx, "account", nobody); return err },
		func(ctx context.Context) error {
			_, err := f.BatchBalances(ctx, []string{"account"}, nobody)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		f.store.after = cancel
		require.ErrorIs(t, ask(ctx), context.Canceled, "after the reservation")
		require.ErrorIs(t, ask(ctx), context.Canceled, "before it")
		_, err := f.Left(ctx, "account")
		require.ErrorIs(t, err, context.Canceled)
	}
	assert.Zero(t, f.bank.Asked("account"))
	assert.Equal(t, 1, f.left("account").Calls, "given back")

	ctx, cancel := context.WithCancel(t.Context())
	f.bank.during, f.bank.failure = cancel, &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}
	f.store.after = func() {}
	_, err := f.Balances(ctx, "account", nobody)
	require.Equal(t, f.bank.failure, err)
	f.options.Access = limits(2, 1)
	f.guard(f.bank)
	f.requireRefused(start.Add(day)) // learned although the context had ended
}

func TestStoreThatFails(t *testing.T) {
	t.Parallel()
	f := guarded(t, nil)
	f.store.down = true
	for range 2 {
		err := f.call()
		require.ErrorIs(t, err, errDown)
		require.EqualError(t, err, "eika: get balances: unavailable: access guard: the store failed, nothing was sent")
		_, err = f.Accounts(t.Context(), nobody)
		require.ErrorIs(t, err, adapters.ErrUnavailable)
	}
	assert.Zero(t, f.bank.Asked("account")+f.bank.lists)
	assert.Equal(t, [4]error{}, f.every(user))

	f.options.FailOpen = true
	f.guard(f.bank)
	_, err := f.Left(t.Context(), "account")
	require.ErrorIs(t, err, adapters.ErrUnavailable)
	require.NoError(t, f.call())
	f.bank.during = func() { f.store.down = false }
	require.NoError(t, f.call())
	assert.Equal(t, 2, f.left("account").Calls, "the store is back when the second answer comes, and hears of the first")

	f.bank.during = func() { f.store.down = true }
	f.bank.failure = &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}
	require.Equal(t, f.bank.failure, f.call())
	f.store.down = false
	f.requireRefused(start.Add(day)) // the guard remembers what it could not store, and stores it
	f.guard(f.bank)
	f.requireRefused(start.Add(day))

	f.bank.Base, f.bank.failure, f.store.down = "neonomics", nil, true
	f.guard(f.bank)
	for range 3 {
		_, err = f.AllBalances(t.Context(), nobody)
		require.NoError(t, err)
	}
	f.store.down = false
	assert.Equal(t, 1, f.left("a").Calls, "each list is a call of its accounts")
}

// A store that hangs when the answer is there keeps nobody waiting who has left, and does not lose what is to be counted.
func TestStoreThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := guarded(t, limits(2, 1))
		f.bank.during = func() { f.store.hangs = true }
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		begun := time.Now()
		results, err := f.BatchBalances(ctx, []string{"a", "b", "c"}, nobody)
		require.NoError(t, err)
		assert.Len(t, results, 3)
		assert.Equal(t, 1200*time.Millisecond, time.Since(begun))
		f.store.hangs = false
		assert.Equal(t, 1, f.left("c").Calls)
		ids := make([]string, adapters.MaxBatch)
		for i := range ids {
			ids[i] = strconv.Itoa(i)
		}
		_, err = f.ask(ids...)
		require.NoError(t, err)
		assert.Equal(t, 11200*time.Millisecond, time.Since(begun), "once for all accounts")
		results, err = f.ask(ids...)
		require.NoError(t, err)
		assert.Equal(t, 21200*time.Millisecond, time.Since(begun), "before the call, too")
		for _, result := range results {
			require.EqualError(t, result.Err, "eika: get balances: unavailable: access guard: the store failed, nothing was sent")
			require.NotErrorIs(t, result.Err, context.Canceled)
		}
	})
}

func TestKeysAreApart(t *testing.T) {
	t.Parallel()
	f := guarded(t, limits(1, 1))
	for _, key := range [][3]string{
		{"eika", "consent", "account"}, {"mypos", "consent", "account"}, {"eika", "other", "account"},
		{"eika", "consent", "other"}, {"eika", `consent" "account`, "x"}, {"eika", "consent", `account" "x`},
		{"eika", "consent a", "b"}, {"eika", "consent", "a b"},
	} {
		guard, err := accessguard.New(&storetest.Bank{Base: adapters.Base(key[0])}, adapters.Secret(key[1]), f.store, &f.options)
		require.NoError(t, err)
		_, err = guard.Balances(t.Context(), key[2], nobody)
		require.NoError(t, err)
		_, err = guard.Balances(t.Context(), key[2], nobody)
		require.ErrorIs(t, err, adapters.ErrRateLimited)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	var store, source = accessguard.Memory(), &bank{}
	other := &bank{Bank: storetest.Bank{Base: "bank"}}
	unlike := func(access specs.Access) *accessguard.Options { return &accessguard.Options{Access: access} }
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
		"no calls":              {other, "c", store, unlike(limits(0, 1)), "access: a limit"},
		"too many calls":        {other, "c", store, unlike(limits(501, 1)), "access: a limit"},
		"no window":             {other, "c", store, unlike(limits(4, 0)), "access: a limit"},
		"per nothing":           {other, "c", store, unlike(specs.Access{{Of: []specs.Call{specs.CallBalances}}}), "access: neither"},
		"a negative block":      {source, "c", store, &accessguard.Options{Block: -1}, "block: negative"},
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

func TestPrintedGuardHidesTheConsent(t *testing.T) {
	t.Parallel()
	guard, err := accessguard.New(&bank{}, "S3CR3T", accessguard.Memory(), nil)
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", guard, guard, guard), "S3CR3T")
}

func TestBatches(t *testing.T) {
	t.Parallel()
	forbidden := &adapters.Error{Kind: adapters.ErrForbidden, Status: 403}
	refused := map[string]error{"a": &adapters.Error{Kind: adapters.ErrRateLimited, Status: 200}, "b": &adapters.Error{Kind: adapters.ErrInvalidArgument}}
	kinds := map[string]error{
		"limited": adapters.ErrRateLimited, "invalid": adapters.ErrInvalidArgument, "forbidden": adapters.ErrForbidden, "protocol": adapters.ErrProtocol,
	}
	for name, row := range map[string]struct {
		spent   string // accounts that have had one of their two calls, once for each mention
		short   bool   // the source leaves one out
		failure error  // of the call as a whole
		refused map[string]error
		asked   string
		want    string // for a, b and c; "" if the call fails
		left    [3]int
	}{
		"all":               {asked: "a b c", want: "ok ok ok", left: [3]int{1, 1, 1}},
		"those left":        {spent: "b b c", asked: "a c", want: "ok limited ok", left: [3]int{1, 0, 0}},
		"nothing left":      {spent: "a a b b c c", want: "limited limited limited"},
		"learns by account": {refused: refused, asked: "a b c", want: "limited invalid ok", left: [3]int{0, 2, 1}},
		"fails":             {failure: forbidden, asked: "a b c", left: [3]int{1, 1, 1}},
		"fails in part":     {failure: forbidden, spent: "a a", asked: "b c", want: "limited forbidden forbidden", left: [3]int{0, 1, 1}},
		"short":             {short: true, asked: "a b c", left: [3]int{1, 1, 1}},
		"short in part":     {short: true, spent: "a a", asked: "b c", want: "limited protocol protocol", left: [3]int{0, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := guarded(t, limits(2, 1))
			for id := range strings.FieldsSeq(row.spent) {
				_, err := f.ask(id)
				require.NoError(t, err)
			}
			f.bank.batch, f.bank.short, f.bank.failure, f.bank.refused = nil, row.short, row.failure, row.refused
			results, err := f.ask("a", "b", "c")
			assert.Equal(t, row.asked, strings.Join(f.bank.batch, " "))
			assert.Equal(t, row.want == "", err != nil)
			for i, want := range strings.Fields(row.want) {
				assert.Equal(t, string("abc"[i]), results[i].AccountID)
				assert.ErrorIs(t, results[i].Err, kinds[want])
				assert.Equal(t, want == "ok", results[i].Balances != nil)
			}
			assert.Equal(t, row.left, [3]int{f.left("a").Calls, f.left("b").Calls, f.left("c").Calls})
		})
	}
}

// What lists count as is what the documents say.
func TestListsCountAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	for provider, ofAccount := range map[adapters.Base]int{"eika": 4, "mypos": 4, "tokenio": 4, "neonomics": 0} {
		t.Run(string(provider), func(t *testing.T) {
			t.Parallel()
			f := guarded(t, nil)
			f.bank.Base = provider
			f.guard(f.bank)
			for range 2 {
				_, err := f.Accounts(t.Context(), nobody)
				require.NoError(t, err)
				_, err = f.AllBalances(t.Context(), nobody)
				require.NoError(t, err)
			}
			assert.Equal(t, 4, f.left("not listed").Calls)
			assert.Equal(t, ofAccount, f.left("a").Calls)
			assert.Equal(t, ofAccount, f.left("b").Calls)
			refusals := f.every(nobody)
			require.ErrorContains(t, refusals[2], "list accounts: rate_limited: access guard")
			require.ErrorContains(t, refusals[3], "list balances: rate_limited: access guard")
			assert.Equal(t, 4, f.bank.lists, "the fifth is refused unsent")
		})
	}
}

func TestCallsWithoutLimitLearnToo(t *testing.T) {
	t.Parallel()
	f := guarded(t, specs.Access{})
	for range 12 {
		require.Equal(t, [4]error{}, f.every(nobody))
	}
	assert.Equal(t, accessguard.Left{}, f.left("account"))
	f.bank.failure = &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}
	_, err := f.Accounts(t.Context(), nobody)
	require.Equal(t, f.bank.failure, err)
	f.bank.failure = nil
	refused := f.every(nobody)
	require.ErrorContains(t, refused[3], "access guard")
	require.NoError(t, refused[0], "of an account")
}

// A provider of an outside adapter may count everything by the consent, and batches by themselves.
func TestAccessThatTheCallerStates(t *testing.T) {
	t.Parallel()
	per := func(counted specs.Per, calls int, of ...specs.Call) specs.Allowance {
		return specs.Allowance{Of: of, Per: counted, Limits: []specs.Limit{{Calls: calls, Window: day}}}
	}
	f := guarded(t, specs.Access{per(specs.PerConsent, 3, specs.CallBalances, specs.CallAccounts),
		per(specs.PerConsent, 1, specs.CallBatch), per(specs.PerConsent, 2, specs.CallAllBalances)})
	require.Equal(t, [4]error{}, f.every(nobody))
	assert.Equal(t, 1, f.left("whatever").Calls)
	left, err := f.ListsLeft(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, left.Calls)
	require.ErrorIs(t, f.every(nobody)[1], adapters.ErrRateLimited)

	f = guarded(t, append(limits(2, 1), per(specs.PerAccount, 1, specs.CallBatch)))
	require.Equal(t, [4]error{}, f.every(nobody), "an account's call leaves its batch")
	results, err := f.ask("account", "c")
	require.NoError(t, err)
	require.ErrorIs(t, results[0].Err, adapters.ErrRateLimited)
	require.NoError(t, results[1].Err)
}

func TestUnsupportedCallsPass(t *testing.T) {
	t.Parallel()
	f := guarded(t, limits(1, 1))
	f.guard(&storetest.Bank{}) // has neither batches nor lists
	_, err := f.ask("account", "a")
	require.ErrorIs(t, err, adapters.ErrUnsupported)
	for i := range 2 {
		_, _ = f.Balances(t.Context(), "a", nobody)
		errs := f.every(nobody)
		assert.Equal(t, i > 0, errs[0] != nil, "the account's call, which alone is counted")
		for _, err := range errs[1:] {
			require.ErrorIs(t, err, adapters.ErrUnsupported)
		}
	}
}
