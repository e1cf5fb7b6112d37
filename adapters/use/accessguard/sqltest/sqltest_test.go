// Package sqltest tests the store of package accessguard that is an SQL database with real ones. It is a module of its
// own, so that their drivers are nobody else's dependencies.
package sqltest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/storetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
)

// database is where to open a store.
type database struct {
	driver      string
	address     string
	placeholder accessguard.Placeholder
}

func (d database) open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open(d.driver, d.address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// store opens one as a new process does.
func (d database) store(t *testing.T) accessguard.Store {
	return accessguard.SQL(d.open(t), d.placeholder)
}

func sqlite(t *testing.T) database {
	return database{"sqlite", "file:" + filepath.Join(t.TempDir(), "access.db"), accessguard.QuestionMark}
}

func TestSQLite(t *testing.T) { each(t, sqlite(t)) }

func TestSQLiteWithWriteAheadLog(t *testing.T) {
	db := sqlite(t)
	db.address += "?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)"
	each(t, db)
}

func TestPostgreSQL(t *testing.T) { each(t, database{"pgx", postgres(t), accessguard.Dollar}) }

func TestPostgreSQLSerializable(t *testing.T) {
	each(t, database{"pgx", postgres(t) + " default_transaction_isolation=serializable", accessguard.Dollar})
}

// each runs all tests of one database.
func each(t *testing.T, db database) {
	t.Run("store", func(t *testing.T) { storetest.Run(t, db.store) })
	t.Run("created by many at once", func(t *testing.T) { createdAtOnce(t, db) })
	t.Run("processes", func(t *testing.T) { processes(t, db) })
	t.Run("damaged", func(t *testing.T) { damaged(t, db) })
	t.Run("expired rows go", func(t *testing.T) { pruned(t, db) })
	t.Run("first version", func(t *testing.T) { firstVersion(t, db) })
	t.Run("later version", func(t *testing.T) { laterVersion(t, db) })
	t.Run("down", func(t *testing.T) { down(t, db) })
}

func createdAtOnce(t *testing.T, db database) {
	_, err := db.open(t).ExecContext(t.Context(), "DROP TABLE openbalances_access")
	require.NoError(t, err)
	var stores []accessguard.Store
	for range 8 {
		stores = append(stores, db.store(t))
	}
	bank := &storetest.Bank{}
	assert.Empty(t, storetest.Storm(t.Context(), bank, "created at once", []string{"account"}, 64, stores...))
	assert.Equal(t, 4, bank.Asked("account"))
}

// stormDriver, stormAddress and stormPlaceholder tell a process started by the tests on which database it makes calls.
const (
	stormDriver      = "ACCESSGUARD_STORM_DRIVER"
	stormAddress     = "ACCESSGUARD_STORM_ADDRESS"
	stormPlaceholder = "ACCESSGUARD_STORM_PLACEHOLDER"
)

func TestMain(m *testing.M) {
	if driver := os.Getenv(stormDriver); driver != "" {
		storm(driver, os.Getenv(stormAddress), accessguard.Placeholder(os.Getenv(stormPlaceholder)[0]))
		return
	}
	os.Exit(m.Run())
}

func storm(driver, address string, placeholder accessguard.Placeholder) {
	db, err := sql.Open(driver, address)
	if err != nil {
		panic(err)
	}
	bank := &storetest.Bank{}
	for _, err := range storetest.Storm(context.Background(), bank, "processes", []string{"account"}, 250,
		accessguard.SQL(db, placeholder)) {
		fmt.Fprintln(os.Stderr, err)
	}
	fmt.Println(bank.Asked("account"))
}

func processes(t *testing.T, db database) {
	var total atomic.Int64
	t.Run("at once", func(t *testing.T) {
		for range 4 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				command := exec.CommandContext(t.Context(), os.Args[0])
				command.Env = append(os.Environ(), stormDriver+"="+db.driver, stormAddress+"="+db.address,
					stormPlaceholder+"="+string(db.placeholder))
				out, err := command.CombinedOutput()
				require.NoError(t, err, string(out))
				passed, err := strconv.Atoi(strings.TrimSpace(string(out)))
				require.NoError(t, err)
				total.Add(int64(passed))
			})
		}
	})
	assert.EqualValues(t, 4, total.Load())
}

func damaged(t *testing.T, db database) {
	bank := &storetest.Bank{}
	require.Empty(t, storetest.Storm(t.Context(), bank, "damaged", []string{"account"}, 1, db.store(t)))
	_, err := db.open(t).ExecContext(t.Context(), "UPDATE openbalances_access SET record = '{'")
	require.NoError(t, err)
	failures := storetest.Storm(t.Context(), bank, "damaged", []string{"account"}, 1, db.store(t))
	require.Len(t, failures, 1)
	require.ErrorIs(t, failures[0], accessguard.ErrDamaged)
	require.ErrorIs(t, failures[0], adapters.ErrUnavailable)
	assert.Equal(t, 1, bank.Asked("account"))
}

func pruned(t *testing.T, db database) {
	connection := db.open(t)
	_, err := connection.ExecContext(t.Context(), "DELETE FROM openbalances_access")
	require.NoError(t, err)
	store, start := db.store(t), time.Now()
	for i := range 100 { // each may be forgotten a month after it is written
		now := start.Add(time.Duration(i) * 4 * 24 * time.Hour)
		require.NoError(t, store.Update(t.Context(), strconv.Itoa(i), now,
			func(accessguard.Record) accessguard.Record { return accessguard.Record{Blocked: now.Add(time.Hour)} }))
	}
	rows := 0
	require.NoError(t, connection.QueryRowContext(t.Context(), "SELECT count(*) FROM openbalances_access").Scan(&rows))
	assert.Less(t, rows, 12)
}

// firstVersion reads a table as the first version has made and filled it (commit cfbcae0).
func firstVersion(t *testing.T, db database) {
	text, err := os.ReadFile("testdata/first.sql")
	require.NoError(t, err)
	connection := db.open(t)
	for statement := range strings.SplitSeq("DROP TABLE openbalances_access;\n"+string(text), ";\n") {
		_, err := connection.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	storetest.RunFirstVersion(t, db.store(t))
}

// laterVersion refuses a table and a row of a later version, and leaves both as they are.
func laterVersion(t *testing.T, db database) {
	connection, bank := db.open(t), &storetest.Bank{}
	require.Empty(t, storetest.Storm(t.Context(), bank, "later", []string{"account"}, 1, db.store(t)))
	running := db.store(t) // has seen this version
	require.Empty(t, storetest.Storm(t.Context(), bank, "later", []string{"account"}, 1, running))
	_, err := connection.ExecContext(t.Context(), "UPDATE openbalances_access SET record = '3 whatever'")
	require.NoError(t, err)
	for _, account := range []string{"account", "new"} {
		failures := storetest.Storm(t.Context(), bank, "later", []string{account}, 1, db.store(t))
		require.Len(t, failures, 1)
		require.ErrorIs(t, failures[0], accessguard.ErrVersion)
	}
	failures := storetest.Storm(t.Context(), bank, "later", []string{"account"}, 1, running)
	require.Len(t, failures, 1)
	require.ErrorIs(t, failures[0], accessguard.ErrVersion)
	assert.Equal(t, 2, bank.Asked("account"))
	assert.Zero(t, bank.Asked("new"))
	left := 0
	require.NoError(t, connection.QueryRowContext(t.Context(),
		"SELECT count(*) FROM openbalances_access WHERE record <> '3 whatever'").Scan(&left))
	assert.Zero(t, left)
	_, err = connection.ExecContext(t.Context(), "DROP TABLE openbalances_access")
	require.NoError(t, err)
}

func down(t *testing.T, db database) {
	closed, err := sql.Open(db.driver, db.address)
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	bank := &storetest.Bank{}
	store := accessguard.SQL(closed, db.placeholder)
	failures := storetest.Storm(t.Context(), bank, "down", []string{"account"}, 3, store)
	assert.Len(t, failures, 3)
	for _, err := range failures {
		require.ErrorIs(t, err, adapters.ErrUnavailable)
	}
	assert.Zero(t, bank.Asked("account"))
	guarded, err := accessguard.New(bank, "down", store, &accessguard.Options{FailOpen: true})
	require.NoError(t, err)
	_, err = guarded.Balances(t.Context(), "account", adapters.Unattended())
	require.NoError(t, err)
}
