package adapters

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// sentAtMostOnce returns a request that is sent at most once. By itself net/http repeats a request without a body when a
// connection that it has used before breaks, although the provider may have counted the first one. It does not, if GetBody
// fails. HTTP/2 repeats only what the server says it has not seen, so there GetBody succeeds. What goes over HTTP/1 is the
// same byte for byte.
func sentAtMostOnce(request *http.Request) *http.Request {
	if !repeated(request) {
		return request
	}
	ctx, again := request.Context(), never
	if request.URL.Scheme == "https" {
		ctx, again = unlessHTTP1(ctx)
	}
	request = request.WithContext(ctx)
	request.Body, request.GetBody, request.TransferEncoding = emptyBody{}, again, identity
	return request
}

// repeated says whether net/http would repeat the request.
func repeated(request *http.Request) bool {
	switch request.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return request.Body == nil || request.Body == http.NoBody
	}
	return false
}

// identity says that the body goes as it is. Without it net/http starts a goroutine for every request to learn whether
// there is a body.
var identity = []string{"identity"}

func never() (io.ReadCloser, error) { return nil, errBroken }

// unlessHTTP1 returns a context for one request, and its body for as long as its connection is HTTP/2.
func unlessHTTP1(ctx context.Context) (context.Context, func() (io.ReadCloser, error)) {
	var safe atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		secured, ok := info.Conn.(*tls.Conn)
		safe.Store(ok && secured.ConnectionState().NegotiatedProtocol == "h2")
	}}
	return httptrace.WithClientTrace(ctx, trace), func() (io.ReadCloser, error) {
		if safe.Load() {
			return emptyBody{}, nil
		}
		return never()
	}
}

// errBroken takes the place of the connection's own error when net/http would have repeated the request.
var errBroken = &Error{
	Kind: ErrUnavailable, Detail: "connection broken off", Err: errors.New("the provider closed the connection without an answer"),
}

// emptyBody is http.NoBody under another name, which net/http does not know.
type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }

// WriteTo spares net/http the room that it makes for copying.
func (emptyBody) WriteTo(io.Writer) (int64, error) { return 0, nil }
