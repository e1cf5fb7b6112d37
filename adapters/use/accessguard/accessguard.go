package accessguard

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/specs"
)

const (
	usualWindow = 24 * time.Hour
	maxCalls    = 500 // bounds a record
)

// Options are what a caller can choose. A nil *Options and zero fields mean the defaults.
type Options struct {
	// Access replaces the unattended access that the provider's document states, for instance by [Usual]. Each limit has
	// 1 to 500 calls. A slice that is empty but not nil says that no limit is known.
	Access specs.Access
	// Block is how long a 429 without Retry-After stops unattended calls. The default is the shortest window of the
	// call's limits, and 24 hours without any. No 429 stops calls for more than 366 days.
	Block time.Duration
	// FailOpen lets calls through while the store fails, instead of refusing them with adapters.ErrUnavailable.
	FailOpen bool
	// Now replaces the clock.
	Now func() time.Time
}

// Usual is what banks commonly allow: limits for the balances of each account, in a batch too, and the same limits apart
// for the lists of each consent.
func Usual(limits ...specs.Limit) specs.Access {
	return specs.Access{
		{Of: []specs.Call{specs.CallBalances}, Per: specs.PerAccount, Limits: limits},
		{Of: []specs.Call{specs.CallAccounts}, Per: specs.PerConsent, Limits: limits},
	}
}

// New returns source behind a guard. consent is what the package comment says, and store is shared by all guards that
// spend the same allowance. Nothing is sent, and the store is not asked.
func New(source adapters.Source, consent adapters.Secret, store Store, options *Options) (*Guard, error) {
	options = cmp.Or(options, &Options{})
	g := &Guard{source: source, store: store, consent: call.Seal(consent), failOpen: options.FailOpen, clock: options.Now}
	g.unsaved.changes, g.unsaved.turn = map[string]pending{}, make(chan struct{}, 1)
	if !missing(source) {
		g.provider = nameOf(source)
	}
	if g.clock == nil {
		g.clock = time.Now
	}
	info, known := specs.Describe(g.provider)
	access := info.Unattended
	if options.Access != nil {
		access = options.Access
	}
	switch problem := limitProblem(access); {
	case g.provider == "":
		return nil, g.invalid("source: missing, or without a provider's name")
	case missing(store):
		return nil, g.invalid("store: missing")
	case consent == "":
		return nil, g.invalid("consent: missing")
	case !known && options.Access == nil:
		return nil, g.invalid("access: missing, and no document of the provider states it")
	case problem != "":
		return nil, g.invalid("access: " + problem)
	case options.Block < 0:
		return nil, g.invalid("block: negative")
	}
	g.balances = newKind(access, specs.CallBalances, "get balances", options.Block)
	g.batch = newKind(access, specs.CallBatch, "get balances", options.Block)
	g.accounts = newKind(access, specs.CallAccounts, "list accounts", options.Block)
	g.allBalances = newKind(access, specs.CallAllBalances, "list balances", options.Block)
	g.details = newKind(access, specs.CallDetails, "get account", options.Block)
	return g, nil
}

// nameOf returns the provider of a source, "" if it cannot tell.
func nameOf(source adapters.Source) string {
	defer func() { _ = recover() }()
	return source.Provider()
}

// missing reports whether an interface holds nothing, or a pointer to nothing.
func missing(value any) bool {
	v := reflect.ValueOf(value)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

func limitProblem(access specs.Access) string {
	for _, allowance := range access {
		if allowance.Per != specs.PerAccount && allowance.Per != specs.PerConsent {
			return "neither per account nor per consent"
		}
		for _, limit := range allowance.Limits {
			if limit.Calls < 1 || limit.Calls > maxCalls || limit.Window <= 0 {
				return "a limit needs 1 to 500 calls and a window"
			}
		}
	}
	return ""
}

// kind is one of the ways to call the source, and what the provider allows of it.
type kind struct {
	operation         string     // in errors
	group             specs.Call // the first call that shares the allowance
	perAccount        bool
	limits            []specs.Limit
	shortest, longest time.Duration // of the limits' windows
	most              int           // calls of a limit
	block             time.Duration
	unsupported       atomic.Bool // as the source has said
}

// newKind reads the allowance of a call from access. What access does not mention is not limited.
func newKind(access specs.Access, call specs.Call, operation string, block time.Duration) *kind {
	stated, ok := access.Of(call)
	if !ok {
		stated, _ = Usual().Of(call)
	}
	k := &kind{operation: operation, perAccount: stated.Per == specs.PerAccount, limits: stated.Limits}
	for _, k.group = range []specs.Call{specs.CallBalances, specs.CallBatch, specs.CallAccounts, specs.CallAllBalances, specs.CallDetails} {
		if slices.Contains(stated.Of, k.group) {
			break
		}
	}
	for _, limit := range k.limits {
		k.longest, k.most = max(k.longest, limit.Window), max(k.most, limit.Calls)
		k.shortest = min(cmp.Or(k.shortest, limit.Window), limit.Window)
	}
	k.longest, k.shortest = cmp.Or(k.longest, usualWindow), cmp.Or(k.shortest, usualWindow)
	k.block = cmp.Or(block, k.shortest)
	return k
}

// key identifies what the provider counts by: an account, or the consent as a whole for calls that name none. Quoting
// keeps the parts apart. The key of an account's balances is that of the first version.
func (g *Guard) key(k *kind, account ...string) string {
	text := fmt.Sprintf("%q %q", g.provider, string(*g.consent.Open()))
	named := k.perAccount && len(account) > 0
	if named {
		text += fmt.Sprintf(" %q", account[0])
	}
	if !named || k.group != specs.CallBalances {
		text += " " + string(k.group)
	}
	return checksum(text)
}
