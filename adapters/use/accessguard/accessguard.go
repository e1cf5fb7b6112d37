package accessguard

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
)

const (
	defaultWindow = 24 * time.Hour
	maxCalls      = 100 // bounds a record
)

// Options are what a caller can choose. A nil *Options and zero fields mean the defaults.
type Options struct {
	// Calls and Window replace the unattended access that the provider's document states: Calls for one account in
	// Window, at most 100. Without any, calls are not limited and Window is 24 hours.
	Calls  int
	Window time.Duration
	// Block is how long a 429 without Retry-After stops unattended calls; Window if zero.
	Block time.Duration
	// FailOpen lets calls through while the store fails, instead of refusing them with adapters.ErrUnavailable.
	FailOpen bool
	// Now replaces the clock.
	Now func() time.Time
}

// New returns source behind a guard; it is an [adapters.BatchSource] if source is one. provider is the adapter's name,
// consent what the package comment says, and store is shared by all guards that spend the same allowance. Nothing is
// sent, and the store is not asked.
func New(source adapters.Source, provider string, consent adapters.Secret, store Store, options *Options) (
	adapters.Source, error) {
	if options == nil {
		options = &Options{}
	}
	info, known := specs.Describe(provider)
	g := &guard{
		source: source, store: store, provider: provider, failOpen: options.FailOpen, clock: options.Now,
		calls:  cmp.Or(options.Calls, info.UnattendedCalls),
		window: cmp.Or(options.Window, info.UnattendedWindow, defaultWindow),
		key:    func(account string) string { return key(provider, consent, account) },
	}
	g.block = cmp.Or(options.Block, g.window)
	if g.clock == nil {
		g.clock = time.Now
	}
	switch {
	case source == nil:
		return nil, g.invalid("source: missing")
	case store == nil:
		return nil, g.invalid("store: missing")
	case consent == "":
		return nil, g.invalid("consent: missing")
	case !known && options.Calls == 0:
		return nil, g.invalid("provider: no document states its limit, and calls is zero")
	case g.calls < 0 || g.calls > maxCalls:
		return nil, g.invalid("calls: not between 0 and 100")
	case g.window < 0 || g.block < 0:
		return nil, g.invalid("window or block: negative")
	}
	if batch, ok := source.(adapters.BatchSource); ok {
		return &batchGuard{g, batch}, nil
	}
	return g, nil
}

// key identifies what the provider counts by. Quoting keeps the parts apart.
func key(provider string, consent adapters.Secret, account string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", provider, string(consent), account))
	return hex.EncodeToString(sum[:])
}
