package fleet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Summary counts what a database holds.
type Summary struct {
	Version         int           // of the tables
	Connections     map[State]int // by state
	Accounts        int
	StoppedAccounts int
	FailingAccounts int
	Newest, Oldest  time.Time // the last good calls: of all accounts that have one and are neither closed nor gone
	NeverFetched    int       // accounts of active connections that are not closed, gone or stopped, and have no good call
	OpenCalls       int       // under way, or their worker has died
	UnknownOutcomes int
	Overdue         int // units of active connections that should have been worked on before
	// Problems says in words what is wrong with the database as a whole, such as that it takes no writes.
	Problems []string
}

// OverdueAfter is how late a call is that nobody seems to make.
const OverdueAfter = 10 * time.Minute

// Summary counts what the database holds, and says what is wrong with it.
func (d *Database) Summary(ctx context.Context) (Summary, error) {
	s := Summary{Connections: map[State]int{}}
	on := d.bound()
	var err error
	if s.Version, err = d.version(ctx, on); err != nil {
		return s, fmt.Errorf("fleet: read the summary: %w", err)
	}
	rows, err := on.query(ctx, "SELECT state, count(*) FROM fleet_connection GROUP BY state")
	_, err = collectRows(rows, err, func(row func(...any) error) (none struct{}, err error) {
		var state State
		var n int
		err = row(&state, &n)
		s.Connections[state] = n
		return none, err
	})
	if err != nil {
		return s, fmt.Errorf("fleet: read the summary: %w", err)
	}
	var newest, oldest instant
	err = on.row(ctx, `SELECT (SELECT count(*) FROM fleet_account), (SELECT count(*) FROM fleet_account WHERE stopped),
		(SELECT count(*) FROM fleet_account WHERE NOT stopped AND failed > 0),
		(SELECT max(fetched_at) FROM fleet_account WHERE state <> 'closed' AND unlisted_at IS NULL),
		(SELECT min(fetched_at) FROM fleet_account WHERE state <> 'closed' AND unlisted_at IS NULL),
		(SELECT count(*) FROM fleet_account a JOIN fleet_connection c ON c.id = a.connection WHERE c.state = 'active' AND NOT a.stopped
			AND a.state <> 'closed' AND a.unlisted_at IS NULL AND a.fetched_at IS NULL),
		(SELECT count(*) FROM fleet_call WHERE state = 'open'), (SELECT count(*) FROM fleet_call WHERE state = 'unknown'),
		(SELECT count(*) FROM fleet_unit u JOIN fleet_connection c ON c.id = u.connection WHERE c.state = 'active' AND u.next_at < ?)`,
		instant{time.Now().Add(-OverdueAfter)}).Scan(&s.Accounts, &s.StoppedAccounts, &s.FailingAccounts, &newest, &oldest,
		&s.NeverFetched, &s.OpenCalls, &s.UnknownOutcomes, &s.Overdue)
	if err != nil {
		return s, fmt.Errorf("fleet: read the summary: %w", err)
	}
	s.Newest, s.Oldest = newest.Time, oldest.Time
	if d.isGone() {
		s.Problems = append(s.Problems, errGone.Error())
	}
	if problem := d.writeProblem(ctx); problem != "" {
		s.Problems = append(s.Problems, problem)
	}
	return s, nil
}

// writeProblem says why the database takes no writes, "" if it does.
func (d *Database) writeProblem(ctx context.Context) string {
	_, err := d.bound().exec(ctx, "UPDATE fleet_meta SET version = version")
	if err == nil && !d.hasRoom() {
		return "the database takes no writes: " + full
	}
	if err != nil {
		return "the database takes no writes: " + problemOf(err)
	}
	return ""
}

const (
	full = "it is full"
	room = 1 << 20 // bytes that writes of the next minutes take at most
)

// hasRoom reports whether a file can still grow in the folder of an SQLite file, whose own free pages can hide for a while
// that it cannot.
func (d *Database) hasRoom() bool {
	if d.pool != nil {
		return true
	}
	file, err := os.CreateTemp(filepath.Dir(d.path), ".room")
	if err != nil {
		return true // its rights may not allow it, and that says nothing of room
	}
	_, err = file.Write(make([]byte, room))
	_ = file.Close()
	_ = os.Remove(file.Name())
	return err == nil
}

// problemOf says in words what a database's error means to whoever runs it.
func problemOf(err error) string {
	sqlState, number := codesOf(err)
	switch {
	case sqlState == "25006" || number == 8:
		return "it is read-only"
	case sqlState == "53100" || number == 13:
		return full
	case sqlState == "55P03" || number == 5 || number == 6:
		return "it is locked by another program"
	case sqlState == "42501" || number == 3 || number == 23:
		return "its rights do not allow it"
	case number == 11 || number == 26 || sqlState == "XX001":
		return "it is damaged"
	case number == 10 || number == 14:
		return "its file cannot be read or written"
	}
	return "it cannot be reached"
}
