package fleet

import (
	"context"
	"time"
)

const (
	measureEvery = 10 * time.Second
	longestTrip  = time.Second // of a question that tells the time
)

// anchor is a moment by two clocks.
type anchor struct{ local, database time.Time }

// now is the time that all workers share. With PostgreSQL it is the database's, so that a worker whose own clock is wrong
// or jumps makes no call too early; a database in a file has the clock of its machine.
func (f *Fleet) now() time.Time {
	now := f.options.Now()
	if a := f.anchor.Load(); a != nil {
		now = a.database.Add(now.Sub(a.local)) // by the monotonic clock, unless Options.Now has none
	}
	return now.UTC().Truncate(time.Microsecond)
}

// measure asks the database for the time.
func (f *Fleet) measure(ctx context.Context) error {
	if f.db.pool == nil {
		return nil
	}
	asked := f.options.Now()
	var told instant
	if err := f.db.bound().row(ctx, "SELECT clock_timestamp()").Scan(&told); err != nil {
		return err
	}
	trip := f.options.Now().Sub(asked)
	if f.anchor.Load() == nil || trip >= 0 && trip < longestTrip {
		f.anchor.Store(&anchor{asked.Add(trip / 2), told.Time})
	}
	return nil
}

// watch measures until ctx ends. A question that fails is asked again the next time. It ends with an error if the file of the
// database is there no more: what would be stored in it would be lost.
func (f *Fleet) watch(ctx context.Context) error {
	ticker := time.NewTicker(measureEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if f.db.isGone() {
				return errGone
			}
			_ = f.measure(ctx)
		}
	}
}
