package tlstest

import (
	"bufio"
	"crypto/tls"
	"encoding/binary"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Server demands a client certificate from an authority.
type Server struct {
	URL         string
	connections atomic.Int32
	requests    atomic.Int32
}

// Connections is how many there have been, and Requests how many came through one of them.
func (s *Server) Connections() int { return int(s.connections.Load()) }
func (s *Server) Requests() int    { return int(s.requests.Load()) }

// Serve starts a server for clients of the authority, from which it has its own certificate. It speaks the one version
// of TLS, and HTTP/2 on request; to test refusals in TLS 1.3, take HTTP/1.
func Serve(t testing.TB, a *Authority, version uint16, http2 bool, handler http.Handler) *Server {
	t.Helper()
	s := &Server{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		handler.ServeHTTP(w, r)
	}))
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{a.Issue(t, nil)}, ClientCAs: a.Pool(), ClientAuth: tls.RequireAndVerifyClientCert,
		MinVersion: version, MaxVersion: version,
	}
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are wanted
	server.Config.ConnState = accept
	server.Listener = listener{server.Listener, s, version == tls.VersionTLS13 && !http2}
	server.StartTLS()
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// listener makes its connections behave like those of a distant server. On loopback a refusal can overtake the request,
// which the client of TLS 1.3 sends without waiting for the server's verdict; the client then sees a failed write.
type listener struct {
	net.Listener
	server  *Server
	patient bool
}

func (l listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.server.connections.Add(1)
	tcp := accepted.(*net.TCPConn)
	return &connection{TCPConn: tcp, received: bufio.NewReader(tcp), patient: l.patient}, nil
}

const patience = 10 * time.Second

// connection sends a refusal, which is the second thing that a server of TLS 1.3 writes, when the client has begun its
// request. It closes without a reset, also when there is something unread.
type connection struct {
	*net.TCPConn
	patient  bool
	accepted atomic.Bool

	reading  sync.Mutex // a handshake never writes while it reads
	received *bufio.Reader
	left     int // bytes of the current record
	writes   int
}

// accept notes that a connection has got beyond the handshake.
func accept(c net.Conn, state http.ConnState) {
	if state == http.StateActive {
		c.(*tls.Conn).NetConn().(*connection).accepted.Store(true)
	}
}

// Read gives no more than one record, so that Write can tell whether another one has arrived.
func (c *connection) Read(buffer []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	const header = 5
	if c.left == 0 {
		start, err := c.received.Peek(header)
		if err != nil {
			return 0, err
		}
		c.left = header + int(binary.BigEndian.Uint16(start[3:]))
	}
	n, err := c.received.Read(buffer[:min(len(buffer), c.left)])
	c.left -= n
	return n, err
}

func (c *connection) Write(data []byte) (int, error) {
	if c.patient && !c.accepted.Load() && c.reading.TryLock() {
		c.awaitRequest()
		c.reading.Unlock()
	}
	return c.TCPConn.Write(data)
}

func (c *connection) awaitRequest() {
	if c.writes++; c.writes == 2 {
		_ = c.SetReadDeadline(time.Now().Add(patience))
		_, _ = c.received.Peek(1)
		_ = c.SetReadDeadline(time.Time{})
	}
}

func (c *connection) Close() error {
	_ = c.CloseWrite()
	_ = c.SetReadDeadline(time.Now().Add(patience))
	_, _ = io.Copy(io.Discard, c.TCPConn)
	return c.TCPConn.Close()
}
