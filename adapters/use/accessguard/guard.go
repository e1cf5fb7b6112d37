package accessguard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

const (
	getToken = "get token"
	// inFlight is how much longer than a window a call counts until its answer has come, as the provider may count it
	// at any moment until then.
	inFlight      = time.Minute
	settleTimeout = 10 * time.Second
)

var _ adapters.Source = (*Guard)(nil)

// Guard is a source whose unattended calls are counted. Make it with [New].
type Guard struct {
	source   adapters.Source
	store    Store
	provider string
	consent  func() adapters.Secret // in a closure, so that no printed guard shows it
	failOpen bool
	clock    func() time.Time
	unsaved  sync.Map // of a key: until when it is blocked, if the store could not be told

	balances, batch, accounts, allBalances kind
}

// kind is one of the ways to call the source.
type kind struct {
	allowance
	unsupported atomic.Bool // as the source has said
}

// Provider implements [adapters.Source].
func (g *Guard) Provider() string { return g.provider }

// Balances implements [adapters.Source].
func (g *Guard) Balances(ctx context.Context, accountID string, psu adapters.PSU) (found []adapters.Balance, err error) {
	key := g.key(&g.balances, accountID)
	err = g.guard(ctx, &g.balances, key, psu, func(ctx context.Context) (_ []string, err error) {
		found, err = g.source.Balances(ctx, accountID, psu)
		return nil, err
	})
	return found, err
}

// Accounts implements [adapters.Source].
func (g *Guard) Accounts(ctx context.Context, psu adapters.PSU) (found []adapters.Account, err error) {
	err = g.guard(ctx, &g.accounts, g.key(&g.accounts), psu, func(ctx context.Context) (listed []string, err error) {
		found, err = g.source.Accounts(ctx, psu)
		for _, account := range found {
			listed = append(listed, account.ID)
		}
		return listed, err
	})
	return found, err
}

// AllBalances implements [adapters.Source].
func (g *Guard) AllBalances(ctx context.Context, psu adapters.PSU) (found []adapters.AccountBalances, err error) {
	err = g.guard(ctx, &g.allBalances, g.key(&g.allBalances), psu, func(ctx context.Context) (listed []string, err error) {
		found, err = g.source.AllBalances(ctx, psu)
		for _, account := range found {
			listed = append(listed, account.AccountID)
		}
		return listed, err
	})
	return found, err
}

// BatchBalances implements [adapters.Source]. Refused accounts carry the guard's error, and the others are asked in one
// call; if that fails as a whole beside refused ones, each of its accounts carries the failure.
func (g *Guard) BatchBalances(ctx context.Context, accountIDs []string, psu adapters.PSU) (
	found []adapters.AccountBalances, err error) {
	if g.batch.perAccount && len(accountIDs) > 0 {
		return g.eachOfBatch(ctx, accountIDs, psu)
	}
	err = g.guard(ctx, &g.batch, g.key(&g.batch), psu, func(ctx context.Context) (_ []string, err error) {
		found, err = g.source.BatchBalances(ctx, accountIDs, psu)
		return nil, err
	})
	return found, err
}

// guard makes a call that counts for one key. A list returns the ids of its accounts, which may count too.
func (g *Guard) guard(ctx context.Context, k *kind, key string, psu adapters.PSU,
	ask func(context.Context) ([]string, error)) error {
	if passes, err := g.passes(k, psu); passes || err != nil {
		if err == nil {
			_, err = ask(ctx)
		}
		return err
	}
	s, err := g.reserve(ctx, k, key)
	if err != nil {
		return err
	}
	var listed []string
	err = g.under(ctx, k, []slot{s}, func(ctx context.Context) (_ []error, err error) {
		listed, err = ask(ctx)
		return []error{err}, err
	})
	for _, id := range listed {
		if k.perAccount {
			g.settle(ctx, slot{kind: k, key: g.key(k, id)}, 1, nil)
		}
	}
	return err
}

func (g *Guard) eachOfBatch(ctx context.Context, accountIDs []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	if passes, err := g.passes(&g.batch, psu); err != nil {
		return nil, err
	} else if passes {
		return g.source.BatchBalances(ctx, accountIDs, psu)
	}
	results := make([]adapters.AccountBalances, len(accountIDs))
	var asked []string
	var slots []slot
	for i, id := range accountIDs {
		s, err := g.reserve(ctx, &g.batch, g.key(&g.batch, id))
		results[i] = adapters.AccountBalances{AccountID: id, Err: err}
		if err == nil {
			asked, slots = append(asked, id), append(slots, s)
		}
	}
	answers, err := g.askBatch(ctx, asked, slots, psu)
	if err != nil && (len(asked) == len(accountIDs) || ctx.Err() != nil || g.batch.unsupported.Load()) {
		return nil, err
	}
	for i, id := range accountIDs {
		switch {
		case results[i].Err != nil:
		case err != nil:
			results[i].Err = err
		default:
			results[i] = answers[id]
		}
	}
	return results, nil
}

// askBatch makes the one call, unless there is nothing to ask for.
func (g *Guard) askBatch(ctx context.Context, accountIDs []string, slots []slot, psu adapters.PSU) (
	map[string]adapters.AccountBalances, error) {
	answers := map[string]adapters.AccountBalances{}
	return answers, g.under(ctx, &g.batch, slots, func(ctx context.Context) (each []error, err error) {
		if len(accountIDs) == 0 {
			return nil, nil
		}
		list, err := g.source.BatchBalances(ctx, accountIDs, psu)
		complete := len(list) == len(accountIDs)
		for _, answer := range list {
			answers[answer.AccountID] = answer
		}
		for _, id := range accountIDs {
			answer, ok := answers[id]
			complete, each = complete && ok, append(each, answer.Err)
		}
		if err == nil && !complete {
			failure := g.failure(&g.batch, adapters.ErrProtocol, "the source did not answer once for each account")
			failure.Origin, err = "", failure
		}
		return each, err
	})
}

// passes reports whether a call is not counted: the PSU is there, or the provider has no such call.
func (g *Guard) passes(k *kind, psu adapters.PSU) (bool, error) {
	if err := psu.Validate(); err != nil {
		return false, g.completed(k, err)
	}
	_, attended := psu.Context()
	return attended || k.unsupported.Load(), nil
}

// under makes a call under its slots and settles them. ask returns what became of each, and of the call as a whole.
func (g *Guard) under(ctx context.Context, k *kind, slots []slot, ask func(context.Context) ([]error, error)) error {
	if err := ctx.Err(); err != nil {
		for _, s := range slots {
			g.settle(ctx, s, 0, nil)
		}
		return g.interrupted(k, err)
	}
	counting, sent := call.Counting(ctx)
	each, err := ask(counting)
	if errors.Is(err, errors.ErrUnsupported) {
		k.unsupported.Store(true)
	}
	requests := sent()
	for i, s := range slots {
		failure := err
		if err == nil {
			failure = each[i]
		}
		switch {
		case err == nil && unsent(failure): // left out of the requests
			g.settle(ctx, s, 0, nil)
		case requests == 0 && !unsent(failure): // by a source that does not count them
			g.settle(ctx, s, 1, failure)
		default:
			g.settle(ctx, s, requests, failure)
		}
	}
	return err
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

// slot is one counted call.
type slot struct {
	kind  *kind
	key   string
	taken time.Time
}

// reserve counts a call before it is sent, or says why it must not be.
func (g *Guard) reserve(ctx context.Context, k *kind, key string) (slot, error) {
	now := g.now()
	s := slot{k, key, now.Add(inFlight)}
	left, err := g.look(ctx, k, key, now, func(r Record) Record { return r.with(s.taken) })
	switch {
	case err == nil && left.Next.After(now):
		return slot{}, g.refused(k, left.Next)
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return slot{}, g.interrupted(k, ctx.Err())
	case g.failOpen:
		return s, nil
	}
	return slot{}, g.unavailable(k, err)
}

// look tells what is left, and lets take change the record if a call may be made and counts.
func (g *Guard) look(ctx context.Context, k *kind, key string, now time.Time, take func(Record) Record) (left Left, err error) {
	if err := ctx.Err(); err != nil {
		return Left{}, err
	}
	err = g.store.Update(ctx, key, now, func(r Record) Record {
		fresh := r.at(now, k.allowance)
		if until, ok := g.unsaved.Load(key); ok {
			fresh.Blocked = later(fresh.Blocked, until.(time.Time))
		}
		left = fresh.left(k.limits, now)
		switch {
		case left.Limited && !left.Next.After(now) && take != nil:
			return take(fresh)
		case !fresh.Doubted.Equal(r.Doubted):
			return fresh
		}
		return r
	})
	return left, err
}

// settle ends a slot: as many calls as requests count from now on, and a 429 is remembered. It does so also if the
// call's context has ended. A store that fails now does not take the answer away: the slot then counts for a minute
// longer, and this guard remembers the 429.
func (g *Guard) settle(ctx context.Context, s slot, requests int, failure error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	now := g.now()
	blocked := s.kind.blockedUntil(failure, now)
	err := g.store.Update(ctx, s.key, now, func(r Record) Record {
		r = r.at(now, s.kind.allowance).without(s.taken)
		for range requests {
			if len(s.kind.limits) > 0 {
				r = r.with(later(s.taken.Add(-inFlight), now))
			}
		}
		r.Blocked = later(r.Blocked, blocked)
		return r
	})
	if err != nil && !blocked.IsZero() {
		g.unsaved.Store(s.key, blocked)
	}
}

// blockedUntil returns until when a failure stops unattended calls; zero if it does not. Status 0 is not the
// provider's word on the call: another guard's refusal, for instance. Nor is what was said about a token.
func (k *kind) blockedUntil(err error, now time.Time) time.Time {
	var failure *adapters.Error
	if !errors.As(err, &failure) || failure.Kind != adapters.ErrRateLimited || failure.Status == 0 || unsent(err) {
		return time.Time{}
	}
	if failure.RetryAfter.After(now) {
		return failure.RetryAfter.UTC().Round(0)
	}
	return now.Add(k.block)
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
	return g.leftOf(ctx, &g.balances, g.key(&g.balances, accountID))
}

// ListsLeft tells the same of account lists with balances.
func (g *Guard) ListsLeft(ctx context.Context) (Left, error) {
	return g.leftOf(ctx, &g.allBalances, g.key(&g.allBalances))
}

func (g *Guard) leftOf(ctx context.Context, k *kind, key string) (Left, error) {
	left, err := g.look(ctx, k, key, g.now(), nil)
	switch {
	case err != nil && ctx.Err() != nil:
		return Left{}, g.interrupted(k, ctx.Err())
	case err != nil:
		return Left{}, g.unavailable(k, err)
	}
	return left, nil
}

// now is as precise as what stores keep, and without monotonic reading, so that every store compares alike.
func (g *Guard) now() time.Time { return g.clock().UTC().Truncate(time.Millisecond) }

func (g *Guard) refused(k *kind, next time.Time) error {
	failure := g.failure(k, adapters.ErrRateLimited, "no unattended call left, nothing was sent")
	failure.RetryAfter = next
	return failure
}

func (g *Guard) unavailable(k *kind, err error) error {
	state := "failed"
	switch {
	case errors.Is(err, ErrDamaged):
		state = "is damaged"
	case errors.Is(err, ErrVersion):
		state = "is of a later version"
	}
	failure := g.failure(k, adapters.ErrUnavailable, "the store "+state+", nothing was sent")
	failure.Err = err
	return failure
}

func (g *Guard) invalid(detail string) error {
	return g.failure(&kind{}, adapters.ErrInvalidArgument, detail)
}

func (g *Guard) failure(k *kind, sort adapters.Kind, detail string) *adapters.Error {
	return &adapters.Error{
		Kind: sort, Origin: adapters.OriginLocal, Provider: g.provider, Operation: k.operation, Detail: "access guard: " + detail,
	}
}

// completed adds provider and operation to an error of package adapters.
func (g *Guard) completed(k *kind, err error) error {
	var failure *adapters.Error
	if !errors.As(err, &failure) {
		return err
	}
	complete := *failure
	complete.Provider, complete.Operation = g.provider, k.operation
	return &complete
}

func (g *Guard) interrupted(k *kind, err error) error {
	return fmt.Errorf("%s: %s: access guard: %w", g.provider, k.operation, err)
}
