package fleet

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// simulation runs the jobs of a fleet at the times of a clock of its own, one after the other, as the engine would.
type simulation struct {
	*Fleet
	config *configuration
	clock  *time.Time
	lists  map[int64]time.Time // when the jobs wake
	units  map[int64]time.Time
	due    map[int64]time.Time // of the units, as their rows said last
}

// start is any time.
var start = time.Date(2026, time.November, 30, 6, 0, 0, 0, time.UTC)

func simulate(t *testing.T, address string, entries map[string]Connection, change func(*Options)) *simulation {
	t.Helper()
	now := start
	s := &simulation{config: &configuration{entries: entries}, clock: &now, lists: map[int64]time.Time{}, units: map[int64]time.Time{}, due: map[int64]time.Time{}}
	s.Fleet = newFleet(t, open(t, address), s.config, func(o *Options) {
		o.Now = func() time.Time { return now }
		if change != nil {
			change(o)
		}
	})
	return s
}

// add adds a connection, and lets its job and those of its units wake.
func (s *simulation) add(t *testing.T, name string) {
	t.Helper()
	_, err := s.Add(t.Context(), func(yield func(string) bool) { yield(name) })
	require.NoError(t, err)
	s.lists[status(t, s.db, name).ID] = *s.clock
	clear(s.units)
}

// pass lets a time pass, and runs what wakes in it.
func (s *simulation) pass(t *testing.T, duration time.Duration) {
	t.Helper()
	for end := s.clock.Add(duration); ; {
		s.find(t)
		jobs, work := s.lists, s.list
		id, at := first(s.lists)
		if unit, wakes := first(s.units); id == 0 || unit != 0 && wakes.Before(at) {
			jobs, work, id, at = s.units, s.refresh, unit, wakes
		}
		if id == 0 || at.After(end) {
			*s.clock = end
			return
		}
		*s.clock = latest(*s.clock, at)
		next, err := work(context.Background(), id, at)
		if errors.Is(err, errEnded) {
			delete(jobs, id)
			continue
		}
		require.NoError(t, err)
		jobs[id] = latest(next, s.clock.Add(leastSnooze))
	}
}

// first returns the job that wakes first.
func first(jobs map[int64]time.Time) (id int64, at time.Time) {
	for i, wakes := range jobs {
		if id == 0 || wakes.Before(at) {
			id, at = i, wakes
		}
	}
	return id, at
}

// find finds the units that have got jobs, and those that are due earlier than before, whose jobs were woken.
func (s *simulation) find(t *testing.T) {
	t.Helper()
	rows, err := s.db.bound().query(t.Context(), "SELECT id, next_at FROM fleet_unit WHERE job IS NOT NULL AND next_at IS NOT NULL")
	type unit struct {
		id   int64
		next instant
	}
	all, err := collectRows(rows, err, func(scan func(...any) error) (u unit, err error) { return u, scan(&u.id, &u.next) })
	require.NoError(t, err)
	for _, u := range all {
		wakes, known := s.units[u.id]
		if !known || u.next.Before(s.due[u.id]) && u.next.Before(wakes) {
			s.units[u.id] = u.next.Time
		}
		s.due[u.id] = u.next.Time
	}
}
