package fleet

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func rows(t *testing.T, db *Database, table string) (n int) {
	t.Helper()
	require.NoError(t, db.bound().row(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// A renamed connection keeps what is known of it, and goes on under its new name.
func TestRename(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		entry := Connection{Source: newBank(t).mypos(t, consent), Consent: consent, Accounts: []string{sound}}
		s := simulate(t, address, map[string]Connection{"shop": entry, "store": entry, "other": entry}, nil)
		s.add(t, "shop")
		s.add(t, "other")
		s.pass(t, day)
		before := accounts(t, s.db, "shop")
		fetched := rows(t, s.db, "fleet_call")
		require.NoError(t, s.Rename(t.Context(), "shop", "store"))
		s.add(t, "store")
		s.pass(t, day)
		after := accounts(t, s.db, "store")
		require.Len(t, after, 1)
		assert.Equal(t, before[0].ID, after[0].ID)
		assert.True(t, after[0].FetchedAt.After(before[0].FetchedAt))
		assert.Greater(t, rows(t, s.db, "fleet_call"), fetched)
		assert.Equal(t, 2, rows(t, s.db, "fleet_connection"))
		require.ErrorIs(t, s.Rename(t.Context(), "shop", "mall"), ErrNotFound)
		require.EqualError(t, s.Rename(t.Context(), "store", "other"), "fleet: rename: another connection has the new name")
		require.EqualError(t, s.Rename(t.Context(), "store", ""), "fleet: rename: the new name is empty")
	})
}

// Forgetting erases facts and pending jobs, of one account or of a connection, and leaves those beside.
func TestForget(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		bank.answer(oddPath, says(500, ""))
		entry := Connection{Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{odd, sound}}
		s := simulate(t, address, map[string]Connection{"shop": entry, "other": entry}, nil)
		s.add(t, "shop")
		s.add(t, "other")
		s.pass(t, day)
		shop := accounts(t, s.db, "shop")
		require.Len(t, shop, 2)
		require.NoError(t, s.Forget(t.Context(), Forgotten{Account: shop[0].ID}))
		_, err := s.db.Account(t.Context(), shop[0].ID)
		require.ErrorIs(t, err, ErrNotFound)
		assert.Len(t, accounts(t, s.db, "shop"), 1)
		for _, table := range []string{"fleet_failure", "fleet_balance"} {
			var n int
			require.NoError(t, s.db.bound().row(t.Context(), "SELECT count(*) FROM "+table+" WHERE account = ?", shop[0].ID).Scan(&n))
			assert.Zero(t, n, table)
		}
		jobs := rows(t, s.db, "river_job WHERE kind = 'refresh'")
		assert.Equal(t, 3, jobs)

		require.NoError(t, s.Forget(t.Context(), Forgotten{Connection: "shop"}))
		assert.Equal(t, 2, rows(t, s.db, "river_job WHERE kind = 'refresh'"))
		assert.Equal(t, 1, rows(t, s.db, "river_job WHERE kind = 'list'"))
		other := accounts(t, s.db, "other")
		assert.Len(t, other, 2)
		require.NoError(t, s.Forget(t.Context(), Forgotten{Connection: "other"}))
		for _, table := range []string{"fleet_connection", "fleet_account", "fleet_unit", "fleet_call", "fleet_balance", "fleet_failure"} {
			assert.Zero(t, rows(t, s.db, table), table)
		}
		assert.Zero(t, rows(t, s.db, "river_job WHERE kind IN ('list', 'refresh')"))
		assert.NotZero(t, rows(t, s.db, "openbalances_access"), "what was spent stays spent")
		require.ErrorIs(t, s.Forget(t.Context(), Forgotten{Connection: "other"}), ErrNotFound)
		require.ErrorIs(t, s.Forget(t.Context(), Forgotten{Account: 7}), ErrNotFound)
		require.Error(t, s.Forget(t.Context(), Forgotten{}))
		s.pass(t, day) // the jobs find nothing to do
		assert.Zero(t, rows(t, s.db, "fleet_call"))
	})
}

// History older than Keep is deleted, but never the newest balances of an account.
func TestPrune(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		s := simulate(t, address, map[string]Connection{
			"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{odd, sound}},
		}, func(o *Options) { o.Keep = 2 * day })
		s.add(t, "shop")
		s.pass(t, 4*day)
		bank.answer(oddPath, says(500, ""))
		s.pass(t, 6*day)
		before := accounts(t, s.db, "shop")
		require.NoError(t, s.prune(t.Context()))
		after := accounts(t, s.db, "shop")
		assert.Equal(t, before, after)
		assert.Len(t, after[0].Latest, 1)
		old := instant{s.clock.Add(-2 * day)}
		for query, want := range map[string]int{
			"SELECT count(*) FROM fleet_call WHERE ended_at < ?":                                           1,
			"SELECT count(*) FROM fleet_balance b JOIN fleet_call k ON k.id = b.call WHERE k.ended_at < ?": 1,
			"SELECT count(*) FROM fleet_failure WHERE at < ?":                                              0,
		} {
			var n int
			require.NoError(t, s.db.bound().row(t.Context(), query, old).Scan(&n))
			assert.Equal(t, want, n, query)
		}
		assert.Greater(t, rows(t, s.db, "fleet_balance"), 5)
		assert.Greater(t, rows(t, s.db, "fleet_failure"), 5)
	})
}

// The files of a database are for their owner only.
func TestFileModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have other rights there")
	}
	folder := t.TempDir()
	db := open(t, filepath.Join(folder, "fleet.db"))
	_, err := newFleet(t, db, &configuration{}, nil).Add(t.Context(), slices.Values([]string{"a"}))
	require.NoError(t, err)
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 3, "-wal and -shm")
	for _, file := range files {
		info, err := file.Info()
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file.Name())
	}
}

// Paths with characters that an address would take for its own.
func TestFileNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "100%.db", "what?.db", "a#b.db", "ü&x=1.db"} {
		path := filepath.Join(t.TempDir(), name)
		open(t, path)
		_, err := os.Stat(path)
		require.NoError(t, err)
		files, err := os.ReadDir(filepath.Dir(path))
		require.NoError(t, err)
		for _, file := range files {
			assert.True(t, strings.HasPrefix(file.Name(), name), file.Name())
		}
	}
}

// Tables of the first version, with what it stored, are brought to this one and read.
func TestMigrationFromTheFirstVersion(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		raw, err := connect(t.Context(), address)
		require.NoError(t, err)
		kind := "sqlite"
		if raw.pool != nil {
			kind = "postgres"
		}
		for _, file := range []string{filepath.Join("migrations", kind, "0001.sql"), filepath.Join("testdata", "first.sql")} {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for statement := range strings.SplitSeq(string(text), ";\n") {
				_, err = raw.db.ExecContext(t.Context(), statement)
				require.NoError(t, err, statement)
			}
		}
		require.NoError(t, raw.Close())
		db := open(t, address)
		version, err := db.version(t.Context(), db.bound())
		require.NoError(t, err)
		steps, err := db.steps()
		require.NoError(t, err)
		assert.Len(t, steps, version)
		all := accounts(t, db, "shop")
		require.Len(t, all, 1)
		require.Len(t, all[0].Latest, 1)
		is := all[0].Latest[0]
		assert.Equal(t, "-4.200", is.Amount.String())
		assert.Equal(t, "PLN", is.Currency)
		assert.Equal(t, time.Date(2026, time.November, 30, 6, 0, 0, 123456000, time.UTC), is.AsOf)
		assert.Equal(t, "2026-11-29", is.ReferenceDate.String())
		assert.Equal(t, []string{"one", "two"}, is.Warnings)
		require.Len(t, is.CreditLines, 1)
		assert.Equal(t, "100.00", is.CreditLines[0].Amount.String())
		failures, err := db.Failures(t.Context(), all[0].ID, 10)
		require.NoError(t, err)
		assert.Len(t, failures, 1)
		shop := status(t, db, "shop")
		assert.Equal(t, 1, shop.UnknownOutcomes)
	})
}

// Several processes that open a new database at once all get it.
func TestOpenedAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		ended := make(chan error)
		for range 5 {
			go func() {
				db, err := OpenDatabase(t.Context(), address)
				if err == nil {
					err = db.Close()
				}
				ended <- err
			}()
		}
		for range 5 {
			require.NoError(t, <-ended)
		}
	})
}

// This module imports public packages of the other one only, and the other one nothing of this.
func TestImports(t *testing.T) {
	t.Parallel()
	const root = "github.com/openbalances/openbalances/"
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}{{"\n"}}{{join .TestImports "\n"}}{{"\n"}}{{join .XTestImports "\n"}}`, "./...").Output()
	require.NoError(t, err)
	paths := strings.Fields(string(out))
	assert.Contains(t, paths, root+"adapters/use/collect")
	for _, path := range paths {
		own := strings.HasPrefix(path, root+"adapters/fleet/")
		assert.False(t, strings.HasPrefix(path, root) && strings.Contains(path, "/internal/") && !own, path)
	}
	module, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	assert.NotContains(t, string(module), "replace", "go install of a version refuses it")
	sums, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	assert.NotContains(t, string(sums), strings.TrimSuffix(root, "/"))
	rootModule, err := os.ReadFile("../../go.mod")
	require.NoError(t, err)
	assert.NotContains(t, string(rootModule), "river")
}

// What is left of an allowance is what the guard of the workers has counted.
func TestLeft(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, address string) {
		bank := newBank(t)
		s := simulate(t, address, map[string]Connection{"shop": {Source: bank.mypos(t, consent), Consent: consent, Accounts: []string{sound}}}, nil)
		s.add(t, "shop")
		s.pass(t, time.Minute)
		left, err := s.Left(t.Context(), accounts(t, s.db, "shop")[0].ID)
		require.NoError(t, err)
		assert.True(t, left.Limited)
		assert.Equal(t, 3, left.Calls)
		_, err = s.Left(t.Context(), 1000)
		require.ErrorIs(t, err, ErrNotFound)
		s.config.set("shop", Connection{})
		_, err = s.Left(t.Context(), accounts(t, s.db, "shop")[0].ID)
		require.Error(t, err)
	})
}

func TestOptionsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "fleet.db"))
	for _, o := range []Options{
		{Every: -1}, {ListEvery: -1}, {Keep: -1}, {RescueAfter: time.Second}, {MaxWorkers: -1}, {MaxWorkers: 1 << 20},
	} {
		_, err := New(db, &o)
		require.Error(t, err)
	}
	_, err := New(nil, nil)
	require.Error(t, err)
	f, err := New(db, nil)
	require.NoError(t, err)
	require.Error(t, f.Work(t.Context()), "Open is missing")
}
