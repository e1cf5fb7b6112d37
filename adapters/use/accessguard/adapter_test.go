package accessguard_test

import (
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/adapters/tokenio"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve returns a guarded Token.io adapter of a server, and the number of requests that came.
func serve(t *testing.T, handler http.HandlerFunc) (adapters.Source, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := tokenio.New(tokenio.Credentials{OnBehalfOf: "ta:1", APIKey: "key"},
		&adapters.Options{BaseURL: server.URL})
	require.NoError(t, err)
	guard, err := accessguard.New(client, "ta:1", accessguard.Memory(), nil)
	require.NoError(t, err)
	return guard, &requests
}

func TestAdapterIsAskedFourTimes(t *testing.T) {
	t.Parallel()
	guard, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	for range 6 {
		_, err := guard.Balances(t.Context(), "account/..", adapters.Unattended())
		require.ErrorIs(t, err, adapters.ErrInvalidArgument)
		_, err = guard.Balances(t.Context(), "account", user)
		require.ErrorIs(t, err, adapters.ErrUnavailable)
	}
	for range 4 {
		require.ErrorIs(t, call(t, guard), adapters.ErrUnavailable)
	}
	require.ErrorIs(t, call(t, guard), adapters.ErrRateLimited)
	results, err := ask(t, guard, "account", "other")
	require.NoError(t, err)
	require.ErrorIs(t, results[0].Err, adapters.ErrRateLimited)
	require.ErrorIs(t, results[1].Err, adapters.ErrUnavailable)
	assert.EqualValues(t, 6+4+1, requests.Load())
}

func TestAdapters429StopsTheNextCall(t *testing.T) {
	t.Parallel()
	guard, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	before := time.Now()
	require.ErrorIs(t, call(t, guard), adapters.ErrRateLimited)
	var failure *adapters.Error
	require.ErrorAs(t, call(t, guard), &failure)
	assert.Zero(t, failure.Status)
	assert.WithinRange(t, failure.RetryAfter, before.Add(time.Hour), time.Now().Add(time.Hour))
	assert.EqualValues(t, 1, requests.Load())
}

// repeating is a transport that makes every request three times unless it succeeds, as libraries for retries do.
type repeating struct{ http.RoundTripper }

func (r repeating) RoundTrip(request *http.Request) (*http.Response, error) {
	for range 2 {
		response, err := r.RoundTripper.RoundTrip(request.Clone(request.Context()))
		if err != nil || response.StatusCode == http.StatusOK {
			return response, err
		}
		_ = response.Body.Close()
	}
	return r.RoundTripper.RoundTrip(request)
}

func TestRepeatedRequestsCount(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(server.Close)
	client, err := tokenio.New(tokenio.Credentials{OnBehalfOf: "ta:1", APIKey: "key"}, &adapters.Options{
		BaseURL: server.URL, HTTPClient: &http.Client{Transport: repeating{http.DefaultTransport}}})
	require.NoError(t, err)
	guard, err := accessguard.New(client, "ta:1", accessguard.Memory(), nil)
	require.NoError(t, err)
	require.ErrorIs(t, call(t, guard), adapters.ErrUnavailable)
	left, err := guard.Left(t.Context(), "account")
	require.NoError(t, err)
	assert.Equal(t, 1, left.Calls)
	results, err := ask(t, guard, "account", "other")
	require.ErrorIs(t, err, adapters.ErrUnavailable)
	assert.Nil(t, results)
	require.ErrorContains(t, call(t, guard), "access guard")
	left, err = guard.Left(t.Context(), "other")
	require.NoError(t, err)
	assert.Equal(t, 1, left.Calls)
	assert.EqualValues(t, 6, requests.Load())
}

// What the token endpoint refuses is not the account's.
func TestTokensDoNotCount(t *testing.T) {
	t.Parallel()
	var tokens, calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.Contains(r.URL.Path, "/token"):
			calls.Add(1)
			w.WriteHeader(http.StatusBadGateway)
		case tokens.Add(1) <= 8:
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"token","token_type":"Bearer","expires_in":3600}`))
		}
	}))
	t.Cleanup(server.Close)
	options := &adapters.Options{BaseURL: server.URL}
	source, err := neonomics.NewTokenSource(neonomics.TokenCredentials{ClientID: "id", ClientSecret: "secret"}, options)
	require.NoError(t, err)
	client, err := neonomics.New(neonomics.Credentials{TokenSource: source, SessionID: "session", DeviceID: "device"}, options)
	require.NoError(t, err)
	guard, err := accessguard.New(client, "session", accessguard.Memory(), nil)
	require.NoError(t, err)
	for range 8 {
		require.ErrorIs(t, call(t, guard), adapters.ErrRateLimited)
	}
	for range 4 {
		require.ErrorIs(t, call(t, guard), adapters.ErrUnavailable)
	}
	require.ErrorContains(t, call(t, guard), "access guard")
	assert.EqualValues(t, 4, calls.Load())
	assert.EqualValues(t, 9, tokens.Load())
}

func TestImportersPullInLittle(t *testing.T) {
	t.Parallel()
	const form = "{{if not .Standard}}{{.ImportPath}}{{end}}"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", form, ".").Output()
	require.NoError(t, err)
	adapter, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "../../tokenio").Output()
	require.NoError(t, err)
	own := "github.com/openbalances/openbalances/"
	for path := range strings.FieldsSeq(string(out)) {
		known := strings.Contains(string(adapter), path+"\n")
		assert.True(t, known || path == own+"adapters/use/accessguard" || path == own+"specs", path)
	}
}
