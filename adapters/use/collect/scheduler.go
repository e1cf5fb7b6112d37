package collect

import (
	"context"
	"iter"
	"sync"
)

const (
	// activePerCall is how many connections are worked on for each call that may be under way: more than one, so that a
	// slow host does not keep the calls of the others from being found.
	activePerCall = 4
	// window is how many results of calls wait for the consumer, in ordered runs of each connection.
	window = 64
)

// scheduler works on several connections at once and bounds their calls. A permit for a call is held during the call
// only, and never while something but another permit is waited for, so nothing can lock.
type scheduler struct {
	ctx    context.Context
	counts *counts
	active permits // connections
	calls  permits
	hosts  hosts
	output output
	tasks  sync.WaitGroup
	free   chan func() // to goroutines whose call has ended
}

func newScheduler(ctx context.Context, run *Run) *scheduler {
	active := make(permits, activePerCall*run.options.Calls)
	s := &scheduler{
		ctx: ctx, counts: &run.counts, active: active, calls: make(permits, run.options.Calls),
		hosts: hosts{limit: run.options.PerHost, inUse: map[string]*host{}}, free: make(chan func()),
	}
	if run.options.Ordered {
		s.output = &ordered{active: active, lanes: make(chan lane, cap(active))}
	} else {
		s.output = &unordered{active: active, pending: make(permits, run.options.Calls+window), arrived: make(chan []Result, run.options.Calls+window)}
	}
	return s
}

// feed starts connections while there is room for them, and ends the output when all have ended.
func (s *scheduler) feed(connections iter.Seq[Connection]) {
	for connection := range connections {
		if !s.active.take(s.ctx) {
			break
		}
		sink := s.output.open()
		s.tasks.Go(func() {
			defer sink.end()
			s.serve(&connection, sink)
		})
	}
	s.output.close(&s.tasks)
}

// dispatch makes a call as soon as the bounds allow and reports whether it will; false means that the run has ended.
func (s *scheduler) dispatch(at *host, sink sink, call func() []Result) bool {
	deliver, ok := sink.reserve(s.ctx)
	if !ok {
		return false
	}
	if !s.enter(at) {
		deliver(nil)
		return false
	}
	s.start(func() {
		results := call()
		s.leave(at)
		deliver(results)
	})
	return true
}

// start runs a task on a goroutine that is free, whose stack has grown to what calls need, or else on a new one.
func (s *scheduler) start(task func()) {
	s.tasks.Add(1)
	select {
	case s.free <- task:
	default:
		go s.work(task)
	}
}

func (s *scheduler) work(task func()) {
	for ok := true; ok; task, ok = <-s.free {
		task()
		s.tasks.Done()
	}
}

func (s *scheduler) enter(at *host) bool {
	if !at.permits.take(s.ctx) {
		return false
	}
	if !s.calls.take(s.ctx) {
		at.permits.give()
		return false
	}
	return true
}

func (s *scheduler) leave(at *host) {
	s.calls.give()
	at.permits.give()
}

// permits bound what happens at once.
type permits chan struct{}

func (p permits) take(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false
	}
	select {
	case p <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p permits) give() { <-p }

// hosts are the permits of each host that is in use.
type hosts struct {
	mutex sync.Mutex
	limit int
	inUse map[string]*host
}

type host struct {
	permits permits
	users   int
}

func (h *hosts) enter(name string) *host {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	one := h.inUse[name]
	if one == nil {
		one = &host{permits: make(permits, h.limit)}
		h.inUse[name] = one
	}
	one.users++
	return one
}

func (h *hosts) leave(name string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	one := h.inUse[name]
	if one.users--; one.users == 0 {
		delete(h.inUse, name)
	}
}
