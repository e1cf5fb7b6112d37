package fleet

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/specs"
)

// refresh fetches the balances of the accounts of a unit that are due, and returns when the unit is due next.
func (f *Fleet) refresh(ctx context.Context, unit int64, scheduled time.Time) (next time.Time, err error) {
	c, accounts, isOpen, err := f.unit(ctx, unit)
	if err == nil && isOpen {
		err = f.judge(ctx, "unit = ?", unit)
	}
	if err != nil {
		return next, err
	}
	now := latest(f.now(), scheduled) // the engine's clock may be ahead
	var due []accountRow
	for _, a := range accounts {
		if !a.next.After(now) {
			due = append(due, a)
		}
		if next.IsZero() || a.next.Before(next) {
			next = a.next.Time
		}
	}
	if c.state != StateActive && c.state != StateMissing || len(accounts) == 0 {
		return next, f.end(ctx, unit)
	}
	if len(due) == 0 {
		return next, nil
	}
	o, again, ok, err := f.ready(ctx, c)
	if err != nil || !ok {
		return again, err
	}
	every, err := f.refreshEvery(ctx, c, o)
	if err != nil {
		return next, err
	}
	call, err := f.begin(ctx, c.id, unit)
	if err != nil {
		return next, err
	}
	outcomes, isSent := f.ask(ctx, o, due)
	f.schedule(ctx, o, unit, accounts, outcomes, every)
	var found instant
	end := endOf(isSent, len(outcomes) > 0)
	err = f.storeOutcomes(ctx, c, call, outcomes, end, 0, func(ctx context.Context, tx bound) ([]Alarm, error) {
		row := tx.row(ctx, "UPDATE fleet_unit SET next_at = "+unitDue+" WHERE id = ? RETURNING next_at", unit)
		return nil, forgiven(row.Scan(&found))
	})
	if err != nil {
		return next, err
	}
	if found.IsZero() || slices.ContainsFunc(outcomes, func(o outcome) bool { return o.stopConnection != "" }) {
		return next, f.end(ctx, unit)
	}
	return found.Time, nil
}

// unit returns a unit's connection, those of its accounts that are to be asked for, and whether a call of it is open.
func (f *Fleet) unit(ctx context.Context, unit int64) (c connectionRow, accounts []accountRow, isOpen bool, err error) {
	rows, err := f.db.bound().query(ctx, "SELECT "+connectionRowColumns+`, coalesce(a.id, 0), coalesce(a.account_id, ''),
		coalesce(a.stopped, FALSE), coalesce(a.failed, 0), a.fetched_at IS NOT NULL, a.next_at,
		EXISTS (SELECT 1 FROM fleet_call k WHERE k.state = 'open' AND k.connection = u.connection AND k.unit = u.id)
		FROM fleet_unit u JOIN fleet_connection c ON c.id = u.connection
		LEFT JOIN fleet_account a ON a.unit = u.id AND a.next_at IS NOT NULL WHERE u.id = ? ORDER BY a.id`, unit)
	all, err := collectRows(rows, err, func(scan func(...any) error) (a accountRow, err error) {
		return a, scan(append(c.fields(), &a.id, &a.accountID, &a.stopped, &a.failed, &a.fetched, &a.next, &isOpen)...)
	})
	if err == nil && len(all) == 0 {
		err = errEnded // forgotten
	}
	return c, slices.DeleteFunc(all, func(a accountRow) bool { return a.id == 0 }), isOpen, err
}

// end lets the job of a unit end that has nothing to do. What gives it something to do gives it a job.
func (f *Fleet) end(ctx context.Context, unit int64) error {
	_, err := f.db.bound().exec(context.WithoutCancel(ctx), "UPDATE fleet_unit SET job = NULL WHERE id = ?", unit)
	if err != nil {
		return err
	}
	return errEnded
}

// ask fetches the balances of accounts. An account that was not asked for because ctx ended has no outcome.
func (f *Fleet) ask(ctx context.Context, o opened, due []accountRow) (outcomes []outcome, isSent bool) {
	left := map[string]accountRow{}
	for _, a := range due {
		left[a.accountID] = a
	}
	run := collect.Balances(ctx, slices.Values([]collect.Connection{{
		Source: o.guard, PSU: adapters.Unattended(), Host: o.Host, Accounts: func(yield func(string) bool) {
			for _, a := range due {
				if !yield(a.accountID) {
					return
				}
			}
		},
	}}), nil)
	func() {
		defer func() { _ = recover() }() // a source's panic, which the accounts' errors tell
		for result := range run.Results() {
			if adapters.KindOf(result.Err) != adapters.KindCanceled {
				outcomes = append(outcomes, outcome{account: left[result.AccountID], balances: result.Balances, err: result.Err})
			}
			delete(left, result.AccountID)
		}
	}()
	if ctx.Err() == nil {
		for _, a := range left { // no provider's fault
			outcomes = append(outcomes, outcome{account: a, err: errors.New("the source gave no answer")})
		}
	}
	calls, known := run.Report().Calls[o.guard.Provider()]
	return outcomes, calls > 0 || !known && !allLocal(outcomes)
}

// allLocal reports whether all outcomes arose in this process, without a call.
func allLocal(outcomes []outcome) bool {
	return !slices.ContainsFunc(outcomes, func(o outcome) bool {
		return o.err == nil || failureOf(o.err).Origin != adapters.OriginLocal
	})
}

// refreshEvery is the regular pause between two calls for an account.
func (f *Fleet) refreshEvery(ctx context.Context, c connectionRow, o opened) (time.Duration, error) {
	call, units := specs.CallBalances, 1
	if o.batch {
		call = specs.CallBatch
	}
	if allowance := f.every(o, 0, call, 2); allowance != f.every(o, 0, call, 1) { // it belongs to the consent
		row := f.db.bound().row(ctx, "SELECT count(*) FROM fleet_unit WHERE connection = ? AND next_at IS NOT NULL", c.id)
		if err := row.Scan(&units); err != nil {
			return 0, err
		}
	}
	return f.every(o, f.options.Every, call, units), nil
}

// schedule decides when each account is due next. After its first call an account waits for up to two pauses, so that
// what was added together is spread. An account that fell out of step with its unit waits for the others: after a call until
// they are due next, if that is at least half a pause later, and after the guard's refusal too. Whether it has a call left
// then, the guard knows.
func (f *Fleet) schedule(ctx context.Context, o opened, unit int64, accounts []accountRow, outcomes []outcome,
	every time.Duration) {
	now := f.now()
	regular := now.Add(every)
	if !slices.ContainsFunc(accounts, func(a accountRow) bool { return a.fetched }) {
		regular = regular.Add(spread(unit, every))
	}
	step := othersDue(accounts, outcomes)
	for i := range outcomes {
		one := &outcomes[i]
		one.decide(now, every, func() (accessguard.Left, error) {
			return o.guard.Left(context.WithoutCancel(ctx), one.account.accountID)
		})
		if one.err == nil {
			one.next = regular
			if step.After(now.Add(every / 2)) {
				one.next = step
			}
		}
	}
	if slices.ContainsFunc(outcomes, func(o outcome) bool { return o.err == nil }) && step.IsZero() {
		step = regular
	}
	for i := range outcomes {
		if one := &outcomes[i]; one.refused && step.Before(one.next.Add(every)) {
			one.next = latest(one.next, step)
		}
	}
}

// othersDue returns when the accounts of a unit that were not asked are due next; zero if there are none.
func othersDue(accounts []accountRow, outcomes []outcome) (due time.Time) {
	for _, a := range accounts {
		asked := slices.ContainsFunc(outcomes, func(o outcome) bool { return o.account.id == a.id })
		if !asked && (due.IsZero() || a.next.Before(due)) {
			due = a.next.Time
		}
	}
	return due
}

// forgiven is an error, unless it says that a row is there no more.
func forgiven(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
