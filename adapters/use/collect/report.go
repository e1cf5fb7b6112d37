package collect

import (
	"context"
	"maps"
	"sync"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

// Report sums a run up. Accounts is Answered, Closed and all Failures together. Errors are counted by [adapters.KindOf].
type Report struct {
	Accounts int            `json:"accounts"` // results that are not of a connection as a whole, as yielded
	Answered int            `json:"answered"` // those without an error, except for closed accounts
	Closed   int            `json:"closed,omitempty"`
	Balances int            `json:"balances"` // in them
	Failures map[string]int `json:"failures,omitempty"`
	// UnknownAccounts are connections whose accounts, or some of them, are not known.
	UnknownAccounts map[string]int `json:"unknownAccounts,omitempty"`
	// AskedAgain are the accounts that were asked for by themselves because their batch was refused as a whole.
	AskedAgain int `json:"askedAgain,omitempty"`
	// Calls are the requests that are known, by provider, as [call.Counting] counts them. A source that is not built on
	// package call does not tell its requests.
	Calls map[string]int `json:"calls,omitempty"`
}

// counts is a report in the making.
type counts struct {
	mutex   sync.Mutex
	so      Report
	callers map[string]caller // by provider
}

// caller is the context of all calls to one provider.
type caller struct {
	ctx  context.Context
	made func() int
}

func (c *counts) report() Report {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	copied := c.so
	copied.Failures, copied.UnknownAccounts = maps.Clone(c.so.Failures), maps.Clone(c.so.UnknownAccounts)
	for provider, caller := range c.callers {
		if made := caller.made(); made > 0 {
			increase(&copied.Calls, provider, made)
		}
	}
	return copied
}

func (c *counts) add(r Result) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch {
	case r.OfConnection:
		increase(&c.so.UnknownAccounts, string(adapters.KindOf(r.Err)), 1)
		return
	case r.Err != nil:
		increase(&c.so.Failures, string(adapters.KindOf(r.Err)), 1)
	case r.Closed:
		c.so.Closed++
	default:
		c.so.Answered++
		c.so.Balances += len(r.Balances)
	}
	c.so.Accounts++
}

func (c *counts) again(accounts int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.so.AskedAgain += accounts
}

// counting returns the context for the calls to a provider.
func (c *counts) counting(ctx context.Context, provider string) context.Context {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	one, known := c.callers[provider]
	if !known {
		if one.ctx, one.made = call.Counting(ctx); c.callers == nil {
			c.callers = map[string]caller{}
		}
		c.callers[provider] = one
	}
	return one.ctx
}

func increase(counts *map[string]int, name string, by int) {
	if *counts == nil {
		*counts = map[string]int{}
	}
	(*counts)[name] += by
}
