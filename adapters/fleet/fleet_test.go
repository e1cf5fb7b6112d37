package fleet

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/adapters/tokenio"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// onEach runs a test with a new database of each kind.
func onEach(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "fleet.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		if testing.Short() {
			t.Skip("a server takes seconds to start")
		}
		t.Parallel()
		test(t, newDatabase(t))
	})
}

func open(t *testing.T, address string) *Database {
	t.Helper()
	db, err := OpenDatabase(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// consent is one as myPOS writes it.
const consent = "3c7816ee-3d51-4bf5-8ced-ece2af35d431"

// bank is the sandbox behind a handler that counts calls and can answer otherwise.
type bank struct {
	*httptest.Server
	mutex sync.Mutex
	now   func() time.Time
	calls map[string][]time.Time // by path
	odd   map[string]http.HandlerFunc
	good  http.Handler
}

func newBank(t *testing.T) *bank {
	t.Helper()
	examples, err := sandbox.New()
	require.NoError(t, err)
	b := &bank{now: time.Now, calls: map[string][]time.Time{}, odd: map[string]http.HandlerFunc{}, good: examples}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mutex.Lock()
		b.calls[r.URL.Path] = append(b.calls[r.URL.Path], b.now())
		odd := b.odd[r.URL.Path]
		b.mutex.Unlock()
		if odd != nil {
			odd(w, r)
			return
		}
		b.good.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *bank) answer(path string, handler http.HandlerFunc) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.odd[path] = handler
}

func (b *bank) called(path string) int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return len(b.calls[path])
}

// prefer answers with an example of the document.
func (b *bank) prefer(path, example string) {
	b.answer(path, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Prefer", "example="+example)
		b.good.ServeHTTP(w, r)
	})
}

// most returns how many calls of a path lay in any window.
func (b *bank) most(path string, window time.Duration) (most int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	calls := b.calls[path]
	for i, last := range calls {
		n := 0
		for _, call := range calls[:i+1] {
			if last.Sub(call) < window {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func (b *bank) total() (n int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, calls := range b.calls {
		n += len(calls)
	}
	return n
}

func (b *bank) options(provider string) *adapters.Options {
	return &adapters.Options{BaseURL: b.URL + "/" + provider, Now: func() time.Time { return b.now() }}
}

func (b *bank) mypos(t *testing.T, consent adapters.Secret) adapters.Source {
	t.Helper()
	client, err := mypos.New(mypos.Credentials{AccessToken: "token", APIKey: "key", ConsentID: consent}, b.options("mypos"))
	require.NoError(t, err)
	return client
}

func (b *bank) tokenio(t *testing.T) adapters.Source {
	t.Helper()
	client, err := tokenio.New(tokenio.Credentials{OnBehalfOf: "ta:1", APIKey: "key"}, b.options("tokenio"))
	require.NoError(t, err)
	return client
}

func (b *bank) neonomics(t *testing.T) adapters.Source {
	t.Helper()
	client, err := neonomics.New(neonomics.Credentials{AccessToken: "token", SessionID: "session", DeviceID: "device"}, b.options("neonomics"))
	require.NoError(t, err)
	return client
}

// configuration is what Options.Open reads.
type configuration struct {
	mutex   sync.Mutex
	entries map[string]Connection
	alarms  []Alarm
}

var errNoEntry = &adapters.Error{Kind: adapters.ErrInvalidArgument, Origin: adapters.OriginLocal, Operation: "open", Detail: "no such entry"}

func (c *configuration) open(_ context.Context, name string) (Connection, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	entry, ok := c.entries[name]
	if !ok {
		return entry, errNoEntry
	}
	return entry, nil
}

func (c *configuration) set(name string, entry Connection) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.entries[name] = entry
}

func (c *configuration) onAlarm(_ context.Context, a Alarm) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.alarms = append(c.alarms, a)
}

func (c *configuration) raised() []Alarm {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.alarms)
}

// newFleet returns a fleet whose log is the test's.
func newFleet(t *testing.T, db *Database, c *configuration, change func(*Options)) *Fleet {
	t.Helper()
	options := Options{Open: c.open, OnAlarm: c.onAlarm, Logger: slog.New(slog.NewTextHandler(logWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	if change != nil {
		change(&options)
	}
	f, err := New(db, &options)
	require.NoError(t, err)
	return f
}

type logWriter struct{ t *testing.T }

func (w logWriter) Write(line []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(line)))
	return len(line), nil
}

// working lets a fleet work until the test ends or stop is called.
func working(t *testing.T, f *Fleet) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.Work(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	return stop
}

// eventually waits for what a test cannot go on without.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, time.Minute, 20*time.Millisecond, what)
}

func accounts(t *testing.T, db *Database, connection string) []AccountStatus {
	t.Helper()
	all, err := db.Accounts(t.Context(), connection, "", 1000)
	require.NoError(t, err)
	return all
}

func status(t *testing.T, db *Database, connection string) ConnectionStatus {
	t.Helper()
	s, err := db.Connection(t.Context(), connection)
	require.NoError(t, err)
	return s
}

// plain writes all of balances but what differs from call to call.
func plain(t *testing.T, balances []adapters.Balance) string {
	t.Helper()
	for i := range balances {
		balances[i].ReceivedAt, balances[i].RequestID = time.Time{}, ""
	}
	body, err := json.MarshalIndent(append([]adapters.Balance{}, balances...), "", " ")
	require.NoError(t, err)
	return string(body)
}

func stored(all []Stored) (balances []adapters.Balance) {
	for _, s := range all {
		balances = append(balances, s.Balance)
	}
	return balances
}

// The accounts of connections by call, by batch and by list are each fetched once, and what is stored is what the adapter
// says.
func TestBalancesAreStoredAsFetched(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank, db := newBank(t), open(t, address)
		single, err := sandbox.Accounts("mypos")
		require.NoError(t, err)
		batch, err := sandbox.Accounts("tokenio")
		require.NoError(t, err)
		config := &configuration{entries: map[string]Connection{
			"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: single},
			"home": {Source: bank.tokenio(t), Consent: "ta:1", Accounts: batch},
			"work": {Source: bank.neonomics(t), Consent: "session"},
		}}
		f := newFleet(t, db, config, nil)
		added, err := f.Add(t.Context(), slices.Values([]string{"shop", "home", "work", "home"}))
		require.NoError(t, err)
		assert.Equal(t, 3, added)
		working(t, f)
		eventually(t, "all accounts are fetched", func() bool {
			s, err := db.Summary(t.Context())
			require.NoError(t, err)
			return s.Accounts > len(single)+len(batch) && s.NeverFetched == 0
		})
		psu := adapters.Unattended()
		calls := bank.total()
		assert.Equal(t, 1, bank.called("/tokenio/account-balance"))
		assert.Equal(t, 1, bank.called("/neonomics/ics/v3/accounts"))
		listed, err := bank.neonomics(t).AllBalances(t.Context(), psu)
		require.NoError(t, err)
		answers, err := bank.tokenio(t).BatchBalances(t.Context(), batch, psu)
		require.NoError(t, err)
		for _, id := range single {
			found, err := bank.mypos(t, consent).Balances(t.Context(), id, psu)
			answers = append(answers, adapters.AccountBalances{AccountID: id, Balances: found, Err: err})
		}
		got := map[string]AccountStatus{}
		for _, name := range []string{"shop", "home", "work"} {
			for _, a := range accounts(t, db, name) {
				got[a.AccountID] = a
			}
		}
		good, bad := 0, 0
		for _, want := range append(answers, listed...) {
			a := got[want.AccountID]
			if want.Err == nil {
				good++
				assert.Equal(t, plain(t, want.Balances), plain(t, stored(a.Latest)), want.AccountID)
				assert.False(t, a.FetchedAt.IsZero())
				assert.Empty(t, a.Kind)
				continue
			}
			bad++
			var failure *adapters.Error
			require.ErrorAs(t, want.Err, &failure)
			assert.Equal(t, failure.Kind, a.Kind, want.AccountID)
			assert.True(t, a.Stopped)
			assert.Empty(t, a.Latest)
			failures, err := db.Failures(t.Context(), a.ID, 10)
			require.NoError(t, err)
			require.Len(t, failures, 1)
			assert.Equal(t, failure.Detail, failures[0].Detail)
		}
		assert.Len(t, got, good+bad)
		assert.Greater(t, good, 20)
		assert.Greater(t, bad, 5)
		assert.Equal(t, len(single)+2, calls)
		assert.Len(t, config.raised(), bad)
	})
}

// When the work is told to stop, calls under way end, and their outcomes are stored; no further call is made.
func TestAGracefulStop(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank, db := newCounted(t, 300*time.Millisecond), open(t, address)
		w := work{Database: address, Bank: bank.URL, Accounts: 40, Every: time.Hour, MaxWorkers: 4, RescueAfter: time.Minute, Calls: 4, Window: time.Hour}
		f, err := New(db, w.options())
		require.NoError(t, err)
		_, err = f.Add(t.Context(), slices.Values([]string{"mypos 0"}))
		require.NoError(t, err)
		stop := working(t, f)
		eventually(t, "some are called", func() bool { return bank.total() > 4 })
		stop()
		called := bank.total()
		assert.Less(t, called, 40)
		assert.Equal(t, called, rows(t, db, "fleet_balance"))
		assert.Zero(t, rows(t, db, "fleet_call WHERE state <> 'done'"))
		assert.Zero(t, rows(t, db, "river_job WHERE state = 'running'"))
		working(t, f) // again
		eventually(t, "all are called", func() bool { return rows(t, db, "fleet_balance") == 40 })
		assert.Equal(t, 40, bank.total())
	})
}

// With PostgreSQL a worker goes by the database's clock, whatever its own says; a file has no clock.
func TestTheDatabasesClock(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		db := open(t, address)
		for _, off := range []time.Duration{-1000 * time.Hour, time.Hour} {
			f := newFleet(t, db, &configuration{}, func(o *Options) { o.Now = func() time.Time { return time.Now().Add(off) } })
			require.NoError(t, f.measure(t.Context()))
			want := time.Now()
			if db.pool == nil {
				want = want.Add(off)
			}
			assert.WithinDuration(t, want, f.now(), 10*time.Minute)
		}
	})
}
