package adapters

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// once returns a request that is sent at most once. By itself net/http repeats a request without a body when a
// connection that it has used before breaks, although the provider may have counted the first one; it leaves that be
// when it cannot get the body again. HTTP/2 repeats only what the server says it has not seen, so there the body can be
// had. What goes over HTTP/1 is the same byte for byte.
func once(request *http.Request) *http.Request {
	if request.Body != nil && request.Body != http.NoBody {
		return request
	}
	var safe atomic.Bool
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		secured, ok := info.Conn.(*tls.Conn)
		safe.Store(ok && secured.ConnectionState().NegotiatedProtocol == "h2")
	}}
	request = request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
	request.Body = emptyBody{}
	request.GetBody = func() (io.ReadCloser, error) {
		if safe.Load() {
			return emptyBody{}, nil
		}
		return nil, errBroken
	}
	return request
}

// errBroken takes the place of the connection's own error when net/http would have repeated the request.
var errBroken = &Error{
	Kind: ErrUnavailable, Detail: "connection broken off", Err: errors.New("the provider closed the connection without an answer"),
}

// emptyBody is http.NoBody under another name, which net/http does not know.
type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }
