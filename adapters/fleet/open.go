package fleet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/specs"
)

const (
	reopenEvery  = 10 * time.Minute // a connection that cannot be opened
	recheckEvery = time.Hour        // a connection that has stopped, for another consent in the configuration
)

// connectionRow is what jobs need to know of a connection.
type connectionRow struct {
	id             int64
	name           string
	provider, bank string
	state          State
	failed         int
	consent        string // its fingerprint
	validUntil     instant
	nextList       instant
	listed         instant // last
}

const connectionRowColumns = `c.id, c.name, c.provider, c.bank, c.state, c.failed, c.consent, c.consent_valid_until,
	c.next_list_at, c.listed_at`

func (c *connectionRow) fields() []any {
	return []any{&c.id, &c.name, &c.provider, &c.bank, &c.state, &c.failed, &c.consent, &c.validUntil, &c.nextList, &c.listed}
}

// opened is a connection behind its guard.
type opened struct {
	Connection
	guard *accessguard.Guard
	batch bool // the provider has batches
}

// open opens a connection. What fails is an error of the configuration, or of what the configuration needs to be read.
func (f *Fleet) open(ctx context.Context, name string) (o opened, err error) {
	defer func() {
		if recover() != nil {
			err = &adapters.Error{Kind: adapters.KindOther, Origin: adapters.OriginLocal, Operation: "open", Detail: "a panic"}
		}
	}()
	if o.Connection, err = f.options.Open(ctx, name); err != nil {
		return o, err
	}
	if o.guard, err = f.guard(o.Connection); err != nil {
		return o, err
	}
	_, err = o.Source.BatchBalances(ctx, nil, adapters.Unattended())
	o.batch = !errors.Is(err, errors.ErrUnsupported)
	return o, nil
}

// ready opens a connection for work and stores what its entry says. ok is false if it cannot be opened: then next is when
// to try again.
func (f *Fleet) ready(ctx context.Context, c connectionRow) (o opened, next time.Time, ok bool, err error) {
	o, problem := f.open(ctx, c.name)
	if ctx.Err() != nil {
		return o, next, false, ctx.Err()
	}
	if problem != nil {
		kind, detail := adapters.KindOf(problem), "the connection cannot be opened"
		var typed *adapters.Error
		if errors.As(problem, &typed) {
			detail += ": " + typed.Error()
		}
		next = f.now().Add(min(f.options.Every, reopenEvery))
		rows, err := f.db.bound().exec(ctx, `UPDATE fleet_connection SET state = 'missing', kind = ?, detail = ?, failed = failed + 1,
			changed_at = CASE state WHEN 'missing' THEN changed_at ELSE CAST(? AS `+f.db.bound().time()+`) END, next_list_at = ?
			WHERE id = ? AND state IN ('active', 'missing')`,
			kind, detail, instant{f.now()}, instant{latest(next, c.nextList.Time)}, c.id)
		if err == nil && rows > 0 && c.state != StateMissing {
			f.options.Logger.WarnContext(ctx, "fleet: a connection cannot be opened",
				"connection", c.name, "kind", string(kind), "detail", detail)
		}
		return o, next, false, err
	}
	return o, next, true, f.opened(ctx, c, o)
}

// opened stores what the entry of a connection says, if it is something else than before.
func (f *Fleet) opened(ctx context.Context, c connectionRow, o opened) error {
	now := connectionRow{
		id: c.id, name: c.name, provider: o.Source.Provider(), bank: o.Bank, state: c.state, failed: c.failed,
		consent: o.fingerprint(), validUntil: instant{o.ConsentValidUntil.UTC().Truncate(time.Microsecond)},
		nextList: c.nextList, listed: c.listed,
	}
	if o.Provider != "" {
		now.provider = o.Provider
	}
	if now.validUntil.Equal(c.validUntil.Time) {
		now.validUntil = c.validUntil
	}
	if now == c && c.state != StateMissing {
		return nil
	}
	_, err := f.db.bound().exec(ctx, `UPDATE fleet_connection SET provider = ?, bank = ?, consent = ?, consent_valid_until = ?
		WHERE id = ?`, now.provider, now.bank, now.consent, now.validUntil, c.id)
	if err != nil || c.state != StateMissing {
		return err
	}
	_, err = f.db.bound().exec(ctx, `UPDATE fleet_connection SET state = 'active', kind = '', detail = '', failed = 0,
		changed_at = ? WHERE id = ? AND state = 'missing'`, instant{f.now()}, c.id)
	return err
}

// every is how often a call is made: as often as wanted, but not more often than its allowance lets it go on. An
// allowance that belongs to the consent is shared by several callers.
func (f *Fleet) every(o opened, wanted time.Duration, call specs.Call, callers int) time.Duration {
	access := f.options.Access
	if access == nil {
		info, _ := specs.Describe(o.Source.Provider())
		access = info.Unattended
	}
	allowance, _ := access.Of(call)
	for _, limit := range allowance.Limits {
		pause := (limit.Window + time.Duration(limit.Calls) - 1) / time.Duration(limit.Calls)
		if allowance.Per == specs.PerConsent {
			pause *= time.Duration(max(1, callers))
		}
		wanted = max(wanted, pause)
	}
	return wanted
}

// judge ends the calls whose worker died: their outcome is unknown.
func (f *Fleet) judge(ctx context.Context, where string, of int64) error {
	const set = "UPDATE fleet_call SET state = 'unknown', ended_at = ? WHERE state = 'open' AND "
	n, err := f.db.bound().exec(ctx, set+where, instant{f.now()}, of)
	if n > 0 {
		f.options.Logger.WarnContext(ctx, "fleet: the outcome of a call is unknown, because its worker ended", "calls", n)
	}
	if err != nil {
		return fmt.Errorf("judge calls: %w", err)
	}
	return nil
}

// begin stores that a call is about to be made. unit is 0 for a list.
func (f *Fleet) begin(ctx context.Context, connection, unit int64) (call int64, err error) {
	err = f.db.bound().row(ctx, `INSERT INTO fleet_call (connection, unit, worker, started_at, state)
		VALUES (?, ?, ?, ?, 'open') RETURNING id`, connection, orNull(unit), f.worker, instant{f.now()}).Scan(&call)
	return call, err
}

func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
