package collect

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
)

const (
	// activePerCall is how many connections are worked on for each call that may be under way: more than one, so that a
	// slow host does not keep the calls of the others from being found.
	activePerCall = 4
	// window is how many results of calls wait for the consumer, in ordered runs of each connection.
	window = 64
	// mostLate is how much is taken from an iterator after the end of the context: as many accounts as a list can have.
	mostLate = 100_000
)

// scheduler works on several connections at once and bounds their calls. A permit for a call is held during the call
// only, and never while something but another permit is waited for, so nothing can lock.
type scheduler struct {
	ctx    context.Context // of the calls: the caller's, until the consumer has left
	gone   context.Context // ends when the consumer has left
	stop   context.CancelFunc
	counts *counts
	active permits // connections
	calls  permits
	hosts  hosts
	output output
	tasks  sync.WaitGroup
	free   chan func() // to goroutines whose call has ended
	crash  atomic.Pointer[crash]
}

// crash is the first panic of a source or an iterator.
type crash struct{ value any }

func newScheduler(run *Run) *scheduler {
	ctx, cancel := context.WithCancel(run.ctx)
	gone, leave := context.WithCancel(context.WithoutCancel(run.ctx))
	calls := run.options.Calls
	active := make(permits, activePerCall*calls)
	s := &scheduler{
		ctx: ctx, gone: gone, stop: func() { leave(); cancel() },
		counts: &run.counts, active: active, calls: make(permits, calls),
		hosts: hosts{limit: run.options.PerHost, inUse: map[string]*host{}}, free: make(chan func()),
	}
	if run.options.Ordered {
		s.output = &ordered{active: active, lanes: make(chan lane, cap(active))}
	} else {
		s.output = &unordered{active: active, pending: make(permits, calls+window), arrived: make(chan []Result, calls+window)}
	}
	return s
}

var errExit = errors.New("collect: the iterator of connections ended its goroutine")

// feed starts connections while there is room for them, and ends the output when all have ended.
func (s *scheduler) feed(connections iter.Seq[Connection]) {
	var problem any = errExit
	defer func() {
		if value := recover(); value != nil {
			problem = value
		}
		if problem != nil {
			s.crash.CompareAndSwap(nil, &crash{problem})
		}
		s.output.close(&s.tasks)
	}()
	late := 0
	for connection := range connections {
		if !s.active.take(s.gone) || s.isTooLate(&late) {
			break
		}
		sink := s.output.open()
		s.tasks.Go(func() { s.serve(connection, sink) })
	}
	problem = nil
}

// isTooLate counts what is taken from an iterator after the end of the context.
func (s *scheduler) isTooLate(late *int) bool {
	if s.ctx.Err() != nil {
		*late++
	}
	return *late > mostLate
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
		s.finish(task)
	}
}

func (s *scheduler) finish(task func()) {
	defer s.tasks.Done() // also if the task ends the goroutine
	task()
}

// enter waits until a call may be made; false means that the context has ended.
func (s *scheduler) enter(at *host) bool {
	if !at.permits.take(s.ctx) {
		return false
	}
	if !s.calls.take(s.ctx) {
		at.permits.give()
		return false
	}
	s.hosts.use(at)
	return true
}

func (s *scheduler) leave(at *host) {
	s.calls.give()
	at.permits.give()
	s.hosts.leave(at)
}

// permits bound what happens at once. They take no memory, whatever their number.
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

// hosts are the permits of each host that is in use, by a connection or by a call.
type hosts struct {
	mutex sync.Mutex
	limit int
	inUse map[string]*host
}

type host struct {
	name    string
	permits permits
	users   int
}

func (h *hosts) enter(name string) *host {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	one := h.inUse[name]
	if one == nil {
		one = &host{name: name, permits: make(permits, h.limit)}
		h.inUse[name] = one
	}
	one.users++
	return one
}

func (h *hosts) use(one *host) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	one.users++
}

func (h *hosts) leave(one *host) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if one.users--; one.users == 0 {
		delete(h.inUse, one.name)
	}
}
