// Package sqltest tests the store of package accessguard that is an SQL database with real ones. It is a module of its
// own, so that their drivers are nobody else's dependencies.
package sqltest

import (
	"database/sql"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/internal/storetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
)

// database is where to open a store: a driver, a space, and the driver's address.
type database string

func (d database) connect() *sql.DB {
	driver, address, _ := strings.Cut(string(d), " ")
	return must(sql.Open(driver, address))
}

func (d database) on(db *sql.DB) accessguard.Store {
	if strings.HasPrefix(string(d), "pgx ") {
		return accessguard.SQL(db, accessguard.PlaceholderDollar)
	}
	return accessguard.SQL(db, accessguard.PlaceholderQuestionMark)
}

// store opens one as a new process does.
func (d database) store(t *testing.T) accessguard.Store {
	db := d.connect()
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return d.on(db)
}

func TestMain(m *testing.M) {
	if flag.Parse(); control() == "" {
		_ = must(0, flag.Set("test.skip", "^Example")) // an example cannot skip itself
	}
	storetest.Main(m, func(address string) accessguard.Store { return database(address).on(database(address).connect()) })
}

func TestSQLite(t *testing.T) {
	for _, options := range []string{"", "?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)"} {
		each(t, database("sqlite file:"+filepath.Join(t.TempDir(), "access.db")+options))
	}
}

func TestPostgreSQL(t *testing.T) {
	address := postgres(t)
	for _, options := range []string{"", " default_transaction_isolation=serializable"} {
		each(t, database("pgx "+address+options))
	}
}

// each runs all tests of one database, which is empty before and after.
func each(t *testing.T, db database) {
	admin := db.connect()
	defer func() { require.NoError(t, admin.Close()) }()
	execute := func(t *testing.T, statement string) {
		_, err := admin.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	count := func(t *testing.T, condition string) (rows int) {
		query := "SELECT count(*) FROM openbalances_access WHERE " + condition
		require.NoError(t, admin.QueryRowContext(t.Context(), query).Scan(&rows))
		return rows
	}

	t.Run("store", func(t *testing.T) { storetest.Run(t, db.store) })
	assert.Less(t, count(t, "record LIKE '%blocked%'"), 12, "expired rows go")
	t.Run("processes", func(t *testing.T) { storetest.Processes(t, string(db)) })
	for _, row := range []struct {
		text, condition string
		want            error
		accounts        []string
	}{
		{"{", "id NOT IN ('version', 'sweep')", accessguard.ErrDamaged, []string{"account"}},
		{"null", "id NOT IN ('version', 'sweep')", accessguard.ErrDamaged, []string{"account"}},
		{"3 whatever", "id NOT IN ('version', 'sweep')", accessguard.ErrVersion, []string{"account"}},
		{"3 whatever", "id = 'version'", accessguard.ErrVersion, []string{"account", "new"}},
	} {
		t.Run(row.text+" where "+row.condition, func(t *testing.T) {
			execute(t, "DELETE FROM openbalances_access")
			running := db.store(t)
			require.Empty(t, storetest.Storm(t.Context(), &storetest.Bank{}, "consent", []string{"account"}, 1, running))
			execute(t, "UPDATE openbalances_access SET record = '"+row.text+"' WHERE "+row.condition)
			storetest.Refuses(t, running, row.want, row.accounts...)
			storetest.Refuses(t, db.store(t), row.want, row.accounts...)
			assert.Equal(t, 1, count(t, "record = '"+row.text+"'"), "left as it is")
			assert.Equal(t, 3, count(t, "0 = 0"))
		})
	}
	t.Run("first version", func(t *testing.T) { // as it has made and filled the table (commit cfbcae0)
		text, err := os.ReadFile("testdata/first.sql")
		require.NoError(t, err)
		for statement := range strings.SplitSeq("DROP TABLE openbalances_access;\n"+string(text), ";\n") {
			execute(t, statement)
		}
		storetest.RunFirstVersion(t, db.store(t))
		execute(t, "DROP TABLE openbalances_access")
	})
	t.Run("down", func(t *testing.T) {
		closed := db.connect()
		require.NoError(t, closed.Close())
		storetest.Refuses(t, db.on(closed), adapters.ErrUnavailable, "account", "new")
	})
}
