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
	// Sources: httpd.apache.org/docs/2.4/mod/core.html, nodejs.org/api/http.html,
	// nginx.org/en/docs/http/ngx_http_core_module.html.
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
// the caller's. A nil client stands for that of NewHTTPClient(nil), and a maxBodyBytes of 0 or less for
// [DefaultMaxBodyBytes].
func GuardHTTPClient(client *http.Client, maxBodyBytes int64) *http.Client {
	if client == nil {
		client = NewHTTPClient(nil)
	}
	if maxBodyBytes <= 0 {
		maxBodyBytes = DefaultMaxBodyBytes
	}
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
	response, err := trip.Send(g.base, request)
	if err != nil || response == nil {
		if own != nil {
			own.End()
		}
		return nil, unanswered(err)
	}
	response.Request = request
	trip.Answer(response)
	if response.StatusCode == http.StatusSwitchingProtocols && response.Body != nil {
		_ = response.Body.Close()
		response.Body = nil
	}
	if response.Body == nil {
		response.Body = http.NoBody
	}
	response.Body = &cappedBody{ReadCloser: response.Body, left: trip.Limit, exceeded: response.ContentLength > trip.Limit}
	if own != nil {
		response.Body = ending{response.Body, own}
	}
	return response, nil
}

// unanswered is why a request has no answer.
func unanswered(err error) error {
	switch {
	case err == nil:
		return &Error{Kind: ErrUnavailable, Origin: OriginTransport, Detail: "the transport gave no answer"}
	case errors.Is(err, wire.ErrBroken):
		return errBroken
	}
	return err
}

// errBroken takes the place of what happens when net/http is kept from repeating a request.
var errBroken = &Error{
	Kind: ErrUnavailable, Origin: OriginTransport, Detail: "connection broken off",
	Err: errors.New("the provider closed the connection without an answer"),
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
	return n, err
}

// ending ends the trip of its answer.
type ending struct {
	io.ReadCloser
	trip *wire.Trip
}

func (e ending) Read(buffer []byte) (int, error) {
	n, err := e.ReadCloser.Read(buffer)
	if err != nil {
		e.trip.End()
	}
	return n, err
}

func (e ending) Close() error {
	err := e.ReadCloser.Close()
	e.trip.End()
	return err
}
