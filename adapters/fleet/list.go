package fleet

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
	kit "github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/specs"
)

// list brings the accounts of a connection up to date, from its entry or from the provider's list, with the balances that
// the list carries. It returns when that is due next.
func (f *Fleet) list(ctx context.Context, connection int64, scheduled time.Time) (next time.Time, err error) {
	var c connectionRow
	row := f.db.bound().row(ctx, "SELECT "+connectionRowColumns+" FROM fleet_connection c WHERE c.id = ?", connection)
	err = row.Scan(c.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return next, errEnded // forgotten
	}
	if err != nil {
		return next, err
	}
	if err := f.judge(ctx, "unit IS NULL AND connection = ?", connection); err != nil {
		return next, err
	}
	now := latest(f.now(), scheduled)
	if c.state != StateActive && c.state != StateMissing {
		if o, err := f.open(ctx, c.name); err != nil || o.fingerprint() == c.consent {
			return now.Add(min(f.options.Every, recheckEvery)), nil
		}
		if err := f.goOn(ctx, c); err != nil {
			return next, err
		}
		c.state, c.nextList = StateActive, instant{}
	}
	if c.nextList.After(now) {
		return c.nextList.Time, nil
	}
	o, again, ok, err := f.ready(ctx, c)
	switch {
	case err != nil || !ok:
		return again, err
	case o.Accounts != nil:
		next, err = f.listNamed(ctx, c, o)
	default:
		next, err = f.listAll(ctx, c, o)
	}
	if err != nil {
		return next, err
	}
	return next, f.queueUnits(ctx, "x.id = ?", connection)
}

// goOn lets a connection go on because its entry names another consent.
func (f *Fleet) goOn(ctx context.Context, c connectionRow) error {
	return f.db.transaction(ctx, func(tx bound) error {
		_, err := f.resume(ctx, tx, "c.id = ?", []any{c.id})
		return err
	})
}

// listNamed takes the accounts that the entry names. That is no call.
func (f *Fleet) listNamed(ctx context.Context, c connectionRow, o opened) (next time.Time, err error) {
	now := f.now()
	next = now.Add(f.options.ListEvery)
	var named []listed
	for _, id := range o.Accounts {
		named = append(named, listed{account: adapters.Account{ID: id}, asks: true})
	}
	return next, f.db.transaction(ctx, func(tx bound) error {
		if _, err := f.sync(ctx, tx, c, o, now, named); err != nil {
			return err
		}
		return tx.listed(ctx, c, next, now)
	})
}

// listed stores when a connection was listed and is to be listed again.
func (b bound) listed(ctx context.Context, c connectionRow, next, now time.Time) error {
	_, err := b.exec(ctx, `UPDATE fleet_connection SET next_list_at = ?, listed_at = ?, kind = '', detail = '', failed = 0
		WHERE id = ? AND state IN ('active', 'missing')`, instant{next}, instant{now}, c.id)
	return err
}

// listAll asks the provider for its list.
func (f *Fleet) listAll(ctx context.Context, c connectionRow, o opened) (next time.Time, err error) {
	call, err := f.begin(ctx, c.id, 0)
	if err != nil {
		return next, err
	}
	counting, sent := kit.Counting(ctx)
	all, every, err := f.askList(counting, o)
	if adapters.KindOf(err) == adapters.KindCanceled {
		return next, f.storeOutcomes(ctx, c, call, nil, endOf(sent() != 0, false), 0, nil)
	}
	now := f.now()
	if err != nil {
		return f.listFailed(ctx, c, o, call, outcome{account: accountRow{failed: c.failed}, err: err}, every)
	}
	next = now.Add(every)
	if c.listed.IsZero() {
		next = next.Add(spread(c.id, every))
	}
	return next, f.storeOutcomes(ctx, c, call, nil, callDone, len(all), func(ctx context.Context, tx bound) (alarms []Alarm, err error) {
		known, err := f.sync(ctx, tx, c, o, now, all)
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			if !l.carried {
				continue
			}
			one := outcome{account: known[clean(l.account.ID)], balances: l.balances, err: l.err, stop: l.err != nil}
			raised, err := f.storeOne(ctx, tx, c, call, now, one)
			if err != nil {
				return nil, err
			}
			alarms = append(alarms, raised...)
		}
		return alarms, tx.listed(ctx, c, next, now)
	})
}

// listFailed stores that a list failed.
func (f *Fleet) listFailed(ctx context.Context, c connectionRow, o opened, call int64, whole outcome,
	every time.Duration) (time.Time, error) {
	whole.decide(f.now(), every, func() (accessguard.Left, error) { return o.guard.ListsLeft(context.WithoutCancel(ctx)) })
	failure, all := failureOf(whole.err), []outcome{whole}
	err := f.storeOutcomes(ctx, c, call, all, endOf(!allLocal(all), true), 0, func(ctx context.Context, tx bound) ([]Alarm, error) {
		if whole.stopConnection != "" || whole.refused {
			due := instant{latest(whole.next, f.now())}
			_, err := tx.exec(ctx, "UPDATE fleet_connection SET next_list_at = ? WHERE id = ?", due, c.id)
			return nil, err
		}
		_, err := tx.exec(ctx, "UPDATE fleet_connection SET next_list_at = ?, kind = ?, detail = ?, failed = failed + 1 WHERE id = ?",
			instant{whole.next}, failure.Kind, failure.Detail, c.id)
		return nil, err
	})
	if whole.stopConnection != "" {
		return f.now().Add(min(f.options.Every, recheckEvery)), err
	}
	return whole.next, err
}

// listed is an account of a list.
type listed struct {
	account  adapters.Account
	balances []adapters.Balance
	carried  bool // the list carries its balances, or says why not
	asks     bool // its balances are asked for by a unit
	err      error
}

// askList asks the provider for its accounts with balances or, where it has no such list, without. every is the regular
// pause between two such lists.
func (f *Fleet) askList(ctx context.Context, o opened) (all []listed, every time.Duration, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("the source panicked")
		}
	}()
	every = f.every(o, f.options.Every, specs.CallAllBalances, 1)
	found, err := o.guard.AllBalances(ctx, adapters.Unattended())
	if !errors.Is(err, errors.ErrUnsupported) {
		for _, e := range found {
			one := listed{account: adapters.Account{ID: e.AccountID}, balances: e.Balances, err: e.Err, carried: true}
			if e.Account != nil {
				one.account = *e.Account
			}
			if errors.Is(e.Err, adapters.ErrNoBalances) {
				one.carried, one.asks, one.err = false, one.account.State != adapters.AccountStateClosed, nil
			}
			all = append(all, one)
		}
		return all, every, err
	}
	every = f.every(o, f.options.ListEvery, specs.CallAccounts, 1)
	accounts, err := o.guard.Accounts(ctx, adapters.Unattended())
	for _, a := range accounts {
		all = append(all, listed{account: a, asks: a.State != adapters.AccountStateClosed})
	}
	return all, every, err
}

// sync stores which accounts a connection has, gives those that are to be asked for a unit, and returns all by their ids.
func (f *Fleet) sync(ctx context.Context, tx bound, c connectionRow, o opened, now time.Time,
	all []listed) (map[string]accountRow, error) {
	all = slices.DeleteFunc(all, func(l listed) bool { return l.account.ID == "" })
	wanted := map[string]bool{}
	for some := range slices.Chunk(all, chunk) {
		var args []any
		n := 0
		for _, l := range some {
			a, id := l.account, clean(l.account.ID)
			if _, twice := wanted[id]; twice {
				continue
			}
			wanted[id] = l.asks
			n++
			args = append(args, c.id, id, clean(a.IBAN), clean(a.Name), clean(a.HolderName), clean(a.Currency), clean(a.Bank), a.State,
				instant{a.ConsentValidUntil}, instant{now}, instant{now})
		}
		_, err := tx.exec(ctx, `INSERT INTO fleet_account AS a (connection, account_id, iban, name, holder_name, currency, bank,
			state, valid_until, last_seen, added_at) VALUES `+places("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", n)+`
			ON CONFLICT (connection, account_id) DO UPDATE SET iban = CASE excluded.iban WHEN '' THEN a.iban ELSE excluded.iban END,
			name = excluded.name, holder_name = excluded.holder_name,
			currency = excluded.currency, bank = excluded.bank, state = excluded.state, valid_until = excluded.valid_until,
			last_seen = excluded.last_seen, unlisted_at = NULL`, args...)
		if err != nil {
			return nil, err
		}
	}
	_, err := tx.exec(ctx, `UPDATE fleet_account SET unlisted_at = ?, next_at = NULL
		WHERE connection = ? AND unlisted_at IS NULL AND last_seen < ?`, instant{now}, c.id, instant{now})
	if err != nil {
		return nil, err
	}
	return f.assign(ctx, tx, c, o, now, wanted)
}

// assign gives the accounts of a connection that are to be asked for a unit and a due time, and takes the due time from
// the others.
func (f *Fleet) assign(ctx context.Context, tx bound, c connectionRow, o opened, now time.Time,
	wanted map[string]bool) (map[string]accountRow, error) {
	known, room := map[string]accountRow{}, map[int64]int{}
	var without, start, quit []any
	rows, err := tx.query(ctx, `SELECT id, account_id, stopped, failed, fetched_at IS NOT NULL, next_at, coalesce(unit, 0)
		FROM fleet_account WHERE connection = ? ORDER BY id`, c.id)
	_, err = collectRows(rows, err, func(scan func(...any) error) (none struct{}, err error) {
		var a accountRow
		var unit int64
		err = scan(&a.id, &a.accountID, &a.stopped, &a.failed, &a.fetched, &a.next, &unit)
		known[a.accountID] = a
		if unit != 0 {
			room[unit]++
		}
		switch asks := wanted[a.accountID] && !a.stopped; {
		case asks && unit == 0:
			without = append(without, a.id)
		case asks && a.next.IsZero():
			start = append(start, a.id)
		case !asks && !a.next.IsZero():
			quit = append(quit, a.id)
		}
		return none, err
	})
	if err != nil {
		return nil, err
	}
	if err := f.fill(ctx, tx, c, o, room, without); err != nil {
		return nil, err
	}
	for _, change := range []struct {
		next instant
		ids  []any
	}{{instant{now}, append(start, without...)}, {instant{}, quit}} {
		for ids := range slices.Chunk(change.ids, chunk) {
			args := append([]any{change.next}, ids...)
			_, err := tx.exec(ctx, "UPDATE fleet_account SET next_at = ? WHERE id IN ("+places("?", len(ids))+")", args...)
			if err != nil {
				return nil, err
			}
		}
	}
	if len(start)+len(without)+len(quit) > 0 || len(wanted) < len(known) {
		_, err = tx.exec(ctx, "UPDATE fleet_unit SET next_at = "+unitDue+" WHERE connection = ?", c.id)
	}
	return known, err
}

// fill puts accounts into the units of a connection that have room, and into new ones.
func (f *Fleet) fill(ctx context.Context, tx bound, c connectionRow, o opened, room map[int64]int, accounts []any) error {
	most := 1
	if o.batch {
		most = adapters.MaxBatch
	}
	var units []int64 // one for each account
	for unit, n := range room {
		units = append(units, slices.Repeat([]int64{unit}, max(0, min(most-n, len(accounts)-len(units))))...)
	}
	for missing := len(accounts) - len(units); missing > 0; missing = len(accounts) - len(units) {
		made := min(chunk, (missing+most-1)/most)
		rows, err := tx.query(ctx, "INSERT INTO fleet_unit (connection) VALUES "+places("(?)", made)+" RETURNING id",
			slices.Repeat([]any{c.id}, made)...)
		all, err := collectRows(rows, err, scanID)
		if err != nil {
			return err
		}
		for _, unit := range all {
			units = append(units, slices.Repeat([]int64{unit}, min(most, len(accounts)-len(units)))...)
		}
	}
	for i := 0; i < len(accounts); i += chunk {
		var args []any
		for j := i; j < min(i+chunk, len(accounts)); j++ {
			args = append(args, accounts[j], units[j])
		}
		if err := tx.setAll(ctx, "fleet_account", "unit", args); err != nil {
			return err
		}
	}
	return nil
}
