package accessguard

import (
	"context"
	"maps"
	"sync"
	"time"
)

// minSweep is how many records a MemoryStore holds before it looks for expired ones.
const minSweep = 1024

// MemoryStore is a [Store] for one process. Make it with [Memory].
type MemoryStore struct {
	mu      sync.Mutex
	records map[string]Record
	kept    int // by the last sweep
}

// Memory returns a store that forgets when the process ends. It holds at most twice the records that are of use.
func Memory() *MemoryStore { return &MemoryStore{records: map[string]Record{}} }

// Update implements [Store].
func (s *MemoryStore) Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.records[key] = change(s.records[key]); s.records[key].Equal(Record{}) {
		delete(s.records, key)
	}
	if len(s.records) > max(minSweep, 2*s.kept) {
		prune(s.records, now)
		s.kept = len(s.records)
	}
	return nil
}

// sweep is where records hold the time of the last sweep.
const sweep = "sweep"

// prune deletes what had expired at the last sweep, of whose time the clock is a day ahead at least: if it is wrong for a
// moment, it has been right before.
func prune(records map[string]Record, now time.Time) {
	last := records[sweep].Blocked
	age := now.Sub(last)
	if age >= 0 && age < sweepEvery {
		return
	}
	if age > 0 {
		maps.DeleteFunc(records, func(_ string, r Record) bool { return r.Expired(last) })
	}
	records[sweep] = Record{Blocked: now}
}
