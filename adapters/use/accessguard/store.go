package accessguard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/specs"
)

// ErrDamaged says that a store holds something that it has not written.
var ErrDamaged = errors.New("access guard: the stored records are damaged")

// ErrVersion says that a store was written by a later version of this package.
var ErrVersion = errors.New("access guard: the stored records are of a later version")

// Store keeps a [Record] for every key, which is 64 hexadecimal characters. It is safe for concurrent use.
//
// Update replaces the key's record by what change makes of it, in one atomic step: no two updates of a key, in
// whatever process, may start from the same record. A key that is not there has the zero Record. change is pure and
// quick and may be called again; its last call is the one that counts. A record that stays [Record.Equal] need not be
// written. When Update returns nil, the record is as durable as the store promises; after an error it is either the old
// one or the new one.
//
// Records that had expired at the now of an update a day before may be forgotten, of any key: now may be wrong for a
// moment. Update ends when ctx does.
type Store interface {
	Update(ctx context.Context, key string, now time.Time, change func(Record) Record) error
}

// Record is what is known of one key's unattended calls. Its JSON is what a store keeps.
type Record struct {
	Calls   []int64       `json:"calls,omitempty"`  // when each counted call was made, in Unix milliseconds, ascending
	Keep    time.Duration `json:"keep,omitempty"`   // how long a call matters, in nanoseconds
	Blocked time.Time     `json:"blocked,omitzero"` // no call before it; zero if none was refused
	// Doubted is since when a call or Blocked lies in a future that cannot be: the clock was wrong then, or is now.
	Doubted time.Time `json:"doubted,omitzero"`
	// Taken is of the first version: when each counted call stops counting, ascending.
	Taken []time.Time `json:"taken,omitempty"`
}

const (
	// margin is how long a record is kept after it has expired, so that a clock that jumps ahead forgets nothing.
	margin = 31 * 24 * time.Hour
	// sweepEvery is how long it takes at least from one sweep to the next.
	sweepEvery = 24 * time.Hour
	// maxBlock is more than any provider asks to wait.
	maxBlock = 366 * 24 * time.Hour
)

// Expired reports whether nothing in r has mattered for a month.
func (r Record) Expired(now time.Time) bool { return !r.Expires().Add(margin).After(now) }

// Expires returns the time at which r stops to matter, zero if it is empty.
func (r Record) Expires() time.Time {
	last := r.Blocked
	if n := len(r.Calls); n > 0 {
		last = later(last, moment(r.Calls[n-1]).Add(r.Keep))
	}
	if n := len(r.Taken); n > 0 {
		last = later(last, r.Taken[n-1])
	}
	return last
}

// Equal reports whether both say the same.
func (r Record) Equal(other Record) bool {
	return slices.Equal(r.Calls, other.Calls) && r.Keep == other.Keep && r.Blocked.Equal(other.Blocked) &&
		r.Doubted.Equal(other.Doubted) && slices.EqualFunc(r.Taken, other.Taken, time.Time.Equal)
}

// at returns a copy of r as it matters at now for a kind of call. The functions below change that copy.
func (r Record) at(now time.Time, k *kind) Record {
	r.Calls = slices.Clone(r.Calls)
	for _, until := range r.Taken {
		r = r.with(until.Add(time.Millisecond - 1).Add(-k.shortest))
	}
	r.Taken, r.Keep = nil, max(r.Keep, k.longest)
	matter := slices.DeleteFunc(slices.Clone(r.Calls), over(r.Keep, now))
	if len(matter) == 0 {
		r.Keep = k.longest
	}
	r.Calls = r.Calls[max(0, len(r.Calls)-max(len(matter), k.most)):] // more than matter: the clock may be wrong now
	return r.doubt(now)
}

// doubt keeps what lies in the future: if the clock is wrong now, it is true. But when the clock has stayed there for so
// long that a call made now would be over, it was wrong then.
func (r Record) doubt(now time.Time) Record {
	future, blocked := func(c int64) bool { return isFuture(c, now) }, r.Blocked.After(now.Add(maxBlock))
	switch {
	case !blocked && !slices.ContainsFunc(r.Calls, future):
		r.Doubted = time.Time{}
	case r.Doubted.IsZero() || r.Doubted.After(now):
		r.Doubted = now
	case !r.trusted().After(now):
		r.Calls, r.Doubted = slices.DeleteFunc(r.Calls, future), time.Time{}
		if blocked {
			r.Blocked = time.Time{}
		}
	}
	return r
}

// trusted is when what lies in the future stops to matter.
func (r Record) trusted() time.Time { return r.Doubted.Add(inFlight).Add(r.Keep) }

func isFuture(c int64, now time.Time) bool { return moment(c).After(now.Add(inFlight)) }

// over tells which calls have left a window.
func over(window time.Duration, now time.Time) func(int64) bool {
	return func(c int64) bool { return !moment(c).Add(window).After(now) }
}

// left tells what is left if limits hold at once. It believes that what lies in the future happened when that was noticed.
func (r Record) left(limits []specs.Limit, now time.Time) Left {
	left := Left{Limited: len(limits) > 0, Calls: math.MaxInt}
	switch {
	case r.Blocked.After(now.Add(maxBlock)):
		left.Next = r.trusted()
	case r.Blocked.After(now):
		left.Next = r.Blocked
	}
	calls := slices.Clone(r.Calls)
	for i, c := range calls {
		if isFuture(c, now) {
			calls[i] = r.Doubted.Add(inFlight).UnixMilli()
		}
	}
	slices.Sort(calls)
	for _, limit := range limits {
		counting := slices.DeleteFunc(slices.Clone(calls), over(limit.Window, now))
		spare := limit.Calls - len(counting)
		left.Calls = min(left.Calls, max(0, spare))
		if spare <= 0 {
			left.Next = later(left.Next, moment(counting[-spare]).Add(limit.Window))
		}
	}
	if !left.Limited || left.Next.After(now) {
		left.Calls = 0
	}
	return left
}

// with returns r with one call more. More than maxCalls are no use: no limit is higher.
func (r Record) with(at time.Time) Record {
	r.Calls = append(r.Calls, at.UnixMilli())
	slices.Sort(r.Calls)
	r.Calls = r.Calls[max(0, len(r.Calls)-maxCalls):]
	return r
}

// without returns r with one call less, if it has it.
func (r Record) without(at time.Time) Record {
	if i := slices.Index(r.Calls, at.UnixMilli()); i >= 0 {
		r.Calls = slices.Delete(r.Calls, i, i+1)
	}
	return r
}

func moment(milliseconds int64) time.Time { return time.UnixMilli(milliseconds).UTC() }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// version is the one that is written. It stands in front of what a store keeps. The first version wrote none; its
// readers take the number for damage and refuse, too.
const version = 2

func versioned(text string) string { return fmt.Sprintf("%d %s", version, text) }

// unversioned returns the text behind its version.
func unversioned(text string) (string, error) {
	number, rest, found := strings.Cut(text, " ")
	written, err := strconv.ParseUint(number, 10, 64) // the highest number if it is too high
	switch {
	case !found || errors.Is(err, strconv.ErrSyntax):
		return text, nil
	case written > version:
		return "", ErrVersion
	case written < version:
		return "", fmt.Errorf("%w: version", ErrDamaged)
	}
	return rest, nil
}

// decode reads JSON that a store has written.
func decode(body string, into any) error {
	if err := json.Unmarshal([]byte(body), into); err != nil || body == "null" {
		return errors.Join(ErrDamaged, err)
	}
	return nil
}

// turns are what goroutines take to work on a store.
type turns struct {
	free  chan struct{}
	pause time.Duration // the longest before another attempt
}

const (
	storeTimeout = 10 * time.Second
	firstPause   = time.Millisecond
)

var errBusy = errors.New("access guard: the store stays busy")

func newTurns(number int, pause time.Duration) turns {
	return turns{make(chan struct{}, number), pause}
}

// take makes attempts until one is done or fails for good.
func (t turns) take(ctx context.Context, attempt func(context.Context) (bool, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case t.free <- struct{}{}:
		defer func() { <-t.free }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, storeTimeout, errBusy)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, t.pause) {
		done, err := attempt(ctx)
		if done || err != nil && !passing(err) {
			return err
		}
		select {
		case <-time.After(rand.N(pause)):
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		}
	}
}
