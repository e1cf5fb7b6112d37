package adapters

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/internal/wire"
	"github.com/openbalances/openbalances/adapters/kit/answer"
)

const (
	// DefaultMaxBodyBytes is the cap on an answer's body after decompression.
	DefaultMaxBodyBytes = answer.DefaultLimit

	maxHeaderBytes = 64 << 10
	callTimeout    = 30 * time.Second
	connectTimeout = 10 * time.Second
	idlePerHost    = 64
	idleTotal      = 512

	// idleTimeout ends before common servers close a connection, because a request that meets its end fails and is not
	// repeated: Apache's KeepAliveTimeout and Node.js's server.keepAliveTimeout are 5 seconds by default, nginx's
	// keepalive_timeout is 75.
	// Sources: httpd.apache.org/docs/2.4/mod/core.html, nodejs.org/api/http.html, nginx.org/en/docs/http/ngx_http_core_module.html.
	idleTimeout = 4 * time.Second
)

// NewHTTPClient returns a client that is safe to point at a bank: TLS 1.2 or newer, a timeout of 30 seconds, no
// redirects, plain http only to loopback, answers capped at 64 KiB of headers and 1 MiB of body after decompression.
// All adapters use it unless told otherwise, and it serves a generated client used alone. config adds a client
// certificate or own roots and may be nil; it is copied. Clients made with nil share one connection pool. An HTTP/1
// connection serves another request only if the answer before it was proven to belong to its request; TLS sessions are
// resumed. Over HTTP/1 no request is sent twice; HTTP/2 repeats what the server says it has not seen.
func NewHTTPClient(config *tls.Config) *http.Client {
	transport := sharedTransport()
	if config != nil {
		transport = newTransport(config)
	}
	return GuardHTTPClient(&http.Client{Transport: transport, Timeout: callTimeout}, DefaultMaxBodyBytes)
}

var sharedTransport = sync.OnceValue(func() *http.Transport { return newTransport(&tls.Config{}) })

func newTransport(config *tls.Config) *http.Transport {
	config = config.Clone()
	config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
	if config.ClientSessionCache == nil && config.GetClientCertificate == nil && config.VerifyPeerCertificate == nil {
		config.ClientSessionCache = tls.NewLRUClientSessionCache(0) // the callbacks are not asked when a session is resumed
	}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    connectTimeout,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           idleTotal,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// GuardHTTPClient returns a copy of client that follows no redirect, refuses plain http to other hosts than loopback
// and fails reading a body beyond maxBodyBytes with [ErrTooLarge]. The original is not changed; timeout and TLS stay
// the caller's.
func GuardHTTPClient(client *http.Client, maxBodyBytes int64) *http.Client {
	guarded := *client
	guarded.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	base := client.Transport
	if outer, ok := base.(*guard); ok {
		base = outer.base
	}
	if base == nil {
		base = http.DefaultTransport
	}
	guarded.Transport = &guard{base: base, limit: maxBodyBytes}
	return &guarded
}

// guard is the transport that keeps secrets off plain connections and memory bounded.
type guard struct {
	base  http.RoundTripper
	limit int64
}

func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	if problem := check.URL(request.URL); problem != "" {
		closeBody(request)
		return nil, invalid("URL", problem)
	}
	trip, own := wire.From(request.Context()), (*wire.Trip)(nil)
	if trip == nil { // a generated client used alone
		own = &wire.Trip{Limit: g.limit}
		trip, request = own, request.WithContext(own.Begin(request.Context()))
	}
	response, err := g.send(trip, request)
	if err != nil || response == nil {
		if own != nil {
			own.End()
		}
		return nil, unanswered(request, trip, err)
	}
	complete(response, request)
	trip.Answer(response)
	if response.StatusCode == http.StatusSwitchingProtocols {
		_ = response.Body.Close()
		response.Body = http.NoBody
	}
	response.Body = &cappedBody{ReadCloser: response.Body, left: trip.Limit, exceeded: response.ContentLength > trip.Limit, own: own}
	return response, nil
}

// maxStale is how often a request is sent anew because a connection had the answer before it was asked.
const maxStale = 16

// send makes the exchange. A connection that was closed before anything was written to it can still hold the answer to an
// earlier request, in net/http's buffer; the request goes out on another one then.
func (g *guard) send(trip *wire.Trip, request *http.Request) (*http.Response, error) {
	for range maxStale {
		trip.Attempt(request)
		response, err := g.base.RoundTrip(request)
		if err != nil || response == nil || !trip.Stale() {
			return response, err
		}
		if response.Body != nil {
			_ = response.Body.Close()
		}
		if request = unspent(request); request == nil || trip.Broken() {
			break
		}
	}
	return nil, errBroken
}

// unspent is a request with its body as it was, nil if it cannot be had again.
func unspent(request *http.Request) *http.Request {
	if request.Body == nil || request.Body == http.NoBody {
		return request
	}
	if request.GetBody == nil {
		return nil
	}
	body, err := request.GetBody()
	if err != nil {
		return nil
	}
	again := *request
	again.Body = body
	return &again
}

// unanswered is why a request has no answer.
func unanswered(request *http.Request, trip *wire.Trip, err error) error {
	switch {
	case err == nil:
		return &Error{Kind: ErrUnavailable, Origin: OriginTransport, Detail: "the transport gave no answer"}
	case trip.Broken() && request.Context().Err() == nil:
		return errBroken
	}
	return err
}

// errBroken takes the place of what happens when net/http is kept from repeating a request.
var errBroken = &Error{
	Kind: ErrUnavailable, Origin: OriginTransport, Detail: "connection broken off",
	Err: errors.New("the provider closed the connection without an answer"),
}

// complete adds what transports other than net/http's may leave out.
func complete(response *http.Response, request *http.Request) {
	if response.Body == nil {
		response.Body = http.NoBody
	}
	response.Request = request
}

// Unwrap returns the transport beneath, for whoever puts one in between: adapters guard what they are given again.
func (g *guard) Unwrap() http.RoundTripper { return g.base }

// CloseIdleConnections lets http.Client.CloseIdleConnections through.
func (g *guard) CloseIdleConnections() {
	if closer, ok := g.base.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		_ = request.Body.Close()
	}
}

var errCapped = &Error{Kind: ErrTooLarge, Origin: OriginProvider, Detail: "body is larger than the cap", Err: answer.ErrTooLarge}

// cappedBody fails instead of giving more than the cap; a body of exactly the cap is read to its end.
type cappedBody struct {
	io.ReadCloser
	left     int64
	exceeded bool
	own      *wire.Trip // ends with the body; nil if the call ends it
}

func (b *cappedBody) Close() error {
	err := b.ReadCloser.Close()
	if b.own != nil {
		b.own.End()
	}
	return err
}

func (b *cappedBody) Read(buffer []byte) (int, error) {
	if b.exceeded {
		return 0, errCapped
	}
	if int64(len(buffer))-1 > b.left {
		buffer = buffer[:b.left+1]
	}
	n, err := b.ReadCloser.Read(buffer)
	if int64(n) > b.left {
		n, b.exceeded = int(b.left), true
		err = errCapped
	}
	b.left -= int64(n)
	if err != nil && b.own != nil {
		b.own.End()
	}
	return n, err
}
