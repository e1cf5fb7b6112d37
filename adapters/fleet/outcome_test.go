package fleet

import (
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	odd, sound         = "50044620073", "50553500971" // accounts of the sandbox
	oddPath, soundPath = "/mypos/v1/accounts/" + odd + "/balances", "/mypos/v1/accounts/" + sound + "/balances"
	day                = 24 * time.Hour
)

func status429(retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// What a failure that goes on for weeks leads to: how many calls are made, what stops, what is said. The allowance is the
// document's, four calls a day; no case exceeds it, and an account beside the one that fails is fetched all the time,
// unless the connection stops.
func TestFailuresThatGoOnForWeeks(t *testing.T) {
	t.Parallel()
	const weeks = 21 * day
	for name, row := range map[string]struct {
		answer  http.HandlerFunc
		example string
		calls   [2]int // at least, at most
		state   State
		stopped bool
		kind    adapters.Kind
		alarms  int
	}{
		"good":                 {calls: [2]int{80, 84}, state: StateActive},
		"unavailable":          {answer: says(500, ""), calls: [2]int{60, 85}, state: StateActive, kind: adapters.ErrUnavailable},
		"rate limited":         {answer: status429(""), calls: [2]int{20, 22}, state: StateActive, kind: adapters.ErrRateLimited},
		"rate limited for two": {answer: status429("172800"), calls: [2]int{10, 11}, state: StateActive, kind: adapters.ErrRateLimited},
		"garbage":              {answer: says(200, "<html>"), calls: [2]int{1, 1}, state: StateActive, stopped: true, kind: adapters.ErrProtocol, alarms: 1},
		"an amount as text":    {example: "amountAsText", calls: [2]int{1, 1}, state: StateActive, stopped: true, kind: adapters.ErrProtocol, alarms: 1},
		"too large":            {answer: says(200, strings.Repeat(" ", 2<<20)), calls: [2]int{1, 1}, state: StateActive, stopped: true, kind: adapters.ErrTooLarge, alarms: 1},
		"not found":            {answer: says(404, ""), calls: [2]int{1, 1}, state: StateActive, stopped: true, kind: adapters.ErrNotFound, alarms: 1},
		"forbidden":            {answer: says(403, ""), calls: [2]int{1, 1}, state: StateActive, stopped: true, kind: adapters.ErrForbidden, alarms: 1},
		"unauthorized":         {answer: says(401, ""), calls: [2]int{3, 3}, state: StateStopped, stopped: true, kind: adapters.ErrUnauthorized, alarms: 1},
		"consent":              {example: "consentExpired", calls: [2]int{1, 1}, state: StateConsentRequired, kind: adapters.ErrConsentRequired, alarms: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bank := newBank(t)
			if row.answer != nil {
				bank.answer(oddPath, row.answer)
			}
			if row.example != "" {
				bank.prefer(oddPath, row.example)
			}
			s := simulate(t, t.TempDir()+"/fleet.db", map[string]Connection{
				"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{odd, sound}},
			}, nil)
			bank.now = s.options.Now
			s.add(t, "shop")
			s.pass(t, weeks)
			calls := bank.called(oddPath)
			assert.GreaterOrEqual(t, calls, row.calls[0])
			assert.LessOrEqual(t, calls, row.calls[1])
			// The guard counts in milliseconds.
			assert.LessOrEqual(t, bank.most(oddPath, day-time.Millisecond), 4)
			connection := status(t, s.db, "shop")
			assert.Equal(t, row.state, connection.State)
			if row.state == StateActive {
				assert.GreaterOrEqual(t, bank.called(soundPath), 80)
				assert.WithinDuration(t, *s.clock, connection.Newest, 7*time.Hour)
			} else {
				assert.Equal(t, row.kind, connection.Kind)
			}
			account := accounts(t, s.db, "shop")[0]
			assert.Equal(t, row.kind, account.Kind)
			assert.Equal(t, row.stopped, account.Stopped)
			assert.Len(t, s.config.raised(), row.alarms)
			if row.stopped || row.state != StateActive {
				assert.True(t, account.NextAt.IsZero(), "nothing is due")
			}
			failures, err := s.db.Failures(t.Context(), account.ID, 1000)
			require.NoError(t, err)
			if row.kind == "" {
				assert.Empty(t, failures)
			} else {
				assert.Len(t, failures, calls)
			}
		})
	}
}

// A consent that ended stops its connection; another one in the configuration lets it go on by itself, and so does adding it
// again.
func TestAnotherConsentGoesOn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		for name, goOn := range map[string]func(t *testing.T, s *simulation, next Connection){
			"another consent": func(_ *testing.T, s *simulation, next Connection) { s.config.set("shop", next) },
			"added again":     func(t *testing.T, s *simulation, _ Connection) { s.add(t, "shop") },
		} {
			bank := newBank(t)
			bank.answer(oddPath, says(401, `{"tppMessages":[{"category":"ERROR","code":"CONSENT_EXPIRED"}],"_links":{"consent":{"href":"https://bank.example/consent"}}}`))
			entry := Connection{Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{odd, sound}}
			s := simulate(t, address, map[string]Connection{"shop": entry}, nil)
			s.add(t, "shop")
			s.pass(t, 3*day)
			was := status(t, s.db, "shop")
			assert.Equal(t, StateConsentRequired, was.State, name)
			assert.Equal(t, adapters.ErrConsentExpired, was.Consent)
			require.Len(t, s.config.raised(), 1)
			calls := bank.total()
			bank.answer(oddPath, nil)
			s.pass(t, day)
			assert.Equal(t, calls, bank.total(), "nothing is called before")
			other := entry
			other.Consent = "ffffffff-3d51-4bf5-8ced-ece2af35d431"
			other.Source = bank.mypos(t, other.Consent)
			goOn(t, s, other)
			s.pass(t, day)
			is := status(t, s.db, "shop")
			assert.Equal(t, StateActive, is.State)
			assert.Empty(t, is.ConsentLink)
			assert.WithinDuration(t, *s.clock, is.Oldest, 13*time.Hour)
			require.NoError(t, s.Forget(t.Context(), Forgotten{Connection: "shop"}))
		}
	})
}

// Accounts of a batch that fell out of step, such as by a failure of one of them, are asked together again, within the
// allowance.
func TestABatchGetsInStepAgain(t *testing.T) {
	t.Parallel()
	bank := newBank(t)
	const path = "/tokenio/account-balance"
	ids := []string{"a:8DbPteGnytmMbKXdnWTReeRB6cYWKXZ84JgLTBC7fKL4:5zKcENpV", "a:AWxpKtdFSQQ2UZVfJXCv7mUnTvs595oxebVf1EnxKCaC:5zKcENpV"}
	var asked []int
	bank.answer(path, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, len(r.URL.Query()["account_id"]))
		bank.good.ServeHTTP(w, r)
	})
	s := simulate(t, t.TempDir()+"/fleet.db", map[string]Connection{"home": {Source: bank.tokenio(t), Consent: "ta:1", Accounts: ids}}, nil)
	bank.now = s.options.Now
	s.add(t, "home")
	s.pass(t, time.Hour)
	for _, statement := range []string{"UPDATE fleet_account SET next_at = ? WHERE account_id LIKE '%AWx%'", "UPDATE fleet_unit SET next_at = ?"} {
		_, err := s.db.bound().exec(t.Context(), statement, instant{s.clock.Add(time.Minute)})
		require.NoError(t, err)
	}
	clear(s.units)
	s.pass(t, 3*day)
	require.Greater(t, len(asked), 10)
	assert.Equal(t, []int{2, 2, 2, 1}, asked[:4], "the fifth call of an account in a day is refused")
	assert.Equal(t, []int{2, 2, 2, 2, 2, 2, 2, 2}, asked[len(asked)-8:])
	assert.Equal(t, 1, bank.called("/tokenio/accounts/"+ids[1]+"/balance"), "a batch of one")
}

// An account that stopped goes on when its connection is added again.
func TestAStoppedAccountIsAddedAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		bank.answer(oddPath, says(200, "<html>"))
		s := simulate(t, address, map[string]Connection{"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{odd, sound}}}, nil)
		s.add(t, "shop")
		s.pass(t, 2*day)
		require.True(t, accounts(t, s.db, "shop")[0].Stopped)
		assert.Equal(t, 1, bank.called(oddPath))
		bank.answer(oddPath, nil)
		s.add(t, "shop")
		s.pass(t, time.Minute)
		is := accounts(t, s.db, "shop")[0]
		assert.False(t, is.Stopped)
		assert.Empty(t, is.Kind)
		assert.Len(t, is.Latest, 1)
	})
}

// The outcome of a call whose worker died is unknown, and so it stays: a worker that only seemed to be dead stores nothing.
func TestAnOutcomeThatIsUnknown(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		s := simulate(t, address, map[string]Connection{
			"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{sound}},
			"work": {Source: bank.neonomics(t), Consent: "session"},
		}, nil)
		s.add(t, "shop")
		s.add(t, "work")
		s.pass(t, time.Hour)
		ctx := t.Context()
		c := connectionRow{id: status(t, s.db, "shop").ID, name: "shop"}
		account := accounts(t, s.db, "shop")[0]
		var unit int64
		require.NoError(t, s.db.bound().row(ctx, "SELECT id FROM fleet_unit WHERE connection = ?", c.id).Scan(&unit))
		dead, err := s.begin(ctx, c.id, unit)
		require.NoError(t, err)
		list, err := s.begin(ctx, status(t, s.db, "work").ID, 0)
		require.NoError(t, err)
		assert.Equal(t, 2, rows(t, s.db, "fleet_call WHERE state = 'open'"))
		s.pass(t, day)
		assert.Zero(t, rows(t, s.db, "fleet_call WHERE state = 'open'"))
		assert.Equal(t, 1, status(t, s.db, "shop").UnknownOutcomes)
		assert.Equal(t, 1, status(t, s.db, "work").UnknownOutcomes)
		assert.Equal(t, 1, accounts(t, s.db, "shop")[0].UnknownOutcomes)
		before := rows(t, s.db, "fleet_balance")
		late := outcome{account: accountRow{id: account.ID}, balances: stored(account.Latest)}
		for _, call := range []int64{dead, list} {
			require.ErrorIs(t, s.storeOutcomes(ctx, c, call, []outcome{late}, callDone, 0, nil), errJudged)
		}
		assert.Equal(t, before, rows(t, s.db, "fleet_balance"))
		require.NoError(t, s.Forget(ctx, Forgotten{Connection: "shop"}))
		require.ErrorIs(t, s.storeOutcomes(ctx, c, dead, []outcome{late}, callDone, 0, nil), errEnded)
	})
}

// What the database refuses to store stops what it belongs to, so that no call is made for nothing again.
func TestAnOutcomeThatIsRefused(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		bank.answer(listPath, says(200, `[{"id":"a","balances":[{"amount":"1.50","currency":"NOK","type":"CLBD"}]}]`))
		s := simulate(t, address, map[string]Connection{
			"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{sound}},
			"work": {Source: bank.neonomics(t), Consent: "session"},
		}, nil)
		refuse := []string{"CREATE TRIGGER refuse BEFORE INSERT ON fleet_balance BEGIN SELECT RAISE(ABORT, 'refused'); END"}
		if s.db.pool != nil {
			refuse = []string{
				"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE SQLSTATE '54000'; END $$",
				"CREATE TRIGGER refuse BEFORE INSERT ON fleet_balance FOR EACH ROW EXECUTE FUNCTION refuse()",
			}
		}
		for _, statement := range refuse {
			_, err := s.db.SQL().ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		s.add(t, "shop")
		s.add(t, "work")
		s.pass(t, 2*day)
		assert.Equal(t, []int{1, 1}, []int{bank.called(soundPath), bank.called(listPath)})
		account := accounts(t, s.db, "shop")[0]
		assert.True(t, account.Stopped)
		assert.Equal(t, "the database refuses the outcome", account.Detail)
		assert.Equal(t, 1, account.UnknownOutcomes)
		assert.Equal(t, StateStopped, status(t, s.db, "work").State)
		assert.Len(t, s.config.raised(), 2)
	})
}

// many lists accounts.
type many struct {
	adapters.Base
	ids []string
}

func (m many) Accounts(context.Context, adapters.PSU) (all []adapters.Account, err error) {
	for _, id := range m.ids {
		all = append(all, adapters.Account{ID: id})
	}
	return all, nil
}

// A list is stored with a number of statements that does not follow that of the accounts.
func TestALargeList(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		const accounts = 5000
		bank := many{Base: "bank"}
		for i := range accounts {
			bank.ids = append(bank.ids, strconv.Itoa(i))
		}
		s := simulate(t, address, map[string]Connection{"large": {Source: bank, Consent: "consent"}}, func(o *Options) {
			o.Access = accessguard.Usual(specs.Limit{Calls: 4, Window: day})
		})
		s.add(t, "large")
		counted := &counting{on: s.db.db}
		c := connectionRow{id: status(t, s.db, "large").ID}
		o, err := s.open(t.Context(), "large")
		require.NoError(t, err)
		all, _, err := s.askList(t.Context(), o)
		require.NoError(t, err)
		_, err = s.sync(t.Context(), bound{counted, s.db.pool != nil}, c, o, *s.clock, all)
		require.NoError(t, err)
		assert.Equal(t, accounts, rows(t, s.db, "fleet_account a JOIN fleet_unit u ON u.id = a.unit AND u.connection = a.connection"))
		assert.Equal(t, accounts, rows(t, s.db, "fleet_unit"))
		assert.Less(t, counted.statements, 10*accounts/chunk)
	})
}

// counting is a database that counts statements.
type counting struct {
	on         querier
	statements int
}

func (c *counting) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	c.statements++
	return c.on.ExecContext(ctx, query, args...)
}

func (c *counting) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.statements++
	return c.on.QueryContext(ctx, query, args...)
}

func (c *counting) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	c.statements++
	return c.on.QueryRowContext(ctx, query, args...)
}

// Of two transactions that lock the same rows in another order, both succeed.
func TestLocksInAnotherOrder(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		db := open(t, address)
		s := newFleet(t, db, &configuration{}, nil)
		names := []string{"a", "b"}
		_, err := s.Add(t.Context(), slices.Values(names))
		require.NoError(t, err)
		var first sync.WaitGroup // both hold a row before either asks for the other one
		first.Add(len(names))
		ended := make(chan error, len(names))
		for i := range names {
			go func() {
				tries := 0
				ended <- db.transaction(t.Context(), func(tx bound) error {
					tries++
					for j := range names {
						if _, err := tx.exec(t.Context(), "UPDATE fleet_connection SET failed = failed + 1 WHERE name = ?", names[(i+j)%2]); err != nil {
							return err
						}
						if j == 0 && tries == 1 && db.pool != nil {
							first.Done()
							first.Wait()
						}
					}
					return nil
				})
			}()
		}
		for range names {
			require.NoError(t, <-ended)
		}
		assert.Equal(t, 2, rows(t, db, "fleet_connection WHERE failed = 2"))
	})
}

// A batch takes no more accounts than the contract says.
func TestUnitsOfABatch(t *testing.T) {
	t.Parallel()
	bank := newCounted(t, 0)
	w := work{Bank: bank.URL, Accounts: 250, Every: 6 * time.Hour, Calls: 4, Window: day, MaxWorkers: 1, RescueAfter: time.Hour}
	entry, err := w.open(t.Context(), "tokenio 0")
	require.NoError(t, err)
	s := simulate(t, t.TempDir()+"/fleet.db", map[string]Connection{"home": entry}, nil)
	s.add(t, "home")
	s.pass(t, time.Hour)
	assert.Equal(t, 3, rows(t, s.db, "fleet_unit"))
	assert.Equal(t, 3, rows(t, s.db, "fleet_call"))
	assert.Equal(t, 250, rows(t, s.db, "fleet_balance"))
	// Those that come later take the room that is left.
	entry.Accounts = append(entry.Accounts, "x", "y")
	s.config.set("home", entry)
	s.add(t, "home")
	s.pass(t, time.Hour)
	assert.Equal(t, 3, rows(t, s.db, "fleet_unit"))
	assert.Equal(t, 252, rows(t, s.db, "fleet_balance"))
}

// An allowance that belongs to the consent is shared by its accounts, none of which goes short.
func TestAnAllowanceOfTheConsentIsShared(t *testing.T) {
	t.Parallel()
	bank := newCounted(t, 0)
	w := work{Bank: bank.URL, Accounts: 3}
	entry, err := w.open(t.Context(), "mypos 0")
	require.NoError(t, err)
	s := simulate(t, t.TempDir()+"/fleet.db", map[string]Connection{"shop": entry}, func(o *Options) {
		o.Access = specs.Access{{Of: []specs.Call{specs.CallBalances}, Per: specs.PerConsent, Limits: []specs.Limit{{Calls: 4, Window: day}}}}
	})
	s.add(t, "shop")
	s.pass(t, 12*day)
	assert.LessOrEqual(t, bank.total(), 4*12)
	assert.GreaterOrEqual(t, bank.total(), 3*12)
	for account, calls := range bank.calls {
		assert.GreaterOrEqual(t, len(calls), 11, account)
	}
	assert.LessOrEqual(t, rows(t, s.db, "fleet_call WHERE state = 'refused'"), 4)
}

func TestStoredCanBeReadAgain(t *testing.T) {
	t.Parallel()
	amount, err := adapters.ParseAmount("4.200")
	require.NoError(t, err)
	is := Stored{CallID: 7, FetchedAt: start, Balance: adapters.Balance{Provider: "eika", Type: adapters.BalanceTypeExpected, Amount: amount, Currency: "EUR"}}
	text, err := json.Marshal(is)
	require.NoError(t, err)
	var again Stored
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, is, again)
	require.Error(t, json.Unmarshal([]byte(`{"callId": 8, "fetchedAt": "2026-11-30T06:00:00Z"}`), &again), "no amount")
	assert.Equal(t, is, again)
}
