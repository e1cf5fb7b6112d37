package adapters_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const account = "S3CR3T-50044620073"

func openMyPOS(t *testing.T, options *adapters.Options) adapters.Source {
	t.Helper()
	source, err := mypos.New(mypos.Credentials{AccessToken: "a", APIKey: "b", ConsentID: "c"}, options)
	require.NoError(t, err)
	return source
}

func balancesOf(source adapters.Source) ([]adapters.Balance, error) {
	return source.Balances(context.Background(), account, adapters.Unattended())
}

func TestTheLimitHoldsBeneathWhatWrapsTheTransport(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"account": {"accountNumber": %q}, "balances": []}%s`, account, strings.Repeat(" ", 2<<20))
	})
	document, err := contract.Load("mypos")
	require.NoError(t, err)
	for name, wrap := range map[string]func(http.RoundTripper) http.RoundTripper{
		"nothing": func(base http.RoundTripper) http.RoundTripper { return base },
		"a log": func(base http.RoundTripper) http.RoundTripper {
			return adapters.LogTransport(base, slog.New(slog.DiscardHandler))
		},
		"a check": func(base http.RoundTripper) http.RoundTripper {
			return traffic.NewTransport(base, document, traffic.Options{Report: func(traffic.Deviation) {}})
		},
		"a caller": func(base http.RoundTripper) http.RoundTripper { return transport(base.RoundTrip) },
		"twice": func(base http.RoundTripper) http.RoundTripper {
			return transport(adapters.GuardHTTPClient(&http.Client{Transport: transport(base.RoundTrip)}, 10).Transport.RoundTrip)
		},
	} {
		for limit, want := range map[int64]error{0: adapters.ErrTooLarge, 1 << 10: adapters.ErrTooLarge, 4 << 20: nil} {
			client := adapters.NewHTTPClient(nil)
			client.Transport = wrap(client.Transport)
			_, err := balancesOf(openMyPOS(t, &adapters.Options{BaseURL: address, HTTPClient: client, MaxBodyBytes: limit}))
			assert.ErrorIs(t, err, want, "%s, %d", name, limit)
		}
	}
}

// retrying repeats a request three times like a common module, and gives up with an error that shows the address.
func retrying(base http.RoundTripper) http.RoundTripper {
	return transport(func(request *http.Request) (*http.Response, error) {
		var last error
		for range 3 {
			response, err := base.RoundTrip(request)
			if last = err; err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		}
		return nil, fmt.Errorf("%s %s giving up after 3 attempts: %w", request.Method, request.URL, errors.Join(errors.New(request.URL.Path), last))
	})
}

func TestATransportThatGivesUpLeavesTheLastAnswer(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int64
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived.Add(1)
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	now := func() time.Time { return time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC) }
	for name, test := range map[string]struct {
		base    http.RoundTripper
		kind    adapters.Kind
		status  int
		sent    int // afterwards, too
		refused error
	}{
		"over a client of this library": {adapters.NewHTTPClient(nil).Transport, adapters.ErrRateLimited, 429, 3, adapters.ErrRateLimited},
		"over another transport":        {&http.Transport{}, adapters.ErrUnavailable, 0, 6, adapters.ErrUnavailable},
	} {
		arrived.Store(0)
		source, err := accessguard.New(openMyPOS(t, &adapters.Options{
			BaseURL: address, HTTPClient: &http.Client{Transport: retrying(test.base)}, Now: now,
		}), "consent", accessguard.Memory(), &accessguard.Options{Now: now, Access: accessguard.Usual(specs.Limit{Calls: 100, Window: 24 * time.Hour})})
		require.NoError(t, err)
		ctx, counted := call.Counting(t.Context())
		_, err = source.Balances(ctx, account, adapters.Unattended())
		var failure *adapters.Error
		require.ErrorAs(t, err, &failure, name)
		assert.Equal(t, test.kind, failure.Kind, name)
		assert.Equal(t, test.status, failure.Status, name)
		assert.Equal(t, test.status != 0, failure.RetryAfter.Equal(now().Add(time.Hour)), name)
		assert.Equal(t, 3, counted(), name)
		assertNothingShown(t, err)
		_, err = balancesOf(source)
		require.ErrorIs(t, err, test.refused, name)
		assert.EqualValues(t, test.sent, arrived.Load(), "%s: the guard has learnt of the 429", name)
	}
}

// assertNothingShown walks a chain of causes.
func assertNothingShown(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s %q %T", err, err, err, err, err, err), "S3CR3T")
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		assertNothingShown(t, wrapper.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			assertNothingShown(t, inner)
		}
	}
}

// A connection that is closed before anything is written to it can still hold an answer to an earlier request in
// net/http's buffer. It happens once in thousands of calls; the transport here does as net/http does then.
func TestAnAnswerToNothingIsNotTaken(t *testing.T) {
	t.Parallel()
	for method, body := range map[string]string{http.MethodGet: "", http.MethodPost: "asked"} {
		attempts, sent := 0, ""
		base := transport(func(request *http.Request) (*http.Response, error) {
			attempts++
			used, other := net.Pipe()
			defer func() { _ = other.Close() }()
			if attempts < 3 {
				_ = used.Close()
			}
			httptrace.ContextClientTrace(request.Context()).GotConn(httptrace.GotConnInfo{Conn: used, Reused: true})
			if request.Body != nil && attempts != 2 {
				text, _ := io.ReadAll(request.Body)
				sent = string(text)
			}
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(strconv.Itoa(attempts)))}, nil
		})
		request, err := http.NewRequestWithContext(t.Context(), method, "http://127.0.0.1", strings.NewReader(body))
		require.NoError(t, err)
		response, err := adapters.GuardHTTPClient(&http.Client{Transport: base}, 10).Do(request)
		require.NoError(t, err)
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		assert.Equal(t, "3", string(answer), method)
		assert.Equal(t, body, sent)
	}
}

// unnoticed is a connection whose end net/http does not notice before it writes.
type unnoticed struct {
	net.Conn
	over <-chan struct{}
}

func (c unnoticed) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		<-c.over
	}
	return n, err
}

// Net/http repeats a request that found its connection closed, but not one whose body is larger than a buffer of 4 KiB.
func TestALargeBodyFindsAnotherConnection(t *testing.T) {
	t.Parallel()
	var arrived []int
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		arrived = append(arrived, int(n))
	}))
	t.Cleanup(server.Close)
	var dialled atomic.Int64
	client := adapters.GuardHTTPClient(&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialled.Add(1)
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			return unnoticed{conn, t.Context().Done()}, err
		},
	}}, 10)
	post := func(size int) error {
		response, err := client.Post(server.URL, "text/plain", strings.NewReader(strings.Repeat("a", size)))
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		return errors.Join(err, response.Body.Close()) // the answer proves nothing, so its connection is closed
	}
	sizes := []int{1, 4096, 1 << 16, 0}
	for _, size := range sizes {
		require.NoError(t, post(size), size)
	}
	assert.Equal(t, sizes, arrived, "each once")
	server.Close()
	require.ErrorIs(t, post(1), syscall.ECONNREFUSED)
	assert.EqualValues(t, len(sizes)+1, dialled.Load(), "a server that is gone is dialled once")
}

// Neonomics' answers prove nothing, but HTTP/2 ties them to their requests.
func TestHTTP2ConnectionsAreShared(t *testing.T) {
	t.Parallel()
	var remotes, lengths []string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remotes, lengths = append(remotes, r.RemoteAddr), append(lengths, fmt.Sprint(r.Proto, r.ContentLength))
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("[]"))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	guarded := adapters.NewHTTPClient(server.Client().Transport.(*http.Transport).TLSClientConfig)
	t.Cleanup(guarded.CloseIdleConnections)
	for _, client := range []*http.Client{guarded, {Transport: transport(guarded.Transport.RoundTrip)}} {
		source, err := neonomics.New(neonomics.Credentials{AccessToken: "a", SessionID: "b", DeviceID: "c"},
			&adapters.Options{BaseURL: server.URL, HTTPClient: client})
		require.NoError(t, err)
		for range 3 {
			_, err := balancesOf(source)
			require.NoError(t, err)
		}
	}
	assert.Equal(t, strings.Repeat(remotes[0], 6), strings.Join(remotes, ""))
	assert.Equal(t, strings.Repeat("HTTP/2.00", 6), strings.Join(lengths, ""), "no body")
}

func TestHTTP2WithoutTLSIsShared(t *testing.T) {
	t.Parallel()
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("[]"))
	}))
	server.Config.Protocols = &protocols
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	source, err := neonomics.New(neonomics.Credentials{AccessToken: "a", SessionID: "b", DeviceID: "c"},
		&adapters.Options{BaseURL: server.URL, HTTPClient: &http.Client{Transport: &http.Transport{Protocols: &protocols}}})
	require.NoError(t, err)
	_, err = balancesOf(source)
	require.NoError(t, err)
	var calls sync.WaitGroup
	for range 50 {
		calls.Go(func() {
			_, err := balancesOf(source)
			assert.NoError(t, err)
		})
	}
	calls.Wait()
	assert.EqualValues(t, 1, opened.Load())
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	var agent string
	address := serve(t, func(_ http.ResponseWriter, r *http.Request) { agent = r.UserAgent() })
	_, err := balancesOf(openMyPOS(t, &adapters.Options{BaseURL: address, UserAgent: "cashflow/2.1 (+https://example.com)"}))
	require.Error(t, err)
	assert.Equal(t, "cashflow/2.1 (+https://example.com)", agent)
	for _, unusable := range []string{"a\r\nX-Evil: 1", " ", "\u00e5"} {
		_, err := mypos.New(mypos.Credentials{AccessToken: "a", APIKey: "b", ConsentID: "c"}, &adapters.Options{UserAgent: unusable})
		assert.ErrorIs(t, err, adapters.ErrInvalidArgument)
		assert.ErrorContains(t, err, "userAgent: ")
	}
}
