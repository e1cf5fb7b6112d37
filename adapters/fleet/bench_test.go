//go:build linux

// The peak of memory is what Linux tells, in KiB.

package fleet

import (
	"context"
	"database/sql"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/stretchr/testify/require"
)

// instantly is a source that answers at once.
type instantly struct{ adapters.Base }

func (s instantly) Balances(_ context.Context, account string, _ adapters.PSU) ([]adapters.Balance, error) {
	amount, err := adapters.ParseAmount("1234.50")
	one := adapters.Balance{
		Provider: s.Provider(), AccountID: account, Type: adapters.BalanceTypeInterimAvailable, ProviderType: "available", Amount: amount,
		Currency: "EUR", ReceivedAt: time.Now(),
	}
	return []adapters.Balance{one, one}, err
}

const perConnection = 100

// throughput is a database with accounts that are due, and a fleet that has not begun.
type throughput struct {
	*Fleet
	stored atomic.Int64
}

func newThroughput(b *testing.B, address string, accounts int) *throughput {
	b.Helper()
	db, err := OpenDatabase(b.Context(), address)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	var ids []string
	for i := range perConnection {
		ids = append(ids, strconv.Itoa(i))
	}
	entry := Connection{Source: instantly{"instantly"}, Accounts: ids}
	f, err := New(db, &Options{MaxWorkers: 1000, Logger: quiet, Open: func(_ context.Context, name string) (Connection, error) {
		c := entry
		c.Consent = adapters.Secret(name)
		return c, nil
	}, Access: specs.Access{{Of: []specs.Call{specs.CallBalances}, Per: specs.PerAccount, Limits: []specs.Limit{{Calls: 4, Window: 24 * time.Hour}}}}})
	require.NoError(b, err)
	t := &throughput{Fleet: f}
	f.onStore = func(int64) { t.stored.Add(1) }
	var names []string
	for i := range accounts / perConnection {
		names = append(names, "connection "+strconv.Itoa(i))
	}
	_, err = f.Add(b.Context(), slices.Values(names))
	require.NoError(b, err)
	all, err := db.Connections(b.Context(), "", len(names))
	require.NoError(b, err)
	for _, c := range all {
		_, err := f.list(b.Context(), c.ID, time.Now())
		require.NoError(b, err)
	}
	return t
}

// measure tells how many jobs a second are done until all are.
func measured(b *testing.B, jobs int, done *atomic.Int64, work func(ctx context.Context) error) float64 {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	started := time.Now()
	go func() { ended <- work(ctx) }()
	for done.Load() < int64(jobs) {
		time.Sleep(time.Millisecond)
		require.Less(b, time.Since(started), 5*time.Minute)
	}
	took := time.Since(started)
	stop()
	require.NoError(b, <-ended)
	return float64(jobs) / took.Seconds()
}

func (t *throughput) fleet(b *testing.B, jobs int) float64 {
	rate := measured(b, jobs, &t.stored, t.Work)
	var stored int
	require.NoError(b, t.db.bound().row(b.Context(), "SELECT count(*) FROM fleet_balance").Scan(&stored))
	require.Equal(b, 2*jobs, stored)
	return rate
}

// handArgs are those of a job written by hand.
type handArgs struct {
	Unit int64 `json:"unit" river:"unique"`
}

func (handArgs) Kind() string { return "hand" }

// byHand works with a client of the engine's own, and one job for each unit, which is unique like the fleet's.
func (t *throughput) byHand(b *testing.B, work func(ctx context.Context, unit int64) error) float64 {
	b.Helper()
	_, err := t.db.bound().exec(b.Context(), "DELETE FROM river_job")
	require.NoError(b, err)
	workers := river.NewWorkers()
	var done atomic.Int64
	river.AddWorker(workers, river.WorkFunc(func(ctx context.Context, job *river.Job[handArgs]) error {
		err := work(ctx, job.Args.Unit)
		done.Add(1)
		return err
	}))
	config := &river.Config{Queues: map[string]river.QueueConfig{queue: {MaxWorkers: 1000}}, Workers: workers, Logger: quiet}
	var client engine
	if t.db.pool != nil {
		client, err = river.NewClient[pgx.Tx](riverpgxv5.New(t.db.pool), config)
	} else {
		config.PollOnly = true
		client, err = river.NewClient[*sql.Tx](riversqlite.New(t.db.db), config)
	}
	require.NoError(b, err)
	rows, err := t.db.bound().query(b.Context(), "SELECT id FROM fleet_unit")
	units, err := collectRows(rows, err, scanID)
	require.NoError(b, err)
	for some := range slices.Chunk(units, chunk) {
		var params []river.InsertManyParams
		for _, unit := range some {
			unique := river.UniqueOpts{ByArgs: true, ByState: unfinished}
			params = append(params, river.InsertManyParams{Args: handArgs{unit}, InsertOpts: &river.InsertOpts{Queue: queue, UniqueOpts: unique}})
		}
		_, err := client.InsertMany(b.Context(), params)
		require.NoError(b, err)
	}
	return measured(b, len(units), &done, func(ctx context.Context) error {
		if err := client.Start(ctx); err != nil {
			return err
		}
		<-client.Stopped()
		return nil
	})
}

func (t *throughput) hand(b *testing.B, _ int) float64 {
	return t.byHand(b, func(ctx context.Context, unit int64) error {
		var connection, account int64
		var name, id string
		on := t.db.bound()
		err := on.row(ctx, `SELECT c.id, c.name, a.id, a.account_id FROM fleet_account a JOIN fleet_connection c ON c.id = a.connection
			WHERE a.unit = ?`, unit).Scan(&connection, &name, &account, &id)
		if err != nil {
			return err
		}
		guard, err := t.guard(Connection{Source: instantly{"instantly"}, Consent: adapters.Secret(name)})
		if err != nil {
			return err
		}
		call, err := t.begin(ctx, connection, unit)
		if err != nil {
			return err
		}
		balances, err := guard.Balances(ctx, id, adapters.Unattended())
		if err != nil {
			return err
		}
		now := t.now()
		next := instant{now.Add(6 * time.Hour)}
		err = t.db.transaction(ctx, func(tx bound) error {
			if _, err := tx.exec(ctx, "UPDATE fleet_call SET state = 'done', ended_at = ? WHERE id = ? AND state = 'open'", instant{now}, call); err != nil {
				return err
			}
			one := outcome{account: accountRow{id: account}, balances: balances, next: next.Time}
			if err := storeBalances(ctx, tx, call, now, one); err != nil {
				return err
			}
			_, err := tx.exec(ctx, "UPDATE fleet_unit SET next_at = ? WHERE id = ?", next, unit)
			return err
		})
		if err != nil {
			return err
		}
		return river.JobSnooze(6 * time.Hour)
	})
}

func (t *throughput) noop(b *testing.B, _ int) float64 {
	return t.byHand(b, func(context.Context, int64) error { return nil })
}

// BenchmarkThroughput prints how many jobs a second the fleet does, beside jobs written by hand with the same writes and
// jobs that do nothing. Each is measured on a new database, three times in turn; the best counts.
func BenchmarkThroughput(b *testing.B) {
	server := ownServer(b, "on")
	databases := 0
	for name, row := range map[string]struct {
		address func() string
		jobs    int
	}{
		"SQLite":     {func() string { return filepath.Join(b.TempDir(), "fleet.db") }, 500},
		"PostgreSQL": {func() string { databases++; return server.create(b, "bench"+strconv.Itoa(databases)) }, 10000},
	} {
		b.Run(name, func(b *testing.B) {
			best := map[string]float64{}
			for range 3 {
				for kind, run := range map[string]func(*throughput, *testing.B, int) float64{
					"fleet": (*throughput).fleet, "hand": (*throughput).hand, "noop": (*throughput).noop,
				} {
					rate := run(newThroughput(b, row.address(), row.jobs), b, row.jobs)
					b.Logf("%s: %.0f jobs/s", kind, rate)
					best[kind] = max(best[kind], rate)
				}
			}
			for kind, rate := range best {
				b.ReportMetric(rate, kind+"-jobs/s")
			}
			b.ReportMetric(best["fleet"]/best["hand"], "fleet/hand")
			b.ReportMetric(best["fleet"]/best["noop"], "fleet/noop")
		})
	}
}

// BenchmarkScaling prints how much more several processes do than one, each with five workers, at a bank that takes 50 ms.
func BenchmarkScaling(b *testing.B) {
	server := ownServer(b, "on")
	rates := map[int]float64{}
	for _, processes := range []int{1, 2, 4} {
		bank := newCounted(b, 50*time.Millisecond)
		w := work{
			Database: server.create(b, "scaling"+strconv.Itoa(processes)), Bank: bank.URL, Accounts: perConnection, Every: 6 * time.Hour,
			RescueAfter: time.Hour, MaxWorkers: 5, Calls: 4, Window: 24 * time.Hour, Stored: filepath.Join(b.TempDir(), "stored"),
		}
		db, err := OpenDatabase(b.Context(), w.Database)
		require.NoError(b, err)
		f, err := New(db, w.options())
		require.NoError(b, err)
		jobs := 500 * processes
		for i := range jobs / perConnection {
			name := "mypos " + strconv.Itoa(i)
			_, err = f.Add(b.Context(), slices.Values([]string{name}))
			require.NoError(b, err)
			c, err := db.Connection(b.Context(), name)
			require.NoError(b, err)
			_, err = f.list(b.Context(), c.ID, time.Now())
			require.NoError(b, err)
		}
		var started []*exec.Cmd
		for range processes {
			started = append(started, w.start(b))
		}
		warm := jobs / 5 // until all processes work
		for bank.total() < warm {
			time.Sleep(time.Millisecond)
		}
		since, from := time.Now(), bank.total()
		for bank.total() < jobs-warm {
			time.Sleep(time.Millisecond)
		}
		rates[processes] = float64(bank.total()-from) / time.Since(since).Seconds()
		for _, p := range started {
			require.NoError(b, p.Process.Signal(syscall.SIGTERM))
			require.NoError(b, p.Wait())
		}
		require.NoError(b, db.Close())
	}
	for processes, rate := range rates {
		b.ReportMetric(rate, strconv.Itoa(processes)+"-processes-calls/s")
		b.ReportMetric(rate/rates[1], strconv.Itoa(processes)+"/1")
	}
}

// BenchmarkMemory prints the peak memory of a process that adds ten thousand connections, and of one that adds a million.
func BenchmarkMemory(b *testing.B) {
	server := ownServer(b, "off")
	for _, n := range []int{10_000, 1_000_000} {
		w := work{Database: server.create(b, "memory"+strconv.Itoa(n)), Add: n, Calls: 4, Window: time.Hour}
		started := time.Now()
		process := w.start(b)
		require.NoError(b, process.Wait())
		peak := process.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10 // on Linux in KiB
		b.ReportMetric(float64(peak), fmt.Sprintf("MiB-for-%d", n))
		b.ReportMetric(float64(n)/time.Since(started).Seconds(), fmt.Sprintf("added/s-of-%d", n))
	}
}
