package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

// State is what becomes of a connection.
type State string

const (
	// StateActive: its accounts are kept current.
	StateActive State = "active"
	// StateConsentRequired: the PSU has to consent again; no call is made until then.
	StateConsentRequired State = "consent_required"
	// StateStopped: a failure that no repetition mends; no call is made until the connection is added again.
	StateStopped State = "stopped"
	// StateMissing: Options.Open cannot open it. It is tried again by and by.
	StateMissing State = "missing"
)

// ConnectionStatus is what is known of a connection. Facts that are absent are the zero value.
type ConnectionStatus struct {
	ID       int64
	Name     string // its entry in the configuration
	Provider string
	Bank     string
	State    State
	// Kind and Detail say what failed last, Failed how many times in a row: of the connection as a whole, not of an account.
	Kind              adapters.Kind
	Detail            string
	Failed            int
	Consent           adapters.ConsentState
	ConsentLink       string    // where the PSU can consent again; may hold personal data
	ConsentValidUntil time.Time // as the configuration states it
	Accounts          int       // all that are known
	Closed            int       // of them, as the provider lists them
	Stopped           int       // of them: not asked for any more, because of a failure
	Failing           int       // of them: the last call failed, and the next one will be made
	// Newest and Oldest are when balances were fetched last: of all accounts that are neither closed nor gone.
	Newest, Oldest  time.Time
	ListedAt        time.Time // when the accounts were listed last
	NextAt          time.Time // when something is due next; zero if nothing is. What is StateMissing may be long due
	UnknownOutcomes int       // calls whose worker ended before the outcome was stored; they count as spent
	AddedAt         time.Time
}

// AccountStatus is what is known of an account. Facts that are absent are the zero value.
type AccountStatus struct {
	ID              int64
	Connection      string // its name
	Provider        string
	Bank            string
	AccountID       string // the provider's
	IBAN            string
	Name            string
	HolderName      string
	Currency        string
	State           adapters.AccountState
	Stopped         bool          // not asked for any more, because of a failure
	Kind            adapters.Kind // of the last call, if it failed
	Detail          string
	Failed          int       // calls in a row
	LastSeen        time.Time // in the provider's list, or in the configuration
	UnlistedAt      time.Time // since when it is there no more
	FetchedAt       time.Time // the last good call
	NextAt          time.Time // when the next call is due; zero if none is, or if the list has its balances
	ValidUntil      time.Time // when the consent for the account ends
	UnknownOutcomes int       // as of a connection
	AddedAt         time.Time
	Latest          []Stored // the balances of the last good call
}

// Stored is a balance as it was fetched. Its times are kept to the microsecond.
type Stored struct {
	adapters.Balance
	CallID    int64     `json:"callId"`    // balances of an account with the same call belong together
	FetchedAt time.Time `json:"fetchedAt"` // when they were stored
}

// UnmarshalJSON reads what encoding/json writes, as that of [adapters.Balance], and leaves s as it is if that is wrong.
func (s *Stored) UnmarshalJSON(text []byte) error {
	var read Stored
	own := struct {
		CallID    *int64     `json:"callId"`
		FetchedAt *time.Time `json:"fetchedAt"`
	}{&read.CallID, &read.FetchedAt}
	if err := json.Unmarshal(text, &own); err != nil {
		return err
	}
	if err := read.Balance.UnmarshalJSON(text); err != nil {
		return err
	}
	*s = read
	return nil
}

// Failure is a call that failed, or the part of one account in it.
type Failure struct {
	CallID       int64
	At           time.Time
	OfConnection bool // not of a single account
	Kind         adapters.Kind
	Consent      adapters.ConsentState
	Origin       adapters.Origin
	Status       int
	Code         string // the provider's
	Operation    string
	Detail       string
	RequestID    string
	RetryAfter   time.Time
}

const connectionColumns = `c.id, c.name, c.provider, c.bank, c.state, c.kind, c.detail, c.failed, c.consent_state,
	c.consent_link, c.consent_valid_until, c.listed_at, c.added_at,
	(SELECT count(*) FROM fleet_account a WHERE a.connection = c.id),
	(SELECT count(*) FROM fleet_account a WHERE a.connection = c.id AND a.state = 'closed'),
	(SELECT count(*) FROM fleet_account a WHERE a.connection = c.id AND a.stopped),
	(SELECT count(*) FROM fleet_account a WHERE a.connection = c.id AND NOT a.stopped AND a.failed > 0),
	(SELECT max(a.fetched_at) FROM fleet_account a WHERE a.connection = c.id AND a.state <> 'closed' AND a.unlisted_at IS NULL),
	(SELECT min(a.fetched_at) FROM fleet_account a WHERE a.connection = c.id AND a.state <> 'closed' AND a.unlisted_at IS NULL),
	(SELECT min(u.next_at) FROM fleet_unit u WHERE u.connection = c.id),
	c.next_list_at,
	(SELECT count(*) FROM fleet_call k WHERE k.connection = c.id AND k.state = 'unknown')`

func scanConnection(row func(...any) error) (s ConnectionStatus, err error) {
	var validUntil, listed, added, newest, oldest, nextUnit, nextList instant
	err = row(&s.ID, &s.Name, &s.Provider, &s.Bank, &s.State, &s.Kind, &s.Detail, &s.Failed, &s.Consent, &s.ConsentLink,
		&validUntil, &listed, &added, &s.Accounts, &s.Closed, &s.Stopped, &s.Failing, &newest, &oldest,
		&nextUnit, &nextList, &s.UnknownOutcomes)
	s.ConsentValidUntil, s.ListedAt, s.AddedAt = validUntil.Time, listed.Time, added.Time
	s.Newest, s.Oldest = newest.Time, oldest.Time
	if s.State == StateActive || s.State == StateMissing {
		s.NextAt = nextList.Time
		if nextUnit.Before(s.NextAt) && !nextUnit.IsZero() {
			s.NextAt = nextUnit.Time
		}
	}
	return s, err
}

// Connections returns connections in the order of their names, at most limit of those that come after a name.
func (d *Database) Connections(ctx context.Context, after string, limit int) ([]ConnectionStatus, error) {
	rows, err := d.bound().query(ctx, "SELECT "+connectionColumns+
		" FROM fleet_connection c WHERE c.name > ? ORDER BY c.name LIMIT ?", after, limit)
	return failed(collectRows(rows, err, scanConnection))("read the connections")
}

// Connection returns the connection of a name; [ErrNotFound] if it was not added.
func (d *Database) Connection(ctx context.Context, name string) (ConnectionStatus, error) {
	rows, err := d.bound().query(ctx, "SELECT "+connectionColumns+" FROM fleet_connection c WHERE c.name = ?", name)
	all, err := collectRows(rows, err, scanConnection)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return ConnectionStatus{}, fmt.Errorf("fleet: read the connection: %w", err)
	}
	return all[0], nil
}

const accountColumns = `a.id, c.name, c.provider, CASE a.bank WHEN '' THEN c.bank ELSE a.bank END, a.account_id, a.iban,
	a.name, a.holder_name, a.currency, a.state, a.stopped, a.kind, a.detail, a.failed, a.last_seen, a.unlisted_at, a.fetched_at,
	CASE WHEN c.state = 'active' THEN a.next_at END, a.valid_until, a.added_at, coalesce(a.good_call, 0),
	(SELECT count(*) FROM fleet_call k WHERE k.state = 'unknown' AND k.connection = a.connection AND k.unit = a.unit)`

func scanAccount(row func(...any) error) (s AccountStatus, err error) {
	var seen, unlisted, fetched, next, valid, added instant
	var call int64
	err = row(&s.ID, &s.Connection, &s.Provider, &s.Bank, &s.AccountID, &s.IBAN, &s.Name, &s.HolderName, &s.Currency,
		&s.State, &s.Stopped, &s.Kind, &s.Detail, &s.Failed, &seen, &unlisted, &fetched, &next, &valid, &added,
		&call, &s.UnknownOutcomes)
	s.LastSeen, s.UnlistedAt, s.FetchedAt, s.NextAt = seen.Time, unlisted.Time, fetched.Time, next.Time
	s.ValidUntil, s.AddedAt = valid.Time, added.Time
	s.Latest = []Stored{{CallID: call}} // for latest
	return s, err
}

// Accounts returns the accounts of a connection in the order of the provider's ids, at most limit of those that come after
// an id.
func (d *Database) Accounts(ctx context.Context, connection, after string, limit int) ([]AccountStatus, error) {
	const where = "c.name = ? AND a.account_id > ? ORDER BY a.account_id LIMIT ?"
	return failed(d.accounts(ctx, where, connection, after, limit))("read the accounts")
}

// Account returns the account of an id; [ErrNotFound] if there is none.
func (d *Database) Account(ctx context.Context, id int64) (AccountStatus, error) {
	all, err := d.accounts(ctx, "a.id = ?", id)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return AccountStatus{}, fmt.Errorf("fleet: read the account: %w", err)
	}
	return all[0], nil
}

func (d *Database) accounts(ctx context.Context, where string, args ...any) ([]AccountStatus, error) {
	rows, err := d.bound().query(ctx, "SELECT "+accountColumns+
		" FROM fleet_account a JOIN fleet_connection c ON c.id = a.connection WHERE "+where, args...)
	all, err := collectRows(rows, err, scanAccount)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if err := d.latestOf(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (d *Database) latestOf(ctx context.Context, s *AccountStatus) error {
	rows, err := d.bound().query(ctx, "SELECT "+balanceColumns+balanceTables+
		" WHERE b.account = ? AND b.call = ? ORDER BY b.position", s.ID, s.Latest[0].CallID)
	s.Latest, err = collectRows(rows, err, scanStored)
	return err
}

const (
	balanceColumns = `c.provider, a.account_id, b.bank, b.iban, b.bban, b.type, b.provider_type, b.amount, b.currency,
		b.credit_lines, b.as_of, b.reference_date, b.last_committed_transaction, b.received_at, b.request_id,
		b.warnings, b.call, k.ended_at, b.position`
	balanceTables = ` FROM fleet_balance b JOIN fleet_call k ON k.id = b.call JOIN fleet_account a ON a.id = b.account
		JOIN fleet_connection c ON c.id = a.connection`
)

func scanStored(row func(...any) error) (Stored, error) {
	s, _, err := scanPlaced(row)
	return s, err
}

// scanPlaced returns a balance and its place in the answer.
func scanPlaced(row func(...any) error) (s Stored, position int, err error) {
	var asOf, received, ended instant
	var lines, warnings, reference string
	err = row(&s.Provider, &s.AccountID, &s.Bank, &s.IBAN, &s.BBAN, &s.Type, &s.ProviderType, &s.Amount, &s.Currency,
		&lines, &asOf, &reference, &s.LastCommittedTransaction, &received, &s.RequestID, &warnings, &s.CallID, &ended, &position)
	if err != nil {
		return s, position, err
	}
	s.AsOf, s.ReceivedAt, s.FetchedAt = asOf.Time, received.Time, ended.Time
	if lines != "" {
		if err := json.Unmarshal([]byte(lines), &s.CreditLines); err != nil {
			return s, position, err
		}
	}
	if warnings != "" {
		s.Warnings = strings.Split(warnings, "\n")
	}
	return s, position, s.ReferenceDate.UnmarshalText([]byte(reference))
}

// historyPage is how many balances are read at once.
const historyPage = 500

// History yields the balances of an account that were stored from one time until another, the second one excluded, oldest
// first. A zero time is no bound. The loop ends with the first error. No connection of the database is held between pages.
func (d *Database) History(ctx context.Context, id int64, from, until time.Time) iter.Seq2[Stored, error] {
	where, bounds := "", []any{}
	if !from.IsZero() {
		where, bounds = where+" AND k.ended_at >= ?", append(bounds, instant{from})
	}
	if !until.IsZero() {
		where, bounds = where+" AND k.ended_at < ?", append(bounds, instant{until})
	}
	return func(yield func(Stored, error) bool) {
		call, position := int64(0), -1
		for {
			args := append([]any{id, call, call, position}, bounds...)
			rows, err := d.bound().query(ctx, "SELECT "+balanceColumns+balanceTables+
				" WHERE b.account = ? AND (b.call > ? OR b.call = ? AND b.position > ?)"+where+" ORDER BY b.call, b.position LIMIT ?",
				append(args, historyPage)...)
			page, err := collectRows(rows, err, func(row func(...any) error) (s Stored, err error) {
				s, position, err = scanPlaced(row)
				call = s.CallID
				return s, err
			})
			if err != nil {
				yield(Stored{}, fmt.Errorf("fleet: read the history: %w", err))
				return
			}
			for _, s := range page {
				if !yield(s, nil) {
					return
				}
			}
			if len(page) < historyPage {
				return
			}
		}
	}
}

// Failures returns the last failures of an account and of its connection as a whole, newest first.
func (d *Database) Failures(ctx context.Context, id int64, limit int) ([]Failure, error) {
	return d.failures(ctx, `f.account = ? OR f.account IS NULL
		AND f.connection = (SELECT connection FROM fleet_account WHERE id = ?) ORDER BY f.id DESC LIMIT ?`, id, id, limit)
}

// ConnectionFailures returns the last failures of a connection and all its accounts, newest first.
func (d *Database) ConnectionFailures(ctx context.Context, id int64, limit int) ([]Failure, error) {
	return d.failures(ctx, "f.connection = ? ORDER BY f.id DESC LIMIT ?", id, limit)
}

func (d *Database) failures(ctx context.Context, where string, args ...any) ([]Failure, error) {
	rows, err := d.bound().query(ctx, `SELECT f.call, f.at, f.account IS NULL, f.kind, f.consent_state, f.origin, f.status,
		f.code, f.operation, f.detail, f.request_id, f.retry_after FROM fleet_failure f WHERE `+where, args...)
	all, err := collectRows(rows, err, func(row func(...any) error) (f Failure, err error) {
		var at, retry instant
		err = row(&f.CallID, &at, &f.OfConnection, &f.Kind, &f.Consent, &f.Origin, &f.Status, &f.Code, &f.Operation, &f.Detail,
			&f.RequestID, &retry)
		f.At, f.RetryAfter = at.Time, retry.Time
		return f, err
	})
	return failed(all, err)("read the failures")
}

// failed names the step of an error.
func failed[T any](value T, err error) func(step string) (T, error) {
	return func(step string) (T, error) {
		if err != nil {
			var none T
			return none, fmt.Errorf("fleet: %s: %w", step, err)
		}
		return value, nil
	}
}
