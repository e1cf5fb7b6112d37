package collect

import (
	"context"
	"iter"
	"sync"
)

// output brings results from calls to the consumer, in one of two orders, and holds a bounded number of them.
type output interface {
	open() sink                  // for the next connection; called by one goroutine
	close(tasks *sync.WaitGroup) // no connection will follow
	results() iter.Seq[[]Result] // ends when all connections have ended
}

// sink takes the results of one connection. reserve waits for room and says what to call with the results of one call,
// exactly once; false means that the run has ended. end is called after the last reserve.
type sink interface {
	reserve(ctx context.Context) (deliver func([]Result), ok bool)
	end()
}

// unordered yields results as they come.
type unordered struct {
	active  permits
	pending permits
	arrived chan []Result // as large as pending, so that nobody waits to send
}

func (u *unordered) open() sink { return u }

func (u *unordered) reserve(ctx context.Context) (func([]Result), bool) {
	return func(results []Result) { u.arrived <- results }, u.pending.take(ctx)
}

func (u *unordered) end() { u.active.give() }

func (u *unordered) close(tasks *sync.WaitGroup) {
	tasks.Wait()
	close(u.arrived)
}

func (u *unordered) results() iter.Seq[[]Result] {
	return func(yield func([]Result) bool) {
		for results := range u.arrived {
			u.pending.give()
			if !yield(results) {
				return
			}
		}
	}
}

// ordered yields results in the order in which connections were opened and calls reserved.
type ordered struct {
	active permits
	lanes  chan lane // as large as active, so that nobody waits to send
}

// lane holds, for one connection, where the results of each call will be.
type lane chan chan []Result

func (o *ordered) open() sink {
	l := make(lane, window)
	o.lanes <- l
	return l
}

func (l lane) reserve(ctx context.Context) (func([]Result), bool) {
	future := make(chan []Result, 1)
	select {
	case l <- future:
		return func(results []Result) { future <- results }, true
	case <-ctx.Done():
		return nil, false
	}
}

func (l lane) end() { close(l) }

func (o *ordered) close(*sync.WaitGroup) { close(o.lanes) }

func (o *ordered) results() iter.Seq[[]Result] {
	return func(yield func([]Result) bool) {
		for l := range o.lanes {
			for future := range l {
				if !yield(<-future) {
					return
				}
			}
			o.active.give()
		}
	}
}
