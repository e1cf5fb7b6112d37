package collect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"sync/atomic"

	"github.com/openbalances/openbalances/adapters"
)

const (
	defaultCalls   = 64
	defaultPerHost = 16
	mostCalls      = 1 << 14 // rooms for results are made in advance
)

// Connection is one access to one provider.
type Connection struct {
	// Key is the caller's own value; the results of the connection carry it.
	Key    any
	Source adapters.Source
	PSU    adapters.PSU
	// Accounts yields the ids to ask for; nil means all accounts that the provider lists.
	Accounts iter.Seq[string]
	// Host is the name under which calls are bounded; the source's provider if empty.
	Host string
}

// Result is the outcome for one account. Account is what the provider's list says about it; nil if the connection names
// its accounts.
type Result struct {
	Key       any                `json:"key,omitempty"`
	Provider  string             `json:"provider,omitempty"`
	AccountID string             `json:"accountId,omitempty"`
	Account   *adapters.Account  `json:"account,omitempty"`
	Balances  []adapters.Balance `json:"balances,omitempty"`
	Err       error              `json:"error,omitempty"`
	// Closed marks an account that the provider lists as closed and without balances; it was not asked for.
	Closed bool `json:"closed,omitempty"`
	// OfConnection marks a result that is about the connection as a whole: Err says why further accounts are not known.
	OfConnection bool `json:"ofConnection,omitempty"`
}

// MarshalJSON writes every error as an [adapters.Error] is written, so at least with its kind.
func (r Result) MarshalJSON() ([]byte, error) {
	type plain Result
	var typed *adapters.Error
	if r.Err != nil && !errors.As(r.Err, &typed) {
		r.Err = &adapters.Error{Kind: adapters.KindOf(r.Err)}
	}
	return json.Marshal(plain(r))
}

// LogValue returns what a log may show: of account and balances what [adapters.AccountBalances] shows.
func (r Result) LogValue() slog.Value {
	answer := adapters.AccountBalances{AccountID: r.AccountID, Account: r.Account, Balances: r.Balances, Err: r.Err}
	return slog.GroupValue(slog.Any("key", r.Key), slog.String("provider", r.Provider), slog.Any("answer", answer))
}

// Format writes what LogValue returns, whatever the verb.
func (r Result) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, r.LogValue().String()) }

// Options are what a caller can choose. A nil *Options and zero fields mean the defaults.
type Options struct {
	// Calls is how many calls may be under way, 64 if zero and 16,384 at most; PerHost how many of them to one host, 16 if
	// zero.
	Calls   int
	PerHost int
	// Ordered yields results in the order of connections and, within one, of accounts.
	Ordered bool
}

// Run is one collection.
type Run struct {
	ctx         context.Context
	connections iter.Seq[Connection]
	options     Options
	begun       atomic.Bool
	counts      counts
}

// Balances prepares a collection; calls begin with the loop over its results.
func Balances(ctx context.Context, connections iter.Seq[Connection], options *Options) *Run {
	run := &Run{ctx: ctx, connections: connections}
	if options != nil {
		run.options = *options
	}
	run.options.Calls = min(cmp.Or(max(run.options.Calls, 0), defaultCalls), mostCalls)
	run.options.PerHost = cmp.Or(max(run.options.PerHost, 0), defaultPerHost)
	return run
}

// Results yields one result for each account. It can be ranged over once; a second loop yields nothing.
func (r *Run) Results() iter.Seq[Result] {
	return func(yield func(Result) bool) {
		if r.begun.CompareAndSwap(false, true) {
			r.collect(yield)
		}
	}
}

// Report says what has happened so far; it may be called at any time.
func (r *Run) Report() Report { return r.counts.report() }

func (r *Run) collect(yield func(Result) bool) {
	s := newScheduler(r)
	r.yield(s, yield)
	if crash := s.crash.Load(); crash != nil {
		panic(crash.value)
	}
}

// yield returns when everything that was under way has ended, also if the loop over the results panics.
func (r *Run) yield(s *scheduler, yield func(Result) bool) {
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		s.feed(r.connections)
	}()
	defer func() {
		s.stop()
		for range s.output.results() { //nolint // what was under way is not wanted any more
		}
		<-fed
		s.tasks.Wait()
		close(s.free)
	}()
	for results := range s.output.results() {
		for _, result := range results {
			r.counts.add(result)
			if !yield(result) {
				return
			}
		}
	}
}
