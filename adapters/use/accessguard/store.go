package accessguard

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ErrDamaged says that a store holds something that it has not written.
var ErrDamaged = errors.New("access guard: the stored records are damaged")

// Store keeps a [Record] for every key, which is 64 hexadecimal characters. It is safe for concurrent use.
//
// Update replaces the key's record by what change makes of it, in one atomic step: no two updates of a key, in
// whatever process, may start from the same record. A key that is not there has the zero Record. change is pure and
// quick and may be called again; its last call is the one that counts. A record that stays [Record.Equal] need not be
// written. When Update returns nil, the record is as durable as the store promises; after an error it is either the old
// one or the new one.
//
// Records that have expired at now may be forgotten, of any key. Update ends when ctx does.
type Store interface {
	Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error
}

// Record is what is known of one key's unattended calls.
type Record struct {
	Taken   []time.Time `json:"taken,omitempty"`  // when each counted call stops counting, ascending
	Blocked time.Time   `json:"blocked,omitzero"` // no call before it; zero if none was refused
}

// Expired reports whether nothing in r matters at now or later.
func (r Record) Expired(now time.Time) bool { return !r.Expires().After(now) }

// Expires returns the time at which r expires, zero if it is empty.
func (r Record) Expires() time.Time {
	if len(r.Taken) == 0 {
		return r.Blocked
	}
	return later(r.Blocked, r.Taken[len(r.Taken)-1])
}

// Equal reports whether both say the same.
func (r Record) Equal(other Record) bool {
	return r.Blocked.Equal(other.Blocked) && slices.EqualFunc(r.Taken, other.Taken, time.Time.Equal)
}

// at returns a copy of r without what is over at now. The functions below change that copy.
func (r Record) at(now time.Time) Record {
	over := func(t time.Time) bool { return !t.After(now) }
	r.Taken = slices.DeleteFunc(slices.Clone(r.Taken), over)
	if over(r.Blocked) {
		r.Blocked = time.Time{}
	}
	return r
}

// next returns the earliest time for a call if limit calls may count at once; 0 means any number.
func (r Record) next(limit int) time.Time {
	if limit == 0 || len(r.Taken) < limit {
		return r.Blocked
	}
	return later(r.Blocked, r.Taken[len(r.Taken)-limit])
}

func (r Record) with(until time.Time) Record {
	r.Taken = append(r.Taken, until)
	slices.SortFunc(r.Taken, time.Time.Compare)
	return r
}

// without returns r with one entry less, if it has it.
func (r Record) without(until time.Time) Record {
	if i := slices.IndexFunc(r.Taken, until.Equal); i >= 0 {
		r.Taken = slices.Delete(r.Taken, i, i+1)
	}
	return r
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
