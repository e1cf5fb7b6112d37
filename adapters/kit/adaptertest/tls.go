package adaptertest

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// tlsServer counts the connections that were made to it.
type tlsServer struct {
	address     string
	connections atomic.Int32
}

func (h Harness) serveTLS(t *testing.T, handler http.Handler, config *tls.Config) *tlsServer {
	t.Helper()
	counted := &tlsServer{}
	server := httptest.NewUnstartedServer(h.front(t, handler))
	server.TLS = config.Clone()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		freePort(conn, state)
		if state == http.StateNew {
			counted.connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	counted.address = server.URL + basePath
	return counted
}
