package accessguard

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Placeholder is how a database writes the parameters of a statement.
type Placeholder byte

// The placeholders of the databases that the tests use, and others like them.
const (
	Dollar       Placeholder = '$' // $1, $2: PostgreSQL
	QuestionMark Placeholder = '?' // SQLite
)

const (
	sqlTimeout = 10 * time.Second
	sqlAtOnce  = 8 // connections: a pool without limit would take all that the database has
	firstPause = time.Millisecond
	lastPause  = 100 * time.Millisecond
	pruneEvery = time.Hour
	versionRow = "version" // is no key
)

// SQLStore is a [Store] for fleets. Make it with [SQL].
type SQLStore struct {
	db          *sql.DB
	placeholder Placeholder
	turns       chan struct{}
	opened      atomic.Bool // the table is there and of this version
	mu          sync.Mutex  // of what follows
	pruned      time.Time
}

// SQL returns a store that keeps its records in the table openbalances_access of a database, and creates the table
// unless it is there. It takes at most eight connections at once.
//
// Every record is one row. It is replaced by an UPDATE of that row as it was read, which one of several writers can
// win; the others read again. So it needs no transaction, no lock and no isolation level, but the reads must come from
// the database that takes the writes. Serialization failures, deadlocks and a busy SQLite are tried again, for ten
// seconds at most. A table of a later version is [ErrVersion] and is left as it is.
func SQL(db *sql.DB, placeholder Placeholder) *SQLStore {
	return &SQLStore{db: db, placeholder: placeholder, turns: make(chan struct{}, sqlAtOnce)}
}

// Update implements [Store].
func (s *SQLStore) Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error {
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, sqlTimeout)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		won, err := s.attempt(ctx, key, now, change)
		if won || err != nil && !passing(err) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// attempt reports whether the record is what change made of it; false without error means that another writer was
// first.
func (s *SQLStore) attempt(ctx context.Context, key string, now time.Time, change func(Record) Record) (bool, error) {
	if opened, err := s.open(ctx); !opened {
		return false, err
	}
	old, found, err := s.read(ctx, key)
	if err != nil {
		return false, err
	}
	var record Record
	if found {
		record, err = readRow(old)
	}
	if err != nil {
		return false, err
	}
	changed := change(record)
	if changed.Equal(record) {
		return true, nil
	}
	won, err := s.replace(ctx, key, old, found, changed)
	if won {
		s.prune(ctx, now)
	}
	return won, err
}

// readRow reads a record: a version, a space and JSON.
func readRow(text string) (record Record, err error) {
	body, err := unversioned([]byte(text))
	if err != nil {
		return Record{}, err
	}
	if err := json.Unmarshal(body, &record); err != nil {
		return Record{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if string(body) == "null" {
		return Record{}, fmt.Errorf("%w: no record", ErrDamaged)
	}
	return record, nil
}

// open makes the table unless it is there, and reads or writes its version. Of several that make it at once all but one
// may fail; false without error means that another was first.
func (s *SQLStore) open(ctx context.Context) (bool, error) {
	if s.opened.Load() {
		return true, nil
	}
	text, found, err := s.read(ctx, versionRow)
	if err != nil {
		_, failure := s.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS openbalances_access (
			id VARCHAR(64) NOT NULL PRIMARY KEY, record VARCHAR(8000) NOT NULL, expires BIGINT NOT NULL)`)
		if text, found, err = s.read(ctx, versionRow); err != nil {
			return false, errors.Join(failure, err)
		}
	}
	if !found {
		if won, err := s.insert(ctx, versionRow, string(versioned(nil)), math.MaxInt64); !won || err != nil {
			return false, err
		}
	} else if _, err := unversioned([]byte(text)); err != nil {
		return false, err
	}
	s.opened.Store(true)
	return true, nil
}

func (s *SQLStore) read(ctx context.Context, key string) (text string, found bool, err error) {
	const query = "SELECT record FROM openbalances_access WHERE id = ?"
	err = s.db.QueryRowContext(ctx, s.bind(query), key).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return text, err == nil, err
}

// replace writes a record if the row is still as it was read.
func (s *SQLStore) replace(ctx context.Context, key, old string, found bool, record Record) (bool, error) {
	text, err := json.Marshal(record)
	if err != nil {
		return false, err
	}
	text = versioned(text)
	expires := record.Expires().Unix() + 1
	if !found {
		return s.insert(ctx, key, string(text), expires)
	}
	const query = "UPDATE openbalances_access SET record = ?, expires = ? WHERE id = ? AND record = ?"
	result, err := s.db.ExecContext(ctx, s.bind(query), string(text), expires, key, old)
	if err != nil {
		return false, err
	}
	rows, err := result.RowsAffected()
	return rows == 1, err
}

// insert adds the row. It fails when another writer was first, which databases report each in their own way, so the
// row itself is asked for.
func (s *SQLStore) insert(ctx context.Context, key, text string, expires int64) (bool, error) {
	const query = "INSERT INTO openbalances_access (id, record, expires) VALUES (?, ?, ?)"
	_, err := s.db.ExecContext(ctx, s.bind(query), key, text, expires)
	if err == nil {
		return true, nil
	}
	if _, found, failure := s.read(ctx, key); found || failure != nil {
		return false, failure
	}
	return false, err
}

// prune deletes what has expired, now and then. The record is written by then, so a failure is left for the next time.
func (s *SQLStore) prune(ctx context.Context, now time.Time) {
	s.mu.Lock()
	due := now.Sub(s.pruned).Abs() >= pruneEvery
	if due {
		s.pruned = now
	}
	s.mu.Unlock()
	if due {
		_, _ = s.db.ExecContext(ctx, s.bind("DELETE FROM openbalances_access WHERE expires < ?"), now.Add(-margin).Unix())
	}
}

// bind writes the parameters of a statement as the database wants them.
func (s *SQLStore) bind(query string) string {
	if s.placeholder != Dollar {
		return query
	}
	parts := strings.Split(query, "?")
	for i := range parts[1:] {
		parts[i] += "$" + strconv.Itoa(i+1)
	}
	return strings.Join(parts, "")
}

// passing reports whether the same statement can succeed later: SQLSTATE 40001 and 40P01 of PostgreSQL's drivers, busy
// and locked of SQLite's.
func passing(err error) bool {
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return state.SQLState() == "40001" || state.SQLState() == "40P01"
	}
	var code interface{ Code() int }
	return errors.As(err, &code) && (code.Code()&0xff == 5 || code.Code()&0xff == 6)
}
