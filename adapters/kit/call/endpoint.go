package call

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
)

// Provider is what the calls of an adapter have in common.
type Provider struct {
	Name string // the adapter's name
	URL  string // the provider's production address, which Options.BaseURL replaces; empty where each bank has its own
	// RequestID is the header with the caller's UUID of a request, which the answer repeats; X-Request-ID if empty.
	RequestID string
	// Refusal reads an error answer. What it returns helps where it can and never hides the status.
	Refusal func(Answer) Refusal
	// Reported reads a 200 that cannot be used as an answer, whatever else is wrong with it, and tells whether it reports
	// a failure. It is nil where a provider reports none in a 200.
	Reported func(Answer) (Refusal, bool)
}

// Endpoint is how one adapter reaches its provider. It is read-only after New and safe for concurrent use.
type Endpoint struct {
	provider   Provider
	bank       Sealed[string]
	base       base
	linked     []base              // see LinksTo
	client     func() *http.Client // reflection, which would find client certificates, does not see into a function
	now        func() time.Time
	editors    []Editor
	userAgent  string
	limit      int64         // bytes of a body
	timeout    time.Duration // the client's
	onExchange func(context.Context, adapters.Exchange)
}

// Editor completes a request of a generated client.
type Editor = func(context.Context, *http.Request) error

// Open checks an adapter's Credentials, as [CheckCredentials] does, and the options, and returns the endpoint. Nothing is
// sent.
func Open(provider Provider, credentials any, options *adapters.Options) (*Endpoint, error) {
	if options == nil {
		options = &adapters.Options{}
	}
	provider.RequestID = http.CanonicalHeaderKey(provider.RequestID)
	if err := CheckCredentials(provider.Name, credentials); err != nil {
		return nil, err
	}
	address := cmp.Or(options.BaseURL, provider.URL)
	if address == "" {
		return nil, Invalid(provider.Name, "baseURL", "missing; each bank has an address of its own, openbalances providers -banks lists them")
	}
	if problem := check.BaseURL(address); problem != "" {
		return nil, Invalid(provider.Name, "baseURL", problem)
	}
	if options.MaxBodyBytes < 0 {
		return nil, Invalid(provider.Name, "maxBodyBytes", "negative")
	}
	if problem := check.Header(options.UserAgent); options.UserAgent != "" && problem != "" {
		return nil, Invalid(provider.Name, "userAgent", problem)
	}
	e := &Endpoint{
		userAgent: options.UserAgent,
		provider:  provider, bank: Seal(""), base: newBase(address), now: options.Now, onExchange: options.OnExchange,
		limit: cmp.Or(options.MaxBodyBytes, adapters.DefaultMaxBodyBytes),
	}
	if e.now == nil {
		e.now = time.Now
	}
	client := options.HTTPClient
	if client == nil {
		client = adapters.NewHTTPClient(nil)
	}
	client = adapters.GuardHTTPClient(client, e.limit)
	e.client, e.timeout = func() *http.Client { return client }, client.Timeout
	return e, nil
}

// Edit adds editors of every request, in their order. An adapter does so in its New, with the one that signs last:
// nothing may change what a signature covers.
func (e *Endpoint) Edit(editors ...Editor) { e.editors = append(e.editors, editors...) }

// OfBank names the bank that all answers are of, for the Bank of balances and accounts that state none themselves. An
// adapter does so in its New.
func (e *Endpoint) OfBank(name string) { e.bank = Seal(name) }

// LinksTo adds addresses, each as good as a base URL, below which the link to a next page may lead besides the
// provider's own. The request with its credentials goes there. An adapter does so in its New.
func (e *Endpoint) LinksTo(addresses ...string) {
	for _, address := range addresses {
		e.linked = append(e.linked, newBase(address))
	}
}

// Server is the provider's address as generated builders take it.
func (e *Endpoint) Server() string { return e.base.server }

// Now is the time by the caller's clock.
func (e *Endpoint) Now() time.Time { return e.now() }

// Invalid returns an invalid_argument error about a field; nothing has been sent.
func (e *Endpoint) Invalid(field, problem string) error {
	return Invalid(e.provider.Name, field, problem)
}

// Invalid returns an invalid_argument error of provider about a field.
func Invalid(provider, field, problem string) error {
	return &adapters.Error{
		Kind: adapters.ErrInvalidArgument, Origin: adapters.OriginLocal, Provider: provider, Detail: field + ": " + problem,
	}
}

// NewRequestID returns a random UUID. Like everything that reads crypto/rand, it crashes the program rather than
// returning a weak one.
func NewRequestID() string { return uuid.NewString() }

// base is the address under which a provider is reached.
type base struct {
	server string  // with a slash at the end, as generated builders take it
	url    url.URL // the same address taken apart
	prefix string  // its path without a slash at the end
	plain  bool    // a path is simply joined to it
}

// plainAddress are the characters that every way of writing an address leaves as they are.
const plainAddress = "/:-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func newBase(address string) base {
	parsed, _ := url.Parse(address) // it has been checked
	b := base{server: strings.TrimSuffix(address, "/") + "/", url: *parsed, prefix: strings.TrimSuffix(parsed.Path, "/")}
	b.plain = strings.Trim(b.server, plainAddress) == "" && !strings.Contains(b.server, "/.") &&
		strings.Count(b.server, "//") == 1 && strings.Count(b.server, ":/") == 1
	return b
}
