package adaptertest

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/require"
)

// stage is an adapter and a server whose answer can be changed between calls.
type stage struct {
	source  adapters.Source
	account string
	answer  atomic.Pointer[http.HandlerFunc]
}

func (h Harness) stage(t *testing.T) *stage {
	t.Helper()
	return h.limitedStage(t, 0)
}

// limitedStage is a stage whose adapter reads bodies up to a limit; 0 is the default.
func (h Harness) limitedStage(t *testing.T, limit int64) *stage {
	t.Helper()
	s := &stage{account: h.example(t).Account}
	address := serve(t, h.front(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a server notices a client that leaves only after the body
		(*s.answer.Load())(w, r)
	})))
	s.source = h.connect(t, &adapters.Options{BaseURL: address + basePath, MaxBodyBytes: limit})
	return s
}

// play returns what the adapter makes of an answer.
func (s *stage) play(t *testing.T, answer http.HandlerFunc) ([]adapters.Balance, error) {
	t.Helper()
	s.answer.Store(&answer)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	balances, err := s.source.Balances(ctx, s.account, adapters.Unattended())
	return withoutRequestID(balances), err
}

// withoutRequestID takes out what differs from call to call, so that the balances of two calls can be compared.
func withoutRequestID(balances []adapters.Balance) []adapters.Balance {
	for i := range balances {
		balances[i].RequestID = ""
	}
	return balances
}

func accountsWithoutRequestID(accounts []adapters.AccountBalances) []adapters.AccountBalances {
	for i := range accounts {
		withoutRequestID(accounts[i].Balances)
	}
	return accounts
}

// gauge is an adapter with connections of its own, and what went over them.
type gauge struct {
	source   adapters.Source
	base     string
	client   *http.Client
	received atomic.Int64 // bytes that the adapter's side has read
	requests atomic.Int64
	opened   atomic.Int64 // connections ever
	open     atomic.Int64 // connections that the server still has
}

func (h Harness) gauge(t *testing.T, handler http.HandlerFunc) *gauge {
	t.Helper()
	w := &gauge{}
	server := httptest.NewUnstartedServer(h.front(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.requests.Add(1)
		handler(rw, r)
	})))
	server.Config.ConnState = w.count
	server.Start()
	t.Cleanup(server.Close)
	w.client = &http.Client{Transport: &http.Transport{DialContext: w.dial}}
	t.Cleanup(w.client.CloseIdleConnections)
	w.base = server.URL + basePath
	w.source = h.connect(t, &adapters.Options{BaseURL: w.base, HTTPClient: w.client})
	return w
}

func (w *gauge) count(conn net.Conn, state http.ConnState) {
	freePort(conn, state)
	switch state {
	case http.StateNew:
		w.opened.Add(1)
		w.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		w.open.Add(-1)
	}
}

func (w *gauge) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return meter{conn, &w.received}, err
}

// serve starts a server and returns its address.
func serve(t *testing.T, handler http.Handler) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = freePort
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// ownClient is the default client with a pool of its own. In a shared pool a connection to a server that has gone could
// be taken for one to a later server on the same port, and nothing is sent twice to make up for it.
func ownClient(t *testing.T) *http.Client {
	t.Helper()
	client := adapters.NewHTTPClient(&tls.Config{})
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// freePort has the system forget a connection as soon as it is closed idle. It would keep the port for a minute
// otherwise, and the suite opens hundreds of connections.
func freePort(conn net.Conn, state http.ConnState) {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	socket, ok := conn.(*net.TCPConn)
	switch {
	case ok && state == http.StateIdle:
		_ = socket.SetLinger(0)
	case ok && state == http.StateActive:
		_ = socket.SetLinger(-1)
	}
}

type meter struct {
	net.Conn
	received *atomic.Int64
}

func (m meter) Read(buffer []byte) (int, error) {
	n, err := m.Conn.Read(buffer)
	m.received.Add(int64(n))
	return n, err
}

// connect returns the adapter with options and the clock of all tests.
func (h Harness) connect(t *testing.T, options *adapters.Options) adapters.Source {
	t.Helper()
	options.Now = func() time.Time { return now }
	if options.HTTPClient == nil {
		options.HTTPClient = ownClient(t)
	}
	source, err := h.New(options)
	require.NoError(t, err)
	return source
}

// raw connects the adapter with its own client to a rawServer, which leaves no connection behind.
func (h Harness) raw(t *testing.T, reply func(io.ReadWriter)) adapters.Source {
	t.Helper()
	source, err := h.New(&adapters.Options{BaseURL: rawServer(t, reply), Now: func() time.Time { return now }})
	require.NoError(t, err)
	return source
}

// rawServer speaks TCP: it reads a request, lets reply write, and hangs up.
func rawServer(t *testing.T, reply func(io.ReadWriter)) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	t.Cleanup(func() {
		_ = listener.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer context.AfterFunc(t.Context(), func() { _ = conn.Close() })() // one that was opened and never used
				converse(conn, reply)
			})
		}
	})
	return "http://" + listener.Addr().String() + basePath
}

func converse(conn net.Conn, reply func(io.ReadWriter)) {
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(2 * patience))
	_ = conn.(*net.TCPConn).SetWriteBuffer(64 << 10) // so that what was written is close to what was read
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, request.Body)
	reply(conn)
}

// says is a reply of fixed text.
func says(parts ...string) func(io.ReadWriter) {
	return func(conn io.ReadWriter) { _, _ = io.WriteString(conn, strings.Join(parts, "")) }
}

// saysAndWaits is the same, but it is the client that hangs up.
func saysAndWaits(text string) func(io.ReadWriter) {
	return func(conn io.ReadWriter) {
		says(text)(conn)
		_, _ = io.Copy(io.Discard, conn)
	}
}

// repeats writes first and then part without end, until the client hangs up. It returns the number of bytes.
func repeats(conn io.Writer, pause time.Duration, first, part string) (written int) {
	text := first
	for {
		n, err := io.WriteString(conn, text)
		if written += n; err != nil {
			return written
		}
		text = part
		time.Sleep(pause)
	}
}
