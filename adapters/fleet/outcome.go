package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
)

const (
	firstBackoff   = time.Minute
	mostRefusals   = 3           // of credentials, in a row
	storeFor       = time.Minute // how long an outcome is tried to be stored while the database fails
	storePause     = 100 * time.Millisecond
	longestStorage = 5 * time.Second      // of the outcome of a call
	storageOfOne   = 5 * time.Millisecond // more for each account of a list
)

// errJudged says that the outcome of a call was judged to be unknown before it could be stored.
var errJudged = errors.New("the outcome of the call has been judged to be unknown")

// The states of a call. One whose worker has died is open until its unit's next job.
const (
	callDone    = "done"    // its outcome is stored
	callUnknown = "unknown" // it may have been sent, and nobody knows what came of it
	callRefused = "refused" // nothing was sent
)

// endOf returns the state of a call that has ended, which has an outcome or was cut off.
func endOf(isSent, hasOutcome bool) string {
	switch {
	case !isSent:
		return callRefused
	case hasOutcome:
		return callDone
	}
	return callUnknown
}

// accountRow is what jobs need to know of an account.
type accountRow struct {
	id        int64 // 0: the connection as a whole
	accountID string
	stopped   bool
	failed    int
	fetched   bool // it was fetched at least once
	next      instant
}

// outcome is what became of one account in a call, or of a list.
type outcome struct {
	account  accountRow
	balances []adapters.Balance
	err      error

	next           time.Time
	stop           bool  // the account
	stopConnection State // "" for no
	refused        bool  // by the guard: nothing was sent
}

// decide says what a failure means. left tells what the allowance has left, every is the regular pause.
func (o *outcome) decide(now time.Time, every time.Duration, left func() (accessguard.Left, error)) {
	var typed *adapters.Error
	errors.As(o.err, &typed)
	switch kind := adapters.KindOf(o.err); kind {
	case "":
	case adapters.ErrRateLimited:
		o.refused = typed != nil && typed.Status == 0 && typed.Origin == adapters.OriginLocal
		if typed != nil && typed.RetryAfter.After(now) {
			o.next = typed.RetryAfter
			return
		}
		o.next = now.Add(every)
		if left, err := left(); err == nil && left.Next.After(now) {
			o.next = left.Next
		}
	case adapters.ErrUnavailable, adapters.KindDeadline:
		o.next = again(now, every, o.account.failed, left)
	case adapters.ErrUnauthorized:
		if o.account.failed+1 >= mostRefusals {
			o.stop, o.stopConnection = true, StateStopped
			return
		}
		o.next = again(now, every, o.account.failed, left)
	case adapters.ErrConsentRequired:
		o.stopConnection = StateConsentRequired
		o.next = now // it is due when there is a consent
	default:
		o.stop = true
		if o.account.id == 0 {
			o.stopConnection = StateStopped
		}
	}
}

// again returns when to try again after a failure that may pass. The last call of an allowance is kept for the regular
// time.
func again(now time.Time, every time.Duration, failed int, left func() (accessguard.Left, error)) time.Time {
	left1, err := left()
	switch {
	case err == nil && left1.Limited && left1.Calls == 0:
		return left1.Next
	case err == nil && left1.Limited && left1.Calls == 1:
		return now.Add(every)
	}
	pause := min(firstBackoff<<min(failed, 20), every)
	return now.Add(pause - pause/10 + rand.N(pause/5+1))
}

// spread returns a part of a duration that depends on an id, so that the ids one after the other lie far apart.
func spread(id int64, over time.Duration) time.Duration {
	const golden = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio
	high, _ := bits.Mul64(uint64(id)*golden, uint64(over))
	return time.Duration(high)
}

// storeOutcomes stores the outcomes of a call, all or none, and what else do does, if there is something, with that many
// accounts. end is the state of the call then. It goes on trying while the database fails, also after ctx has ended. What the
// database refuses stops the accounts or, without outcomes, the connection: the next call would be made for nothing, too.
// Alarms are raised when they are stored.
func (f *Fleet) storeOutcomes(ctx context.Context, c connectionRow, call int64, outcomes []outcome, end string,
	accounts int, do func(context.Context, bound) ([]Alarm, error)) error {
	ctx = context.WithoutCancel(ctx)
	err := f.storeWithin(ctx, longestStorage+time.Duration(accounts)*storageOfOne, c, call, outcomes, end, do)
	if err == nil || passing(err) || errors.Is(err, errJudged) || errors.Is(err, errEnded) {
		return err
	}
	f.options.Logger.ErrorContext(ctx, "fleet: the database refuses an outcome", "connection", c.name, "error", err)
	if len(outcomes) == 0 {
		outcomes, do = []outcome{{stopConnection: StateStopped}}, nil
	}
	for i, o := range outcomes {
		refused := &adapters.Error{Kind: adapters.KindOther, Origin: adapters.OriginLocal, Detail: "the database refuses the outcome"}
		outcomes[i] = outcome{account: o.account, err: refused, stop: true, stopConnection: o.stopConnection}
	}
	return f.storeWithin(ctx, longestStorage, c, call, outcomes, callUnknown, do)
}

// storeWithin tries to store for storeFor, each time for so long at most.
func (f *Fleet) storeWithin(ctx context.Context, longest time.Duration, c connectionRow, call int64, outcomes []outcome,
	end string, do func(context.Context, bound) ([]Alarm, error)) error {
	deadline := time.Now().Add(storeFor)
	for {
		var alarms []Alarm
		attempt, cancel := context.WithTimeout(ctx, longest)
		err := f.db.transaction(attempt, func(tx bound) (err error) {
			if alarms, err = f.storeIn(attempt, tx, c, call, outcomes, end); err != nil {
				return err
			}
			if do == nil {
				return nil
			}
			more, err := do(attempt, tx)
			alarms = append(alarms, more...)
			return err
		})
		cancel()
		if err == nil {
			if f.onStore != nil {
				f.onStore(call)
			}
			f.raise(ctx, alarms)
			return nil
		}
		if !passing(err) || time.Now().After(deadline) {
			return fmt.Errorf("store the outcome: %w", err)
		}
		time.Sleep(storePause)
	}
}

func (f *Fleet) storeIn(ctx context.Context, tx bound, c connectionRow, call int64, outcomes []outcome,
	end string) (alarms []Alarm, err error) {
	now := f.now()
	const set = "UPDATE fleet_call SET state = ?, ended_at = ? WHERE id = ? AND state = 'open'"
	rows, err := tx.exec(ctx, set, end, instant{now}, call)
	if err != nil {
		return nil, err
	}
	if rows == 0 {
		left, err := tx.exec(ctx, "UPDATE fleet_call SET state = state WHERE id = ?", call)
		switch {
		case err != nil:
			return nil, err
		case left == 0: // forgotten
			return nil, errEnded
		}
		return nil, errJudged
	}
	for _, o := range outcomes {
		raised, err := f.storeOne(ctx, tx, c, call, now, o)
		if err != nil {
			return nil, err
		}
		alarms = append(alarms, raised...)
	}
	return alarms, nil
}

// storeOne stores the outcome of one account.
func (f *Fleet) storeOne(ctx context.Context, tx bound, c connectionRow, call int64, now time.Time,
	o outcome) (alarms []Alarm, err error) {
	failure := failureOf(o.err)
	switch {
	case o.err == nil && o.account.id != 0:
		return nil, storeBalances(ctx, tx, call, now, o)
	case o.refused && o.account.id != 0:
		_, err := tx.exec(ctx, "UPDATE fleet_account SET next_at = ? WHERE id = ?", instant{o.next}, o.account.id)
		return nil, err
	case o.refused, o.err == nil:
		return nil, nil
	case o.account.id != 0:
		rows, err := tx.exec(ctx, `UPDATE fleet_account SET kind = ?, detail = ?, failed = failed + 1, stopped = ?, next_at = ?
			WHERE id = ?`, failure.Kind, failure.Detail, o.stop, instant{o.next}, o.account.id)
		if err != nil || rows == 0 { // forgotten
			return nil, err
		}
	}
	_, err = tx.exec(ctx, `INSERT INTO fleet_failure (call, connection, account, at, kind, consent_state, origin, status, code,
		operation, detail, request_id, retry_after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		call, c.id, orNull(o.account.id), instant{now}, failure.Kind, failure.Consent, failure.Origin, failure.Status,
		clean(failure.Code), failure.Operation, failure.Detail, clean(failure.RequestID), instant{failure.RetryAfter})
	if err != nil {
		return nil, err
	}
	alarm := Alarm{
		At: now, Connection: c.name, Account: o.account.id, Kind: failure.Kind, Consent: failure.Consent, Detail: failure.Detail,
		ConsentLink: clean(failure.Links["consent"]),
	}
	if o.stop && !o.account.stopped && o.stopConnection == "" {
		alarms = append(alarms, alarm)
	}
	if o.stopConnection == "" {
		return alarms, nil
	}
	rows, err := tx.exec(ctx, `UPDATE fleet_connection SET state = ?, kind = ?, detail = ?, consent_state = ?, consent_link = ?,
		changed_at = ? WHERE id = ? AND state IN ('active', 'missing')`,
		o.stopConnection, failure.Kind, failure.Detail, failure.Consent, alarm.ConsentLink, instant{now}, c.id)
	if err == nil && rows > 0 { // another unit may have stopped it before
		alarm.Account = 0
		alarms = append(alarms, alarm)
	}
	return alarms, err
}

func storeBalances(ctx context.Context, tx bound, call int64, now time.Time, o outcome) error {
	iban := ""
	for _, b := range o.balances {
		iban = b.IBAN
	}
	rows, err := tx.exec(ctx, `UPDATE fleet_account SET stopped = FALSE, kind = '', detail = '', failed = 0, fetched_at = ?,
		good_call = ?, next_at = ?, iban = CASE iban WHEN '' THEN ? ELSE iban END WHERE id = ?`,
		instant{now}, call, instant{o.next}, clean(iban), o.account.id)
	if err != nil || rows == 0 || len(o.balances) == 0 {
		return err
	}
	var args []any
	for i, b := range o.balances {
		lines := ""
		if len(b.CreditLines) > 0 {
			body, err := json.Marshal(b.CreditLines)
			if err != nil {
				return err
			}
			lines = string(body)
		}
		args = append(args, o.account.id, call, i, clean(b.Bank), clean(b.IBAN), clean(b.BBAN), b.Type, clean(b.ProviderType),
			b.Amount, clean(b.Currency), lines, instant{b.AsOf}, b.ReferenceDate.String(), clean(b.LastCommittedTransaction),
			instant{b.ReceivedAt}, clean(b.RequestID), clean(strings.Join(b.Warnings, "\n")))
	}
	_, err = tx.exec(ctx, `INSERT INTO fleet_balance (account, call, position, bank, iban, bban, type, provider_type, amount,
		currency, credit_lines, as_of, reference_date, last_committed_transaction, received_at, request_id, warnings) VALUES `+
		places("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", len(o.balances)), args...)
	return err
}

// failureOf returns the facts of an error that may be stored.
func failureOf(err error) adapters.Error {
	var typed *adapters.Error
	if errors.As(err, &typed) {
		return *typed
	}
	return adapters.Error{Kind: adapters.KindOf(err)}
}

// clean makes a text of a provider one that PostgreSQL takes: valid, and without the character zero.
func clean(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}

// raise raises alarms.
func (f *Fleet) raise(ctx context.Context, alarms []Alarm) {
	for _, a := range alarms {
		f.options.Logger.WarnContext(ctx, "fleet: stopped, a person has to act", "connection", a.Connection, "account", a.Account,
			"kind", string(a.Kind), "consent", string(a.Consent), "detail", a.Detail)
		if f.options.OnAlarm != nil {
			f.options.OnAlarm(ctx, a)
		}
	}
}
