// Package call is the one path between an adapter and its provider: it checks what goes out, judges what comes back
// in the order transport, status, media type, size, JSON, mapping, and turns every failure into an *adapters.Error.
package call

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/check"
)

// Connection is how one adapter reaches its provider. It is read-only after New and safe for concurrent use.
type Connection struct {
	Provider   string
	BaseURL    string
	HTTPClient *http.Client
	Now        func() time.Time
	Editors    []Editor      // of every request, in their order; the adapter sets them before the first one
	limit      int64         // bytes of a body
	timeout    time.Duration // the client's; its own would cost a goroutine for each call, because the transport is wrapped
	operation  string
	refusal    func(Answer) Refusal
}

// Answer is an error answer of a provider. Body is cut at 64 KiB and may be anything.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Refusal is what a provider's error body says. The zero value is right for a body that says nothing.
type Refusal struct {
	Kind      adapters.Kind // overrides the kind of the HTTP status if set
	Code      string        // as sent
	Known     bool          // the code is documented, so the error's text may show it
	Message   string
	RequestID string
	Links     map[string]string
}

// New returns the connection of one adapter. baseURL is the provider's production address; refusal reads its error
// bodies.
func New(provider, baseURL string, options *adapters.Options, refusal func(Answer) Refusal) (*Connection, error) {
	if options == nil {
		options = &adapters.Options{}
	}
	c := &Connection{Provider: provider, BaseURL: baseURL, Now: time.Now, operation: getBalances, refusal: refusal}
	if options.BaseURL != "" {
		c.BaseURL = options.BaseURL
	}
	if problem := check.BaseURL(c.BaseURL); problem != "" {
		return nil, c.Invalid("baseURL", problem)
	}
	if options.MaxBodyBytes < 0 {
		return nil, c.Invalid("maxBodyBytes", "negative")
	}
	if options.Now != nil {
		c.Now = options.Now
	}
	c.limit = cmp.Or(options.MaxBodyBytes, adapters.DefaultMaxBodyBytes)
	client := options.HTTPClient
	if client == nil {
		client = adapters.NewHTTPClient(nil)
	}
	c.HTTPClient = adapters.GuardHTTPClient(client, c.limit)
	c.timeout, c.HTTPClient.Timeout = c.HTTPClient.Timeout, 0
	return c, nil
}

// Edit completes a request with all editors.
func (c *Connection) Edit(ctx context.Context, request *http.Request) error {
	for _, edit := range c.Editors {
		if err := edit(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// do makes the one exchange of a call. The transport alone is enough for it: redirects are not followed and the context
// keeps the time, so http.Client would only copy the headers.
func (c *Connection) do(request *http.Request) (*http.Response, error) {
	if c.HTTPClient.Jar != nil {
		return c.HTTPClient.Do(request)
	}
	return c.HTTPClient.Transport.RoundTrip(request)
}

// during returns the connection as it is during an operation.
func (c *Connection) during(operation string) *Connection {
	own := *c
	own.operation = operation
	return &own
}

// Invalid returns an invalid_argument error about a field; nothing has been sent.
func (c *Connection) Invalid(field, problem string) error { return Invalid(c.Provider, field, problem) }

// Invalid returns an invalid_argument error of provider about a field.
func Invalid(provider, field, problem string) error {
	return &adapters.Error{Kind: adapters.ErrInvalidArgument, Provider: provider, Detail: field + ": " + problem}
}

// NewRequestID returns a random UUID. Like everything that reads crypto/rand, it crashes the program rather than
// returning a weak one.
func NewRequestID() string { return uuid.NewString() }
