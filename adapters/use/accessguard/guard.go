package accessguard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

const (
	getBalances = "get balances"
	// inFlight is how much longer than a window a call counts until its answer has come, as the provider may count it
	// at any moment until then.
	inFlight      = time.Minute
	settleTimeout = 10 * time.Second
)

var (
	_ adapters.Source      = (*guard)(nil)
	_ adapters.BatchSource = (*batchGuard)(nil)
)

type guard struct {
	source   adapters.Source
	store    Store
	provider string
	key      func(account string) string
	calls    int // 0 without limit
	window   time.Duration
	block    time.Duration
	failOpen bool
	clock    func() time.Time
}

// Balances implements [adapters.Source].
func (g *guard) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	if err := psu.Validate(); err != nil {
		return nil, g.completed(err)
	}
	if _, attended := psu.Context(); attended {
		return g.source.Balances(ctx, accountID, psu)
	}
	slot, err := g.reserve(ctx, accountID)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		g.release(ctx, slot)
		return nil, g.interrupted(err)
	}
	balances, err := g.source.Balances(ctx, accountID, psu)
	if neverSent(err) {
		g.release(ctx, slot)
	} else {
		g.settle(ctx, slot, err)
	}
	return balances, err
}

// slot is one counted call.
type slot struct {
	key   string
	until time.Time
}

// reserve counts a call before it is sent, or says why it must not be.
func (g *guard) reserve(ctx context.Context, accountID string) (slot, error) {
	if err := ctx.Err(); err != nil {
		return slot{}, g.interrupted(err)
	}
	now := g.now()
	s := slot{g.key(accountID), now.Add(g.window + inFlight)}
	var next time.Time
	err := g.store.Update(ctx, s.key, now, func(r Record) Record {
		fresh := r.at(now)
		next = fresh.next(g.calls)
		if next.After(now) || g.calls == 0 {
			return r
		}
		return fresh.with(s.until)
	})
	switch {
	case err == nil && next.After(now):
		return slot{}, g.refused(next)
	case err == nil:
		return s, nil
	case ctx.Err() != nil:
		return slot{}, g.interrupted(ctx.Err())
	case g.failOpen:
		return s, nil
	}
	return slot{}, g.unavailable(err)
}

// neverSent reports whether a source refused an argument by itself.
func neverSent(err error) bool {
	var failure *adapters.Error
	return errors.As(err, &failure) && failure.Kind == adapters.ErrInvalidArgument && failure.Status == 0
}

// release gives a slot back.
func (g *guard) release(ctx context.Context, s slot) {
	g.after(ctx, s, func(r Record, _ time.Time) Record { return r })
}

// settle makes a slot count from now on, and remembers a 429.
func (g *guard) settle(ctx context.Context, s slot, failure error) {
	g.after(ctx, s, func(r Record, now time.Time) Record {
		if g.calls > 0 {
			r = r.with(later(s.until.Add(-inFlight), now.Add(g.window)))
		}
		r.Blocked = later(r.Blocked, g.blockedUntil(failure, now))
		return r
	})
}

// after replaces a slot when the call is over, also if its context is. A store that fails now does not take the
// answer away: the slot then counts for a minute longer.
func (g *guard) after(ctx context.Context, s slot, change func(r Record, now time.Time) Record) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	now := g.now()
	_ = g.store.Update(ctx, s.key, now, func(r Record) Record { return change(r.at(now).without(s.until), now) })
}

// blockedUntil returns until when a failure stops unattended calls; zero if it does not. Status 0 is not the
// provider's word on the account: another guard's refusal, or a token source's.
func (g *guard) blockedUntil(err error, now time.Time) time.Time {
	var failure *adapters.Error
	if !errors.As(err, &failure) || failure.Kind != adapters.ErrRateLimited || failure.Status == 0 {
		return time.Time{}
	}
	if failure.RetryAfter.After(now) {
		return failure.RetryAfter.UTC().Round(0)
	}
	return now.Add(g.block)
}

// now is without monotonic reading, so that every store compares alike.
func (g *guard) now() time.Time { return g.clock().UTC().Round(0) }

func (g *guard) refused(next time.Time) error {
	return &adapters.Error{
		Kind: adapters.ErrRateLimited, Provider: g.provider, Operation: getBalances, RetryAfter: next,
		Detail: "access guard: no unattended call left, nothing was sent",
	}
}

func (g *guard) unavailable(err error) error {
	detail := "access guard: the store failed, nothing was sent"
	if errors.Is(err, ErrDamaged) {
		detail = "access guard: the store is damaged, nothing was sent"
	}
	return &adapters.Error{
		Kind: adapters.ErrUnavailable, Provider: g.provider, Operation: getBalances, Detail: detail, Err: err,
	}
}

func (g *guard) invalid(detail string) error {
	return &adapters.Error{Kind: adapters.ErrInvalidArgument, Provider: g.provider, Detail: "access guard: " + detail}
}

// completed adds provider and operation to an error of package adapters.
func (g *guard) completed(err error) error {
	var failure *adapters.Error
	if !errors.As(err, &failure) {
		return err
	}
	complete := *failure
	complete.Provider, complete.Operation = g.provider, getBalances
	return &complete
}

func (g *guard) interrupted(err error) error {
	return fmt.Errorf("%s: %s: access guard: %w", g.provider, getBalances, err)
}
