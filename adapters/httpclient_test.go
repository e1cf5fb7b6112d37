package adapters_test

import (
	"crypto/tls"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestBodyOfExactlyTheCapIsRead(t *testing.T) {
	t.Parallel()
	for size, want := range map[int64]error{5: nil, 6: adapters.ErrTooLarge} {
		address := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.CopyN(w, zeros{}, size) })
		response, err := adapters.GuardHTTPClient(http.DefaultClient, 5).Get(address)
		require.NoError(t, err)
		_, err = io.ReadAll(response.Body)
		assert.ErrorIs(t, err, want)
		assert.NoError(t, response.Body.Close())
	}
}

// Nothing is a client, a limit and a logger, too.
func TestNothingMeansTheDefault(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, io.LimitReader(zeros{}, 2<<20)) })
	for _, client := range []*http.Client{
		adapters.GuardHTTPClient(nil, 0), adapters.GuardHTTPClient(nil, -1), adapters.GuardHTTPClient(http.DefaultClient, math.MinInt64),
		adapters.GuardHTTPClient(&http.Client{Transport: adapters.LogTransport(nil, nil)}, 0),
	} {
		response, err := client.Get(address)
		require.NoError(t, err)
		n, err := io.Copy(io.Discard, response.Body)
		assert.ErrorIs(t, err, adapters.ErrTooLarge)
		assert.EqualValues(t, adapters.DefaultMaxBodyBytes, n)
		assert.NoError(t, response.Body.Close())
	}
	client := adapters.GuardHTTPClient(nil, 1)
	assert.Equal(t, adapters.NewHTTPClient(nil).Timeout, client.Timeout)
	_, err := client.Get("http://bank.example")
	assert.ErrorIs(t, err, adapters.ErrInvalidArgument)
}

func TestTheOwnClientEndsACall(t *testing.T) {
	t.Parallel()
	for _, client := range []*http.Client{adapters.NewHTTPClient(nil), adapters.NewHTTPClient(&tls.Config{}), adapters.GuardHTTPClient(nil, 0)} {
		assert.Equal(t, 30*time.Second, client.Timeout)
	}
}

func TestRedirectIsHandedOutAndNotFollowed(t *testing.T) {
	t.Parallel()
	var followed atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { followed.Add(1) })
	address := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other, http.StatusFound) })
	response, err := adapters.NewHTTPClient(nil).Get(address)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusFound, response.StatusCode)
	assert.Zero(t, followed.Load())
}

func TestPlainHTTPLeavesNoLoopback(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	client := adapters.GuardHTTPClient(&http.Client{Transport: counting(&sent)}, 1)
	for _, address := range []string{"http://bank.example/x", "ftp://127.0.0.1/", "http://127.0.0.1.bank.example/", "http://[2001:db8::1]/"} {
		_, err := client.Get(address)
		assert.ErrorIs(t, err, adapters.ErrInvalidArgument, address)
	}
	assert.Zero(t, sent.Load())
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) { return t(request) }

func TestTransportsMayLeaveThingsOut(t *testing.T) {
	t.Parallel()
	for want, answer := range map[string]*http.Response{
		"unavailable: the transport gave no answer": nil,
		"protocol (HTTP 200): content":              {StatusCode: http.StatusOK},
		"not_found (HTTP 404)":                      {StatusCode: http.StatusNotFound},
		"protocol (HTTP 101)":                       {StatusCode: http.StatusSwitchingProtocols},
	} {
		client := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { return answer, nil })}
		source, err := mypos.New(mypos.Credentials{AccessToken: "a", APIKey: "b", ConsentID: "c"}, &adapters.Options{HTTPClient: client})
		require.NoError(t, err)
		_, err = source.Balances(t.Context(), "50044620073", adapters.Unattended())
		assert.ErrorContains(t, err, want)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func counting(n *atomic.Int32) http.RoundTripper {
	return transport(func(*http.Request) (*http.Response, error) {
		n.Add(1)
		return nil, io.EOF
	})
}
