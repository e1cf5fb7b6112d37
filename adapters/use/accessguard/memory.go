package accessguard

import (
	"context"
	"sync"
	"time"
)

// minSweep is how many records a MemoryStore holds before it looks for expired ones.
const minSweep = 1024

// MemoryStore is a [Store] for one process. Make it with [Memory].
type MemoryStore struct {
	mu      sync.Mutex
	records map[string]Record
	sweepAt int
}

// Memory returns a store that forgets when the process ends. It holds at most twice the records that have not expired.
func Memory() *MemoryStore {
	return &MemoryStore{records: map[string]Record{}, sweepAt: minSweep}
}

// Update implements [Store].
func (s *MemoryStore) Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	record := change(s.records[key])
	if record.Expired(now) {
		delete(s.records, key)
		return nil
	}
	s.records[key] = record
	if len(s.records) > s.sweepAt {
		dropExpired(s.records, now)
		s.sweepAt = max(minSweep, 2*len(s.records))
	}
	return nil
}

func dropExpired(records map[string]Record, now time.Time) {
	for key, record := range records {
		if record.Expired(now) {
			delete(records, key)
		}
	}
}
