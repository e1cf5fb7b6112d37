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
