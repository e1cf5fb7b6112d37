package accessguard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

const (
	getToken = "get token"
	// inFlight is how much longer than a window a call counts until its answer has come, as the provider may count it
	// at any moment until then.
	inFlight    = time.Minute
	settleGrace = time.Second // once the caller has left
)

var _ adapters.Source = (*Guard)(nil)

// Guard is a source whose unattended calls are counted. Make it with [New].
type Guard struct {
	source   adapters.Source
	store    Store
	provider string
	consent  call.Sealed[adapters.Secret]
	failOpen bool
	clock    func() time.Time
	unsaved  unsaved

	balances, batch, accounts, allBalances, details *kind
}

// Provider implements [adapters.Source].
func (g *Guard) Provider() string { return g.provider }

// Balances implements [adapters.Source].
func (g *Guard) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	ask := func(ctx context.Context, psu adapters.PSU) ([]adapters.Balance, error) {
		return g.source.Balances(ctx, accountID, psu)
	}
	return one(ctx, g, g.balances, g.key(g.balances, accountID), psu, ask, nil)
}

// Accounts implements [adapters.Source].
func (g *Guard) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	id := func(a adapters.Account) string { return a.ID }
	return one(ctx, g, g.accounts, g.key(g.accounts), psu, g.source.Accounts, id)
}

// AllBalances implements [adapters.Source].
func (g *Guard) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	id := func(a adapters.AccountBalances) string { return a.AccountID }
	return one(ctx, g, g.allBalances, g.key(g.allBalances), psu, g.source.AllBalances, id)
}

// Details makes a call for one account that no [adapters.Source] has, for instance Details of package enablebanking. It is
// counted as the provider's document says, or else like one for the account's balances.
func (g *Guard) Details(ctx context.Context, accountID string, psu adapters.PSU,
	ask func(ctx context.Context, accountID string, psu adapters.PSU) (adapters.Account, error)) (adapters.Account, error) {
	once := func(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
		account, err := ask(ctx, accountID, psu)
		return []adapters.Account{account}, err
	}
	found, err := one(ctx, g, g.details, g.key(g.details, accountID), psu, once, nil)
	if err != nil {
		return adapters.Account{}, err
	}
	return found[0], nil
}

// BatchBalances implements [adapters.Source]. Refused accounts carry the guard's error, and the others are asked in one
// call; if that fails as a whole beside refused ones, each of its accounts carries the failure.
func (g *Guard) BatchBalances(ctx context.Context, accountIDs []string, psu adapters.PSU) (
	found []adapters.AccountBalances, err error) {
	if !g.batch.perAccount || len(accountIDs) == 0 {
		ask := func(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
			return g.source.BatchBalances(ctx, accountIDs, psu)
		}
		return one(ctx, g, g.batch, g.key(g.batch), psu, ask, nil)
	}
	var keys []string
	for _, id := range accountIDs {
		keys = append(keys, g.key(g.batch, id))
	}
	refusals := false
	err = g.guard(ctx, g.batch, keys, psu, func(ctx context.Context, slots []slot) (err error) {
		refusals = slices.ContainsFunc(slots, func(s slot) bool { return s.refused })
		found, err = g.askBatch(ctx, accountIDs, slots, psu)
		return err
	})
	if err == nil || refusals && ctx.Err() == nil && !g.batch.unsupported.Load() {
		return found, nil
	}
	return nil, err
}

// askBatch asks for the accounts whose slot is not refused, and tells the slots what became of them.
func (g *Guard) askBatch(ctx context.Context, accountIDs []string, slots []slot, psu adapters.PSU) (
	found []adapters.AccountBalances, err error) {
	if slots == nil {
		return g.source.BatchBalances(ctx, accountIDs, psu)
	}
	var asked []string
	places := map[string]int{}
	for i, id := range accountIDs {
		found = append(found, adapters.AccountBalances{AccountID: id, Err: slots[i].err})
		if !slots[i].refused {
			asked, places[id] = append(asked, id), i
		}
	}
	if len(asked) == 0 {
		return found, nil
	}
	answers, err := g.source.BatchBalances(ctx, asked, psu)
	for _, answer := range answers {
		if i, ok := places[answer.AccountID]; ok {
			found[i], slots[i].err = answer, answer.Err
			delete(places, answer.AccountID)
		}
	}
	if err == nil && (len(places) > 0 || len(answers) != len(asked)) {
		failure := g.failure(g.batch, adapters.ErrProtocol, "the source did not answer once for each account")
		failure.Origin, err = "", failure
	}
	for i, s := range slots {
		if err != nil && !s.refused {
			found[i] = adapters.AccountBalances{AccountID: accountIDs[i], Err: err}
		}
	}
	return found, err
}

// slot is what is reserved for one call of a key.
type slot struct {
	key     string
	taken   time.Time
	refused bool
	err     error // why it is refused, or what became of it
}

// one makes a call that counts for one key. With id, it is a list, which may be a call of each account in it.
func one[T any](ctx context.Context, g *Guard, k *kind, key string, psu adapters.PSU,
	ask func(context.Context, adapters.PSU) ([]T, error), id func(T) string) (found []T, err error) {
	err = g.guard(ctx, k, []string{key}, psu, func(ctx context.Context, slots []slot) (err error) {
		if slots != nil && slots[0].refused {
			return slots[0].err
		}
		found, err = ask(ctx, psu)
		w := settling(ctx)
		defer w.end()
		for _, element := range found {
			if slots != nil && k.perAccount && id != nil {
				g.settle(w, k, slot{key: g.key(k, id(element))}, 1)
			}
		}
		return err
	})
	return found, err
}

// guard makes a call under a slot of each key, and settles them. There are no slots if the call is not counted: the PSU
// is there, or the provider has no such call.
func (g *Guard) guard(ctx context.Context, k *kind, keys []string, psu adapters.PSU,
	ask func(context.Context, []slot) error) error {
	var invalid *adapters.Error
	if errors.As(psu.Validate(), &invalid) {
		invalid.Provider, invalid.Operation = g.provider, k.operation
		return invalid
	}
	if _, attended := psu.Context(); attended || k.unsupported.Load() {
		return ask(ctx, nil)
	}
	var slots []slot
	w := waiting(ctx)
	defer w.end()
	for _, key := range keys {
		slots = append(slots, g.reserve(ctx, w, k, key))
	}
	if ctx.Err() != nil {
		w := settling(ctx)
		defer w.end()
		for _, s := range slots {
			g.settle(w, k, s, 0)
		}
		return g.interrupted(ctx, k)
	}
	counting, sent := call.Counting(ctx)
	err := ask(counting, slots)
	w = settling(ctx)
	defer w.end()
	for _, s := range slots {
		if err != nil && !s.refused {
			s.err = err
			k.unsupported.CompareAndSwap(false, errors.Is(err, errors.ErrUnsupported))
		}
		g.settle(w, k, s, spent(sent(), err, s.err))
	}
	return err
}

// spent tells how many calls count, of the requests of a call with this outcome as a whole and for one key. Requests that
// are not known are less than 0.
func spent(requests int, whole, own error) int {
	switch {
	case unsent(own) && whole == nil: // the key's account was left out
		return 0
	case unsent(own):
		return max(requests, 0)
	case requests < 0:
		return 1
	}
	return requests
}

// unsent reports whether an error says that nothing was sent that the provider counts: it arose in this process, or
// there is no token to send it with.
func unsent(err error) bool {
	var failure *adapters.Error
	if !errors.As(err, &failure) {
		return errors.Is(err, errors.ErrUnsupported)
	}
	return failure.Origin == adapters.OriginLocal || failure.Operation == getToken || failure.Kind == adapters.ErrUnsupported ||
		failure.Kind == adapters.ErrInvalidArgument && failure.Status == 0
}

// reserve counts a call before it is sent, or says why it must not be.
func (g *Guard) reserve(ctx context.Context, w *wait, k *kind, key string) slot {
	now := g.now()
	taken := now.Add(inFlight)
	left, err := g.look(w, k, key, now, func(r Record) Record { return r.with(taken) })
	if err != nil && w.Err() != nil && ctx.Err() == nil {
		err = errBusy
	}
	w.timer.Reset(storeTimeout)
	switch {
	case err != nil && !g.failOpen:
		return slot{refused: true, err: g.storeFailed(ctx, k, err)}
	case err == nil && left.Next.After(now):
		refusal := g.failure(k, adapters.ErrRateLimited, "no unattended call left, nothing was sent")
		refusal.RetryAfter = left.Next
		return slot{refused: true, err: refusal}
	}
	return slot{key: key, taken: taken}
}

// wait is how long the slots of one call wait for the store: until nothing has come of it for some time.
type wait struct {
	context.Context
	timer *time.Timer
	end   func()
}

func waiting(ctx context.Context) *wait {
	ctx, cancel := context.WithCancel(ctx)
	timer := time.AfterFunc(storeTimeout, cancel)
	return &wait{ctx, timer, func() {
		timer.Stop()
		cancel()
	}}
}

// settling is for slots that are settled also if the context of their call ends.
func settling(ctx context.Context) *wait {
	w := waiting(context.WithoutCancel(ctx))
	end := w.end
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(settleGrace, end) })
	w.end = func() {
		stop()
		end()
	}
	return w
}

// look tells what is left, and lets take change the record if a call may be made and counts.
func (g *Guard) look(ctx context.Context, k *kind, key string, now time.Time, take func(Record) Record) (left Left, err error) {
	unsaved, saved, err := g.unsaved.take(ctx, key)
	if err != nil {
		return left, err
	}
	err = errBusy // should the store panic
	defer func() { saved(err) }()
	err = g.store.Update(ctx, key, now, func(r Record) Record {
		fresh := r.at(now, k)
		for _, change := range unsaved {
			fresh = change(fresh)
		}
		left = fresh.left(k.limits, now)
		switch {
		case left.Limited && !left.Next.After(now) && take != nil:
			return take(fresh)
		case len(unsaved) > 0 || !fresh.Doubted.Equal(r.Doubted):
			return fresh
		}
		return r
	})
	return left, err
}

// settle ends a slot: as many calls as requests count from now on, and a 429 is remembered. A store that fails now does
// not take the answer away: this guard tells it when the key is looked at next.
func (g *Guard) settle(w *wait, k *kind, s slot, requests int) {
	if s.refused {
		return
	}
	now := g.now()
	var blocked time.Time
	if requests > 0 {
		blocked = k.blockedUntil(s.err, now)
	}
	change := func(r Record) Record {
		r = r.at(now, k).without(s.taken)
		for range requests {
			if len(k.limits) > 0 {
				r = r.with(later(s.taken.Add(-inFlight), now))
			}
		}
		r.Blocked = later(r.Blocked, blocked)
		return r
	}
	if g.store.Update(w, s.key, now, change) != nil {
		g.unsaved.add(s.key, change)
	}
	w.timer.Reset(storeTimeout)
}

// blockedUntil returns until when a failure stops unattended calls; zero if it does not. Status 0 is not the
// provider's word on the call: another guard's refusal, for instance. Nor is what was said about a token.
func (k *kind) blockedUntil(err error, now time.Time) time.Time {
	var failure *adapters.Error
	if !errors.As(err, &failure) || failure.Kind != adapters.ErrRateLimited || failure.Status == 0 || unsent(err) {
		return time.Time{}
	}
	until := now.Add(k.block)
	if failure.RetryAfter.After(now) {
		until = failure.RetryAfter.UTC().Round(0)
	}
	if latest := now.Add(maxBlock); until.After(latest) {
		return latest
	}
	return until
}

// Left is what is left of an allowance.
type Left struct {
	Limited bool      // false if no limit is known; Calls says nothing then
	Calls   int       // how many calls may be made now
	Next    time.Time // the earliest time for the next call; zero if it may be made now
}

// Left tells how many unattended calls for the balances of an account are left, and when the next one may be made. It
// spends none, and sends nothing.
func (g *Guard) Left(ctx context.Context, accountID string) (Left, error) {
	return g.leftOf(ctx, g.balances, g.key(g.balances, accountID))
}

// ListsLeft tells the same of account lists with balances.
func (g *Guard) ListsLeft(ctx context.Context) (Left, error) {
	return g.leftOf(ctx, g.allBalances, g.key(g.allBalances))
}

func (g *Guard) leftOf(ctx context.Context, k *kind, key string) (Left, error) {
	left, err := g.look(ctx, k, key, g.now(), nil)
	if err != nil {
		return Left{}, g.storeFailed(ctx, k, err)
	}
	return left, nil
}

// now is as precise as what stores keep, and without monotonic reading, so that every store compares alike.
func (g *Guard) now() time.Time { return g.clock().UTC().Truncate(time.Millisecond) }

func (g *Guard) storeFailed(ctx context.Context, k *kind, err error) error {
	state := "failed"
	switch {
	case ctx.Err() != nil:
		return g.interrupted(ctx, k)
	case errors.Is(err, ErrDamaged):
		state = "is damaged"
	case errors.Is(err, ErrVersion):
		state = "is of a later version"
	}
	failure := g.failure(k, adapters.ErrUnavailable, "the store "+state+", nothing was sent")
	failure.Err = err
	return failure
}

func (g *Guard) interrupted(ctx context.Context, k *kind) error {
	return fmt.Errorf("%s: %s: access guard: %w", g.provider, k.operation, ctx.Err())
}

func (g *Guard) invalid(detail string) error {
	return g.failure(&kind{}, adapters.ErrInvalidArgument, detail)
}

func (g *Guard) failure(k *kind, sort adapters.Kind, detail string) *adapters.Error {
	return &adapters.Error{
		Kind: sort, Origin: adapters.OriginLocal, Provider: g.provider, Operation: k.operation, Detail: "access guard: " + detail,
	}
}

// maxUnsaved is how many keys have changes that the store could not be told. Those of more keys are lost, which only
// Options.FailOpen can lead to.
const maxUnsaved = 100_000

// unsaved are the changes of records that the store could not be told, by key.
type unsaved struct {
	mutex   sync.Mutex
	changes map[string]pending
	turn    chan struct{} // for one at a time to make up for them
}

// pending are the last changes of a key; before are those that came before them.
type pending struct {
	before  int
	changes []func(Record) Record
}

func (u *unsaved) add(key string, change func(Record) Record) {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	own, known := u.changes[key]
	if !known && len(u.changes) >= maxUnsaved {
		return
	}
	own.changes = append(own.changes, change)
	u.changes[key] = own.after(own.before + max(0, len(own.changes)-maxCalls))
}

// after leaves out the changes up to a number of them.
func (p pending) after(n int) pending {
	if n <= p.before {
		return p
	}
	return pending{n, p.changes[min(n-p.before, len(p.changes)):]}
}

func (u *unsaved) of(key string) pending {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	own := u.changes[key]
	return pending{own.before, slices.Clone(own.changes)}
}

// take returns the changes of a key, and what to call with the error of saving them.
func (u *unsaved) take(ctx context.Context, key string) (changes []func(Record) Record, saved func(error), err error) {
	if u.of(key).changes == nil {
		return nil, func(error) {}, nil
	}
	select {
	case u.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	taken := u.of(key)
	return taken.changes, func(err error) {
		u.mutex.Lock()
		defer u.mutex.Unlock()
		if rest := u.changes[key].after(taken.before + len(taken.changes)); err == nil && len(rest.changes) > 0 {
			u.changes[key] = rest
		} else if err == nil {
			delete(u.changes, key)
		}
		<-u.turn
	}, nil
}
