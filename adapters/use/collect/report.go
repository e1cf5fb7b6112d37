package collect

import (
	"context"
	"errors"
	"maps"
	"sync"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

// Report sums a run up. Accounts is Answered and all Failures together.
type Report struct {
	Accounts int            // results with an account, as yielded
	Answered int            // those without an error
	Balances int            // in them
	Failures map[string]int // accounts by kind of error; "cancelled" and "deadline" are the context's
	Unlisted map[string]int // connections whose accounts are not known, likewise
	Calls    map[string]int // requests by provider, those under way included
}

// counts is a report in the making.
type counts struct {
	mutex sync.Mutex
	so    Report
}

func (c *counts) report() Report {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	copied := c.so
	copied.Failures, copied.Unlisted, copied.Calls = maps.Clone(c.so.Failures), maps.Clone(c.so.Unlisted), maps.Clone(c.so.Calls)
	return copied
}

func (c *counts) add(r Result) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch {
	case r.AccountID == "":
		increase(&c.so.Unlisted, kind(r.Err), 1)
		return
	case r.Err != nil:
		increase(&c.so.Failures, kind(r.Err), 1)
	default:
		c.so.Answered++
		c.so.Balances += len(r.Balances)
	}
	c.so.Accounts++
}

// call returns the context for one method of a source, and what to call with its error.
func (c *counts) call(ctx context.Context, provider string) (context.Context, func(error)) {
	ctx, requests := call.Counting(ctx)
	return ctx, func(err error) {
		made := int(requests.Load())
		if made == 0 && !neverSent(err) {
			made = 1 // a source that does not count
		}
		c.mutex.Lock()
		defer c.mutex.Unlock()
		increase(&c.so.Calls, provider, made)
	}
}

// neverSent reports whether an error tells that no request was made.
func neverSent(err error) bool {
	var failure *adapters.Error
	if errors.As(err, &failure) {
		return failure.Status == 0 && failure.Kind != adapters.ErrUnavailable
	}
	return err != nil
}

func increase(counts *map[string]int, name string, by int) {
	if *counts == nil {
		*counts = map[string]int{}
	}
	(*counts)[name] += by
}

// kind names an error in a report.
func kind(err error) string {
	var failure *adapters.Error
	switch {
	case errors.As(err, &failure):
		return string(failure.Kind)
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	}
	return "other"
}
