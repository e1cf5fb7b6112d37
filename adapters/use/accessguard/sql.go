package accessguard

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Placeholder is how a database writes the parameters of a statement.
type Placeholder byte

// The placeholders of the databases that the tests use, and others like them.
const (
	PlaceholderDollar       Placeholder = '$' // $1, $2: PostgreSQL
	PlaceholderQuestionMark Placeholder = '?' // SQLite
)

const (
	sqlAtOnce  = 8 // connections: a pool without limit would take all that the database has
	sqlPause   = 100 * time.Millisecond
	pruneEvery = time.Hour
	versionRow = "version" // is no key
	sweepRow   = "sweep"   // neither; its record is the time of the last sweep in Unix seconds
)

// SQLStore is a [Store] for fleets. Make it with [SQL].
type SQLStore struct {
	db          *sql.DB
	placeholder Placeholder
	turns       turns
	pruned      atomic.Int64 // when, in Unix seconds
}

// SQL returns a store that keeps its records in the table openbalances_access of a database, and creates the table
// unless it is there. It takes at most eight connections at once.
//
// Every record is one row. It is replaced by an UPDATE of that row as it was read, which one of several writers can
// win; the others read again. So it needs no transaction, no lock and no isolation level, but the reads must come from
// the database that takes the writes. Serialization failures, deadlocks and a busy SQLite are tried again, for ten
// seconds at most. A table of a later version is [ErrVersion] and is left as it is.
func SQL(db *sql.DB, placeholder Placeholder) *SQLStore {
	return &SQLStore{db: db, placeholder: placeholder, turns: newTurns(sqlAtOnce, sqlPause)}
}

// Update implements [Store].
func (s *SQLStore) Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error {
	return s.turns.take(ctx, func(ctx context.Context) (bool, error) {
		done, err := s.attempt(ctx, key, change)
		if done && err == nil {
			s.prune(ctx, now)
		}
		return done, err
	})
}

// attempt reports whether the record is what change made of it; false without error means that another writer was
// first, or that the table had to be made.
func (s *SQLStore) attempt(ctx context.Context, key string, change func(Record) Record) (bool, error) {
	version, old, err := s.read(ctx, key)
	if err != nil {
		return false, s.setUp(ctx, err)
	}
	record, err := fromRows(version, old)
	if err != nil {
		return false, err
	}
	changed := change(record)
	if changed.Equal(record) {
		return true, nil
	}
	body, err := json.Marshal(changed)
	if err != nil {
		return false, err
	}
	return s.replace(ctx, key, old, versioned(string(body)), changed.Expires().Unix()+1)
}

func fromRows(version string, old sql.NullString) (record Record, err error) {
	if _, err := unversioned(version); err != nil || !old.Valid {
		return record, err
	}
	body, err := unversioned(old.String)
	if err != nil {
		return record, err
	}
	return record, decode(body, &record)
}

// read returns the version of the table and the record of a key.
func (s *SQLStore) read(ctx context.Context, key string) (version string, record sql.NullString, err error) {
	const query = `SELECT v.record, r.record FROM openbalances_access v
		LEFT JOIN openbalances_access r ON r.id = ? WHERE v.id = '` + versionRow + "'"
	err = s.db.QueryRowContext(ctx, s.bind(query), key).Scan(&version, &record)
	return version, record, err
}

// setUp makes the table and writes its version, unless they are there or problem passes. Of several that make them at
// once all but one may fail.
func (s *SQLStore) setUp(ctx context.Context, problem error) error {
	if passing(problem) {
		return problem
	}
	_, failure := s.exec(ctx, `CREATE TABLE IF NOT EXISTS openbalances_access (
		id VARCHAR(64) NOT NULL PRIMARY KEY, record VARCHAR(8000) NOT NULL, expires BIGINT NOT NULL)`)
	if _, err := s.replace(ctx, versionRow, sql.NullString{}, versioned(""), math.MaxInt64); err != nil {
		return errors.Join(failure, err)
	}
	return nil
}

// replace writes a row if it still is, or is not there, as it was read. Databases report each in their own way that
// another writer was first to insert it, so the row itself is asked for.
func (s *SQLStore) replace(ctx context.Context, key string, old sql.NullString, text string, expires int64) (bool, error) {
	if old.Valid {
		const query = "UPDATE openbalances_access SET record = ?, expires = ? WHERE id = ? AND record = ?"
		result, err := s.exec(ctx, query, text, expires, key, old.String)
		if err != nil {
			return false, err
		}
		rows, err := result.RowsAffected()
		return rows == 1, err
	}
	_, err := s.exec(ctx, "INSERT INTO openbalances_access (id, record, expires) VALUES (?, ?, ?)", key, text, expires)
	if err != nil {
		if _, found, failure := s.read(ctx, key); found.Valid || passing(failure) {
			return false, failure
		}
	}
	return err == nil, err
}

// prune does now and then what prune of the other stores does. The record is written by then, so a failure is left for
// the next time.
func (s *SQLStore) prune(ctx context.Context, now time.Time) {
	tried := s.pruned.Load()
	if now.Sub(time.Unix(tried, 0)).Abs() < pruneEvery || !s.pruned.CompareAndSwap(tried, now.Unix()) {
		return
	}
	_, old, _ := s.read(ctx, sweepRow)
	text, _ := unversioned(old.String)
	last, _ := strconv.ParseInt(text, 10, 64)
	age := now.Sub(time.Unix(last, 0))
	if age >= 0 && age < sweepEvery {
		return
	}
	if age > 0 {
		_, _ = s.exec(ctx, "DELETE FROM openbalances_access WHERE expires < ?", time.Unix(last, 0).Add(-margin).Unix())
	}
	_, _ = s.replace(ctx, sweepRow, old, versioned(strconv.FormatInt(now.Unix(), 10)), math.MaxInt64)
}

func (s *SQLStore) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return s.db.ExecContext(ctx, s.bind(query), args...)
}

// bind writes the parameters of a statement as the database wants them.
func (s *SQLStore) bind(query string) string {
	for i := 1; s.placeholder == PlaceholderDollar && strings.Contains(query, "?"); i++ {
		query = strings.Replace(query, "?", "$"+strconv.Itoa(i), 1)
	}
	return query
}

// passing reports whether the same statement can succeed later: SQLSTATE 40001 and 40P01 of PostgreSQL's drivers, busy,
// locked and protocol of SQLite's, the last being a race of locks (https://www.sqlite.org/rescode.html#protocol).
func passing(err error) bool {
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return state.SQLState() == "40001" || state.SQLState() == "40P01"
	}
	var code interface{ Code() int }
	return errors.As(err, &code) && slices.Contains([]int{5, 6, 15}, code.Code()&0xff)
}
