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

// Memory returns a store that forgets when the process ends. It holds at most twice the records that have not expired.
func Memory() *MemoryStore { return &MemoryStore{records: map[string]Record{}} }

// Update implements [Store].
func (s *MemoryStore) Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.records[key] = change(s.records[key]); s.records[key].Expired(now) {
		delete(s.records, key)
	}
	if len(s.records) > max(minSweep, 2*s.kept) {
		prune(s.records, now)
		s.kept = len(s.records)
	}
	return nil
}

func prune(records map[string]Record, now time.Time) {
	maps.DeleteFunc(records, func(_ string, r Record) bool { return r.Expired(now) })
}
