// Package call is the one path between an adapter and its provider, and what the mappings of adapters have in common. An
// adapter describes its [Provider] and its operations, builds requests with the generated client's builders, and maps
// generated types with pure functions; the rest is here. The steps of a call stand in order in exchange.
package call

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/openbalances/openbalances/adapters/internal/wire"
	"github.com/openbalances/openbalances/adapters/kit/answer"
)

// Request is one request that is to be made.
type Request struct {
	// Route is the method and the path of the provider's document, without ids.
	Route string
	// Build makes the request with the generated client's builder.
	Build func(e *Endpoint) (*http.Request, error)

	operation string // such as "get balances"
}

// exchanged is what is known of an exchange, and of its answer.
type exchanged struct {
	trip     wire.Trip
	begun    time.Time
	request  *http.Request    // nil until it is built
	response *http.Response   // nil without an answer
	received time.Time        // by the caller's clock
	body     []byte           // for the caller's hook only
	size     int              // of the body
	pages    strictjson.Pages // what the answer says about them
}

// exchange is the one way to the wire. Every operation of every adapter, lists, batches and tokens included, takes these
// steps in this order. Its errors are complete.
func exchange[T any](ctx context.Context, e *Endpoint, r Request, take func(T, *exchanged) error) error {
	x := &exchanged{begun: time.Now()}
	err := func() error {
		if ctx.Err() != nil { // 1. The caller still waits.
			return ctx.Err()
		}
		limited, cancel := e.limited(ctx)
		defer cancel()
		if err := e.build(limited, r, x); err != nil { // 2. The generated builder makes the request; the editors complete it.
			return err
		}
		defer x.trip.End()                         // 7. A connection whose answer may be another request's is closed.
		if err := e.send(limited, x); err != nil { // 3. It is sent once.
			return err
		}
		return answer.Read(x.response, e.limit, func(body []byte) error { // 4. Request id, status, media type and size are judged.
			e.keep(x, body)
			x.size = len(body)
			var target T
			pages, err := strictjson.UnmarshalPage(body, &target) // 5. Strict JSON becomes the generated type.
			if err != nil {
				return e.reported(body, x, &answer.Error{Detail: err.Error(), Err: err})
			}
			x.pages = linked(pages, x.response.Header)
			// 6. The mapping makes it the shared type, and finish holds it to its contract.
			return e.reported(body, x, take(target, x))
		})
	}()
	if err != nil {
		err = e.outcome(ctx, r, x, err) // 8. Every failure becomes an *adapters.Error.
		x.judgeToken(err)               // 9. The source of a refused token learns of it.
		known(ctx)
	}
	e.report(ctx, r, x, err) // 10. The caller's hook sees the exchange.
	return err
}

// limited returns the context of one request. When it ends, the transport has failed; when ctx ends, the caller has gone.
func (e *Endpoint) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, e.timeout)
}

// build makes the request. The editors get the context without the trip: what they send is not this request.
func (e *Endpoint) build(ctx context.Context, r Request, x *exchanged) error {
	request, err := r.Build(e)
	if err != nil {
		return err
	}
	x.trip.Provider, x.trip.Operation, x.trip.Route, x.trip.Limit = e.provider.Name, r.operation, r.Route, e.limit
	x.trip.RequestID = e.provider.RequestID
	*request = *request.WithContext(x.trip.Begin(ctx))
	request.Header.Set("Accept", "application/json")
	if e.userAgent != "" {
		request.Header.Set("User-Agent", e.userAgent)
	}
	for _, edit := range e.editors {
		if err := edit(ctx, request); err != nil {
			return err
		}
	}
	x.request = request
	return nil
}

// send makes the one exchange. The transport alone is enough for it: redirects are not followed and the context keeps the
// time, so http.Client would only copy the headers.
func (e *Endpoint) send(ctx context.Context, x *exchanged) error {
	if jar := e.client().Jar; jar != nil {
		for _, cookie := range jar.Cookies(x.request.URL) {
			x.request.AddCookie(cookie)
		}
	}
	response, err := e.client().Transport.RoundTrip(x.request)
	count(ctx, &x.trip, err)
	x.received = e.now()
	if err != nil {
		return x.unanswered(err)
	}
	x.response = response
	if jar := e.client().Jar; jar != nil {
		jar.SetCookies(x.request.URL, response.Cookies())
	}
	return nil
}

// unanswered is the failure of a transport. A retrying one that has given up had answers before: the last refusal counts,
// without its body, if a client of this library lies beneath, which sees it.
func (x *exchanged) unanswered(err error) error {
	var refused *adapters.Error
	failure, last := answer.Unsent(err), x.trip.Last()
	switch {
	case last != nil && last.StatusCode != http.StatusOK && wire.Compare(last) != wire.Another:
		x.response = last
		failure.Status, failure.Header, failure.Detail = last.StatusCode, last.Header, ""
	case errors.As(err, &refused):
		return refused
	}
	return failure
}

// keep copies the body if the caller wants to see it.
func (e *Endpoint) keep(x *exchanged, body []byte) {
	if e.onExchange != nil {
		x.body = slices.Clone(body)
	}
}

func (e *Endpoint) report(ctx context.Context, r Request, x *exchanged, err error) {
	if e.onExchange == nil {
		return
	}
	seen := adapters.Exchange{
		Provider: e.provider.Name, Operation: r.operation, Route: r.Route, Kind: adapters.KindOf(err),
		Duration: time.Since(x.begun), RequestIDSent: x.sentID(), Body: x.body,
	}
	if x.response != nil {
		seen.Status, seen.Header, seen.RequestIDReceived = x.response.StatusCode, x.response.Header, x.receivedID()
	}
	e.onExchange(ctx, seen)
}

func (x *exchanged) sentID() string {
	if x.request == nil {
		return ""
	}
	return x.request.Header.Get(wire.RequestID(x.request))
}

func (x *exchanged) receivedID() string { return x.response.Header.Get(wire.RequestID(x.request)) }

// warnings tells that a gateway has put an id of its own in the place of the request's.
func (x *exchanged) warnings() []string {
	if wire.Compare(x.response) == wire.Different {
		return []string{adapters.WarningRequestID}
	}
	return nil
}

// counter counts requests, also for the counter of an outer caller.
type counter struct {
	sent  atomic.Int64 // less than 0 as long as nothing is known
	outer *counter
}

type counterKey struct{}

// Counting returns a context that counts the requests sent under it by sources that are built on this package, and a
// function that tells how many there were so far, or -1 if no such source has begun a call. A request that a transport of
// the caller's repeats counts each time; one for an access token, which may serve several callers, does not count.
func Counting(ctx context.Context) (context.Context, func() int) {
	outer, _ := ctx.Value(counterKey{}).(*counter)
	own := &counter{outer: outer}
	own.sent.Store(-1)
	return context.WithValue(ctx, counterKey{}, own), func() int { return int(own.sent.Load()) }
}

// known tells the counters that they have heard of every request, although there may be none.
func known(ctx context.Context) {
	for c, _ := ctx.Value(counterKey{}).(*counter); c != nil; c = c.outer {
		c.sent.CompareAndSwap(-1, 0)
	}
}

// uncounted returns the context without the counter of Counting.
func uncounted(ctx context.Context) context.Context {
	return context.WithValue(ctx, counterKey{}, (*counter)(nil))
}

// count tells the counters of the context what was sent. Without an argument to blame, a request counts once even if
// nothing was written: a gateway may have counted it.
func count(ctx context.Context, trip *wire.Trip, err error) {
	if errors.Is(err, adapters.ErrInvalidArgument) {
		return
	}
	known(ctx)
	for c, _ := ctx.Value(counterKey{}).(*counter); c != nil; c = c.outer {
		c.sent.Add(int64(max(trip.Written(), 1)))
	}
}
