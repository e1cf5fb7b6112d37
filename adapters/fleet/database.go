package fleet

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	_ "modernc.org/sqlite" // the embedded database
)

const (
	busyTimeout = 10 * time.Second // how long a statement waits for another process to let go of an SQLite file
	leastConns  = 16               // of PostgreSQL, unless the address says pool_max_conns

	deadlockTries = 10
	deadlockPause = 100 * time.Millisecond
)

// Database is where a fleet keeps what it knows. It is safe for concurrent use.
type Database struct {
	db   *sql.DB
	pool *pgxpool.Pool // nil: SQLite
	path string        // of the SQLite file
	file fs.FileInfo
}

var errGone = errors.New("the file of the database is there no more, or is another one")

// isGone reports whether the path of an SQLite file leads to another file than the one that is open, or to none.
func (d *Database) isGone() bool {
	if d.pool != nil {
		return false
	}
	there, err := os.Stat(d.path)
	return err != nil && errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(there, d.file)
}

// OpenDatabase opens a database and brings its tables to the version of this package, whoever of several processes comes
// first. The address is that of a PostgreSQL database (postgres:// or postgresql://), or else the path of an SQLite file, which
// is made, for its owner only, if it is not there. Tables of a later version are [ErrVersion] and are left as they are.
func OpenDatabase(ctx context.Context, address string) (*Database, error) {
	d, err := connect(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("fleet: open the database: %w", err)
	}
	if err := d.migrate(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("fleet: migrate the database: %w", err)
	}
	return d, nil
}

func connect(ctx context.Context, address string) (*Database, error) {
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return connectPostgreSQL(ctx, address)
	}
	return connectSQLite(ctx, address)
}

func connectPostgreSQL(ctx context.Context, address string) (*Database, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the address cannot be read") // its error repeats the address, and with it the password
	}
	if !strings.Contains(address, "pool_max_conns") {
		config.MaxConns = max(config.MaxConns, leastConns)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return &Database{db: stdlib.OpenDBFromPool(pool), pool: pool}, nil
}

func connectSQLite(ctx context.Context, path string) (*Database, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // SQLite gives -wal and -shm the same mode
	switch {
	case err == nil:
		err = file.Close()
	case errors.Is(err, fs.ErrPermission): // a file that can be read serves reads, if its folder takes a -shm
		err = nil
	}
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(" + strconv.FormatInt(busyTimeout.Milliseconds(), 10) + ")",
		"foreign_keys(1)", "synchronous(full)", "secure_delete(1)",
	}}
	address := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // as the engine's driver wants it
	d := &Database{db: db, path: path, file: info}
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if mode != "wal" {
		if err := db.QueryRowContext(ctx, "PRAGMA journal_mode = wal").Scan(&mode); err != nil {
			return nil, errors.Join(err, db.Close())
		}
	}
	return d, nil
}

// SQL returns the pool of connections, for programs that keep tables of their own in the same database. An SQLite file has one
// connection, so a query that is open keeps the fleet waiting.
func (d *Database) SQL() *sql.DB { return d.db }

// Pool returns PostgreSQL's pool of connections; nil for SQLite.
func (d *Database) Pool() *pgxpool.Pool { return d.pool }

// Close closes the database's connections. What works on it has to have ended.
func (d *Database) Close() error {
	err := d.db.Close()
	if d.pool != nil {
		d.pool.Close()
	}
	return err
}

// store is where the guards of all workers count.
func (d *Database) store() accessguard.Store {
	if d.pool != nil {
		return accessguard.SQL(d.db, accessguard.PlaceholderDollar)
	}
	return accessguard.SQL(d.db, accessguard.PlaceholderQuestionMark)
}

// querier is a database or a transaction.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// bound is a querier whose statements have question marks as placeholders, whatever the database wants.
type bound struct {
	on     querier
	dollar bool
}

func (d *Database) bound() bound { return bound{d.db, d.pool != nil} }

func (b bound) exec(ctx context.Context, query string, args ...any) (rows int64, err error) {
	result, err := b.on.ExecContext(ctx, b.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (b bound) query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return b.on.QueryContext(ctx, b.bind(query), args...)
}

func (b bound) row(ctx context.Context, query string, args ...any) *sql.Row {
	return b.on.QueryRowContext(ctx, b.bind(query), args...)
}

// time is the type of times.
func (b bound) time() string {
	if b.dollar {
		return "TIMESTAMPTZ"
	}
	return "TEXT"
}

func (b bound) bind(query string) string {
	if !b.dollar {
		return query
	}
	var text strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(query, "?")
		text.WriteString(before)
		if !found {
			return text.String()
		}
		text.WriteString("$" + strconv.Itoa(n))
		query = after
	}
}

// transaction makes several statements one. do is called again after others that did the same in another order ended it.
func (d *Database) transaction(ctx context.Context, do func(bound) error) error {
	for tries := 1; ; tries++ {
		err := d.transactionOnce(ctx, do)
		if state, _ := codesOf(err); tries == deadlockTries || !strings.HasPrefix(state, "40") || ctx.Err() != nil {
			return err
		}
		time.Sleep(rand.N(deadlockPause))
	}
}

func (d *Database) transactionOnce(ctx context.Context, do func(bound) error) error {
	tx, err := d.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(bound{tx, d.pool != nil}); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	return tx.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// collectRows reads all rows of a query.
func collectRows[T any](rows *sql.Rows, err error, scan func(row func(...any) error) (T, error)) (all []T, _ error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		one, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// passing reports whether the same transaction can succeed later: whatever failed but the statements themselves and their
// values, such as a server that restarts, a file that is busy, full or read-only
// (https://www.postgresql.org/docs/current/errcodes-appendix.html, https://www.sqlite.org/rescode.html).
func passing(err error) bool {
	switch state, code := codesOf(err); {
	case state != "":
		return !slices.ContainsFunc([]string{"22", "23", "42", "54"}, func(class string) bool { return strings.HasPrefix(state, class) })
	case code != 0:
		return !slices.Contains([]int{1, 19, 20}, code)
	}
	return err != nil && !errors.Is(err, sql.ErrNoRows) && !errors.Is(err, errJudged) && !errors.Is(err, errEnded)
}

// codesOf are the SQLSTATE of an error of PostgreSQL, and the primary code of one of SQLite.
func codesOf(err error) (state string, code int) {
	var postgres interface{ SQLState() string }
	if errors.As(err, &postgres) {
		state = postgres.SQLState()
	}
	var sqlite interface{ Code() int }
	if errors.As(err, &sqlite) {
		code = sqlite.Code() & 0xff
	}
	return state, code
}
