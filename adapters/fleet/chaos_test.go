package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	chaosWindow = time.Minute
	chaosCalls  = 4 // of an account in a window
)

// counted is a bank that has any account and counts calls by account. The amount of a balance is the number of the call.
type counted struct {
	*httptest.Server
	mutex sync.Mutex
	calls map[string][]time.Time // by account, as they came
}

func newCounted(t testing.TB, pause time.Duration) *counted {
	t.Helper()
	c := &counted{calls: map[string][]time.Time{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mypos/v1/accounts/{id}/balances", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"account":{"accountNumber":%q},"balances":[{"amount":%d.00,"currency":"EUR","balanceType":"available"}]}`,
			r.PathValue("id"), c.count(r.PathValue("id")))
		time.Sleep(pause)
	})
	element := func(id string) string {
		return fmt.Sprintf(`{"balance":{"accountId":%q,"current":{"currency":"EUR","value":"%d.00"}},"status":"SUCCESSFUL_REQUEST"}`, id, c.count(id))
	}
	mux.HandleFunc("GET /tokenio/account-balance", func(w http.ResponseWriter, r *http.Request) {
		var all []string
		for _, id := range r.URL.Query()["account_id"] {
			all = append(all, element(id))
		}
		time.Sleep(pause)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"response":[%s]}`, strings.Join(all, ","))
	})
	mux.HandleFunc("GET /tokenio/accounts/{id}/balance", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, element(r.PathValue("id")))
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *counted) count(account string) int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.calls[account] = append(c.calls[account], time.Now())
	return len(c.calls[account])
}

func (c *counted) total() (n int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, calls := range c.calls {
		n += len(calls)
	}
	return n
}

// chaos is what happens to workers.
type chaos struct {
	work        work
	connections []string
	workers     int
	lasts       time.Duration // how long workers are killed
	killEvery   time.Duration
	kills       int
	disturb     func() // once, in the middle
}

// Workers die, the database restarts, a clock is wrong: see the assertions.
func TestChaosOnPostgreSQL(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute and a half")
	}
	server := ownServer(t, "off")
	c := chaos{
		work:    work{Database: server.address("postgres"), Accounts: 100, MaxWorkers: 10},
		workers: 4, lasts: 36 * time.Second, killEvery: 3 * time.Second, kills: 1000,
		disturb: func() {
			server.stop(t, "immediate")
			server.start(t, "off")
		},
	}
	for i := range 10 {
		c.connections = append(c.connections, fmt.Sprintf("mypos %d", i), fmt.Sprintf("tokenio %d", i))
	}
	c.run(t)
}

// One of two workers is killed once.
func TestChaosOnSQLite(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute")
	}
	c := chaos{
		work:        work{Database: filepath.Join(t.TempDir(), "fleet.db"), Accounts: 50, MaxWorkers: 10},
		connections: []string{"mypos 0", "mypos 1", "tokenio 0", "tokenio 1"},
		workers:     2, lasts: 12 * time.Second, killEvery: 5 * time.Second, kills: 1, disturb: func() {},
	}
	c.run(t)
}

func (c chaos) run(t *testing.T) {
	bank := newCounted(t, 150*time.Millisecond)
	c.work.Bank, c.work.Every, c.work.RescueAfter = bank.URL, 15*time.Second, 10*time.Second
	c.work.Stored = filepath.Join(t.TempDir(), "stored")
	c.work.Calls, c.work.Window = chaosCalls, chaosWindow
	db := open(t, c.work.Database)
	observer, err := New(db, c.work.options())
	require.NoError(t, err)
	_, err = observer.Add(t.Context(), slices.Values(c.connections))
	require.NoError(t, err)

	processes := make([]*exec.Cmd, c.workers)
	begin := func(i int) {
		w := c.work
		if i == 0 {
			w.Off = 30 * time.Second
		}
		processes[i] = w.start(t)
	}
	for i := range processes {
		begin(i)
	}
	killed := 0
	for started, disturbed := time.Now(), false; time.Since(started) < c.lasts; {
		time.Sleep(c.killEvery)
		if killed < c.kills {
			i := rand.N(c.workers)
			require.NoError(t, processes[i].Process.Kill())
			_ = processes[i].Wait()
			begin(i)
			killed++
		}
		if !disturbed && time.Since(started) > c.lasts/2 {
			disturbed = true
			c.disturb()
		}
	}
	calm := time.Now()
	accounts := len(c.connections) * c.work.Accounts
	var stale int
	fresh := assert.Eventually(t, func() bool {
		err := db.bound().row(t.Context(), "SELECT ? - count(*) FROM fleet_account WHERE fetched_at > ? AND kind = ''", accounts, instant{calm}).Scan(&stale)
		return err == nil && stale == 0
	}, 2*time.Minute, 200*time.Millisecond, "every account is fresh again")
	t.Logf("%d accounts, %d calls, %d kills; fresh again after %s, %d stale", accounts, bank.total(), killed, time.Since(calm).Round(time.Second), stale)
	if !fresh {
		summary, err := db.Summary(t.Context())
		t.Logf("%+v %v", summary, err)
		connections, err := db.Connections(t.Context(), "", 2)
		t.Logf("%+v %v", connections, err)
	}
	for _, p := range processes {
		require.NoError(t, p.Process.Signal(syscall.SIGTERM))
	}
	for _, p := range processes {
		require.NoError(t, p.Wait(), "a graceful stop")
	}
	c.check(t, observer, bank, killed)
}

func (c chaos) check(t *testing.T, f *Fleet, bank *counted, killed int) {
	one := func(query string, args ...any) (n int) {
		require.NoError(t, f.db.bound().row(t.Context(), query, args...).Scan(&n), query)
		return n
	}
	assert.Zero(t, one("SELECT count(*) FROM (SELECT 1 FROM fleet_balance GROUP BY account, amount HAVING count(*) > 1) AS twice"),
		"no outcome is stored twice")

	text, err := os.ReadFile(c.work.Stored)
	require.NoError(t, err)
	told := strings.Fields(string(text))
	assert.Greater(t, len(told), len(c.connections)*3)
	for _, line := range told {
		call, err := strconv.ParseInt(line, 10, 64)
		require.NoError(t, err)
		require.Equal(t, 1, one("SELECT count(*) FROM fleet_call WHERE id = ? AND state IN ('done', 'refused')", call), "every outcome that a worker committed is there")
		if one("SELECT count(*) FROM fleet_call WHERE id = ? AND state = 'done'", call) == 1 {
			require.NotZero(t, one("SELECT count(*) FROM fleet_balance WHERE call = ?", call))
		}
	}

	unknown := one("SELECT count(*) FROM fleet_call WHERE state = 'unknown'")
	assert.LessOrEqual(t, unknown, killed*c.work.MaxWorkers, "outcomes are unknown of calls whose worker was killed")
	assert.Zero(t, one("SELECT count(*) FROM fleet_call WHERE state = 'open'"), "every call has been judged")
	stored := one("SELECT count(*) FROM fleet_balance")
	lost := one(`SELECT count(*) FROM fleet_call k JOIN fleet_account a ON a.unit = k.unit WHERE k.state = 'unknown'`)
	assert.LessOrEqual(t, stored, bank.total())
	assert.GreaterOrEqual(t, stored+lost, bank.total(), "every call has an outcome, or one that is unknown")

	most := 0
	for account, calls := range bank.calls {
		for i := range calls {
			n := 0
			for _, call := range calls[:i+1] {
				if calls[i].Sub(call) < chaosWindow {
					n++
				}
			}
			most = max(most, n)
			require.LessOrEqual(t, n, chaosCalls, "no account has more calls in any window than its allowance: %s", account)
		}
	}
	t.Logf("%d balances stored, %d outcomes unknown, of %d accounts; at most %d calls of an account in a window", stored, unknown, lost, most)

	// What was sent stays counted, whether its outcome is known or not.
	for _, name := range c.connections {
		entry, err := c.work.open(context.Background(), name)
		require.NoError(t, err)
		guard, err := f.guard(entry)
		require.NoError(t, err)
		for _, account := range entry.Accounts[:20] {
			left, err := guard.Left(t.Context(), account)
			require.NoError(t, err)
			now := time.Now()
			sent := slices.DeleteFunc(slices.Clone(bank.calls[account]), func(call time.Time) bool { return now.Sub(call) > chaosWindow-time.Second })
			assert.LessOrEqual(t, left.Calls, chaosCalls-len(sent), account)
		}
	}
}
