// Package wire watches requests while they are sent. On an HTTP/1 connection nothing but the order ties an answer to its
// request: after one answer too many, each answer is that of the request before it. HTTP/2 numbers its requests, so its
// connections are left alone. The events of httptrace reach this package through every transport that keeps the request's
// context.
package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"reflect"
	"sync"
	"sync/atomic"
	"time"
)

// Trip is one request on its way, with all repetitions that a caller's transport makes of it. It is the context of the
// request. It is safe for concurrent use; the exported fields are read-only once it has begun.
type Trip struct {
	context.Context
	Provider, Operation, Route string
	RequestID                  string // the canonical name of the header with the caller's id, "" for the usual one
	Limit                      int64  // bytes of the answer's body

	trace    httptrace.ClientTrace
	last     atomic.Pointer[http.Response]
	answered atomic.Bool // the first byte of an answer is here

	mutex      sync.Mutex
	marks      []mark // on HTTP/1 connections with answers that may be another request's
	written    int    // how often the request was sent
	repeatable bool   // net/http repeats the request if a used connection breaks
	used       bool   // the connection has served before
	dead       bool   // the connection is closed and nothing can be written to it
	waiting    bool   // the request was sent on a used connection, and no answer has begun
	broken     bool   // net/http was kept from repeating it
}

type key struct{}

// From returns the trip of a request by its context, nil if there is none.
func From(ctx context.Context) *Trip {
	trip, _ := ctx.Value(key{}).(*Trip)
	return trip
}

// Value implements [context.Context].
func (t *Trip) Value(name any) any {
	if name == (key{}) {
		return t
	}
	return t.Context.Value(name)
}

// Begin returns the context with which the request is sent.
func (t *Trip) Begin(parent context.Context) context.Context {
	t.Context = parent
	t.trace.GotConn, t.trace.WroteHeaders, t.trace.GotFirstResponseByte = t.gotConn, t.wroteHeaders, t.gotFirstByte
	return httptrace.WithClientTrace(t, &t.trace)
}

// unproven holds the connections whose last answer may belong to another request, and the trip that it came to.
var unproven sync.Map

// mark is a connection and its key in unproven, which is the connection, if its type can be a key.
type mark struct {
	conn net.Conn
	key  any
}

// gotConn is called before anything is written. Net/http sends the request on another connection if this one is closed,
// unless it is new.
func (t *Trip) gotConn(info httptrace.GotConnInfo) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	m := mark{info.Conn, info.Conn}
	if !reflect.ValueOf(info.Conn).Comparable() {
		m.key = &m
	}
	owner, marked := unproven.Load(m.key)
	switch {
	case t.waiting: // net/http repeats a request that may have arrived; it goes on until a new connection fails
		t.waiting, t.broken, t.dead = info.Reused, true, true
		_ = info.Conn.Close()
	case multiplexed(info.Conn), marked && !owner.(*Trip).answered.Load(): // also HTTP/2 without TLS
		t.used, t.dead = false, false
	case marked, info.Reused && closed(info.Conn):
		t.dead = true
		_ = info.Conn.Close()
	default:
		t.used, t.dead = info.Reused, false
		t.marks = append(t.marks, m)
		unproven.Store(m.key, t)
	}
}

func (t *Trip) wroteHeaders() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if !t.dead {
		t.written++
		t.waiting = t.used && t.repeatable
	}
}

func (t *Trip) gotFirstByte() {
	t.answered.Store(true)
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.waiting = false
}

// ErrBroken says that the connection broke after the request was sent and before an answer came.
var ErrBroken = errors.New("connection broken off")

// maxStale is how often a request is sent anew because a connection had the answer before it was asked.
const maxStale = 16

// Send hands the request to a transport, for the first time or again on purpose. A connection that was closed before
// anything was written to it can still hold the answer to an earlier request, in net/http's buffer, and net/http gives up on
// it if the request's body is larger than a buffer; the request goes out on another one then.
func (t *Trip) Send(base http.RoundTripper, request *http.Request) (*http.Response, error) {
	for tries := 0; request != nil && tries < maxStale; tries++ {
		t.mutex.Lock()
		t.repeatable, t.waiting, t.broken, t.dead = request.Method != http.MethodPost, false, false, false
		before := t.written
		t.mutex.Unlock()
		response, err := base.RoundTrip(request)
		t.mutex.Lock()
		broken := t.broken && request.Context().Err() == nil
		stale := t.dead && (response != nil || t.written == before && errors.Is(err, net.ErrClosed))
		t.mutex.Unlock()
		if !broken && !stale {
			return response, err
		}
		if response != nil && response.Body != nil {
			_ = response.Body.Close()
		}
		if broken {
			break
		}
		request = unspent(request)
	}
	return nil, ErrBroken
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

// Answer takes note of an answer. It is the request's own if it is of HTTP/2 or repeats the request's id.
func (t *Trip) Answer(response *http.Response) {
	t.last.Store(response)
	switch {
	case response.ProtoMajor > 1:
		t.share()
	case Compare(response) == Same:
		t.Prove()
	}
}

// multiplexing owns the connections of HTTP/2 without TLS, which only their first answer tells. It keeps them for good,
// which matters little: plain connections go to this machine only, and few clients speak HTTP/2 on them.
var multiplexing Trip

func (t *Trip) share() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, m := range t.marks {
		unproven.Store(m.key, &multiplexing)
	}
	t.marks = nil
}

// Last is the last answer that was seen, nil if there was none.
func (t *Trip) Last() *http.Response { return t.last.Load() }

// Prove says that the answer belongs to the request, so that its connection can serve others. Of several connections
// nobody knows which one the answer came over.
func (t *Trip) Prove() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if len(t.marks) == 1 {
		unproven.Delete(t.marks[0].key)
		t.marks = nil
	}
}

// End closes the connections of answers that were not proven.
func (t *Trip) End() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, m := range t.marks {
		_ = m.conn.Close()
		unproven.Delete(m.key)
	}
	t.marks = nil
}

// Written is how often the request was sent, as far as the transport tells.
func (t *Trip) Written() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.written
}

func multiplexed(conn net.Conn) bool {
	secured, ok := conn.(interface{ ConnectionState() tls.ConnectionState })
	return ok && secured.ConnectionState().NegotiatedProtocol == "h2"
}

// closed reports whether this side has closed a connection, which net/http may not have noticed yet.
func closed(conn net.Conn) bool { return conn.SetWriteDeadline(time.Time{}) != nil }
