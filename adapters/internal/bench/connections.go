package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

const fleet = 10_000

const connectionsNote = `%d clients with credentials of their own make one call each to one host over TLS 1.3 and HTTP/1, %d at once; the host
takes 20 ms. It repeats the request's id, so that connections are used again, or it proves nothing. Time is wall time
divided by calls, with the server's handshakes in the same process.`

// measureConnections measures what it costs to close the connections of answers that prove nothing.
func measureConnections() {
	rows := [][]string{{"answers", "full handshakes", "resumed", "us a call"}}
	for _, test := range []struct {
		name  string
		echo  bool
		cache tls.ClientSessionCache
	}{
		{"proven", true, nil}, {"not proven", false, nil}, {"not proven, TLS sessions not resumed", false, forgetful{}},
	} {
		handshakes, resumed, took := askFleet(test.echo, test.cache)
		rows = append(rows, []string{
			test.name, strconv.Itoa(handshakes - resumed), strconv.Itoa(resumed), quantity(float64(took.Microseconds()) / fleet),
		})
	}
	printTable("A fleet at one host", fmt.Sprintf(connectionsNote, fleet, fanCalls), rows)
}

func askFleet(echo bool, cache tls.ClientSessionCache) (handshakes, resumed int, took time.Duration) {
	var all, again atomic.Int64
	body := scenario{eikaBank, 1}.body()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		if echo {
			w.Header().Set("X-Request-ID", r.Header.Get("X-Request-ID"))
		}
		_, _ = w.Write(body)
	}))
	server.TLS = &tls.Config{VerifyConnection: func(state tls.ConnectionState) error {
		all.Add(1)
		if state.DidResume {
			again.Add(1)
		}
		return nil
	}}
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client := adapters.NewHTTPClient(&tls.Config{RootCAs: roots, ClientSessionCache: cache})
	defer client.CloseIdleConnections()
	sources := make(chan adapters.Source, fleet)
	for range fleet {
		sources <- eikaOurs(&adapters.Options{BaseURL: server.URL, HTTPClient: client})
	}
	close(sources)
	begun := time.Now()
	var callers sync.WaitGroup
	for range fanCalls {
		callers.Go(func() {
			for source := range sources {
				must(source.Balances(context.Background(), eikaBank.account, adapters.Unattended()))
			}
		})
	}
	callers.Wait()
	return int(all.Load()), int(again.Load()), time.Since(begun)
}

// forgetful keeps no session.
type forgetful struct{}

func (forgetful) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (forgetful) Put(string, *tls.ClientSessionState)        {}
