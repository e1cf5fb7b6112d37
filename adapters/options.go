package adapters

import (
	"context"
	"net/http"
	"time"

	"github.com/openbalances/openbalances/adapters/internal/wire"
)

// Options are what all adapters let the caller choose. A nil *Options and zero fields mean the defaults.
type Options struct {
	// BaseURL replaces the provider's production address: https, or http for a loopback host; no user, query or
	// fragment. A path is kept as a prefix. It is required where each bank has an address of its own.
	BaseURL string
	// HTTPClient replaces the client of [NewHTTPClient], for instance to add a client certificate or tracing. It is
	// copied, never changed; redirects, plain http to other hosts and bodies over the cap are refused on the copy
	// too. Its timeout stays as it is. A transport of its own can wrap that of [NewHTTPClient]. One that repeats requests
	// should do so: then each repetition is counted, and if it gives up, the failure has the status and the Retry-After of
	// the last answer. Over another transport a failure of its own says neither.
	HTTPClient *http.Client
	// MaxBodyBytes is the cap on an answer's body after decompression; 1 MiB if zero. It replaces the cap of a client that
	// was made with [NewHTTPClient], also where its transport was wrapped.
	MaxBodyBytes int64
	// UserAgent replaces net/http's own text in the User-Agent header.
	UserAgent string
	// Now replaces the clock that stamps requests and Balance.ReceivedAt.
	Now func() time.Time
	// OnExchange is called after each exchange with the provider by the goroutine of the call, and after one for a token
	// by a goroutine of its own. A request that could not be made, signed or authorised counts too, arguments that are
	// refused do not. It is for metrics, traces and records of raw answers, and it must not keep what it is given.
	OnExchange func(context.Context, Exchange)
}

// OperationOf returns what a request of an adapter is for, by the request's context: the adapter's name, the operation
// and the route as in [Exchange]. They are empty for other requests, one of a generated client used alone too. It lets a
// transport of [Options].HTTPClient name spans and metrics without the path, which holds account ids.
func OperationOf(ctx context.Context) (provider, operation, route string) {
	if trip := wire.From(ctx); trip != nil {
		return trip.Provider, trip.Operation, trip.Route
	}
	return "", "", ""
}

// Exchange is one request to a provider and what came of it. Nothing of it but Header and Body can hold personal data or
// secrets of the provider's answer, and nothing holds what was sent.
type Exchange struct {
	Provider  string
	Operation string        // such as "get balances"
	Route     string        // method and path of the provider's document, without ids: "GET /v1/accounts/{id}/balances"
	Status    int           // 0 when there was no answer
	Kind      Kind          // of the outcome, mapping included; "" if it is good
	Duration  time.Duration // from before the request is sent until its outcome is known, body and mapping included
	// RequestIDSent and RequestIDReceived are the values of the provider's request id header; empty if it has none.
	RequestIDSent     string
	RequestIDReceived string
	// Header and Body are the answer's, as far as it was read. They are valid during the call only.
	Header http.Header
	Body   []byte
}
