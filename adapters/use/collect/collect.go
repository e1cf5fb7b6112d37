package collect

import (
	"cmp"
	"context"
	"iter"
	"sync"

	"github.com/openbalances/openbalances/adapters"
)

const (
	defaultCalls   = 64
	defaultPerHost = 16
)

// Connection is one access to one provider.
type Connection struct {
	// Name is what results call the connection.
	Name string
	// Provider is the name under which the report counts, and Host the one under which calls are bounded; Provider if
	// empty.
	Provider string
	Host     string
	Source   adapters.Source
	PSU      adapters.PSU
	// Accounts yields the ids to ask for; nil means all accounts that the provider lists.
	Accounts iter.Seq[string]
}

func (c *Connection) host() string { return cmp.Or(c.Host, c.Provider) }

// Result is the outcome for one account, or for a whole connection: then AccountID is empty and Err says why its
// accounts are not known.
type Result struct {
	Connection string
	Provider   string
	AccountID  string
	Balances   []adapters.Balance
	Err        error
}

// Options are what a caller can choose. A nil *Options and zero fields mean the defaults.
type Options struct {
	// Calls is how many calls may be under way, 64 if zero; PerHost how many of them to one host, 16 if zero.
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
	once        sync.Once
	counts      counts
}

// Balances prepares a collection; calls begin with the loop over its results.
func Balances(ctx context.Context, connections iter.Seq[Connection], options *Options) *Run {
	run := &Run{ctx: ctx, connections: connections}
	if options != nil {
		run.options = *options
	}
	run.options.Calls = cmp.Or(max(run.options.Calls, 0), defaultCalls)
	run.options.PerHost = cmp.Or(max(run.options.PerHost, 0), defaultPerHost)
	return run
}

// Results yields one result for each account. It can be ranged over once; a second loop yields nothing.
func (r *Run) Results() iter.Seq[Result] {
	return func(yield func(Result) bool) {
		r.once.Do(func() { r.collect(yield) })
	}
}

// Report says what has happened so far; it may be called at any time.
func (r *Run) Report() Report { return r.counts.report() }

func (r *Run) collect(yield func(Result) bool) {
	ctx, cancel := context.WithCancel(r.ctx)
	s := newScheduler(ctx, r)
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		s.feed(r.connections)
	}()
	defer func() {
		cancel()
		for range s.output.results() { //nolint // what was under way ends and is not wanted any more
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
