package adaptertest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inbox keeps the requests that arrive at a server. It is safe for concurrent use.
type inbox struct {
	mutex sync.Mutex
	calls []arrival
}

// arrival is a request as a server got it.
type arrival struct {
	*http.Request
	body []byte
}

// watch passes the requests on to next, which can read their bodies too.
func (i *inbox) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		i.mutex.Lock()
		i.calls = append(i.calls, arrival{r, body})
		i.mutex.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(answer, r)
	})
}

// arrived returns what came in since it was last asked.
func (i *inbox) arrived() []arrival {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	calls := i.calls
	i.calls = nil
	return calls
}

// places are the headers, the address and the body that hold text.
func (a arrival) places(text string) []string {
	found := []string{}
	for name, values := range a.Header {
		if strings.Contains(strings.Join(values, "\n"), text) {
			found = append(found, name)
		}
	}
	if strings.Contains(a.RequestURI, text) {
		found = append(found, "address")
	}
	if bytes.Contains(a.body, []byte(text)) {
		found = append(found, "body")
	}
	slices.Sort(found)
	return found
}

// trap is the address of a server to which nothing may be sent.
func trap(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("something was sent to another server")
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// silent is a bank that must not be asked at all.
func silent(t *testing.T) http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") })
}

// everyCall makes every kind of call once and returns their errors by name.
func (h Harness) everyCall(t *testing.T, source adapters.Source, user adapters.PSU) map[string]error {
	t.Helper()
	errs := map[string]error{}
	balances, err := source.Balances(t.Context(), h.account(t), user)
	errs["one account"] = err
	assert.True(t, err == nil || balances == nil, "an error comes with no balances")
	if batches(t, source) {
		results, err := source.BatchBalances(t.Context(), []string{h.account(t), "second"}, user)
		errs["several accounts"] = err
		assert.True(t, err == nil || results == nil, "an error comes with no balances")
	}
	return errs
}

// sendsBody reports whether the adapter's requests have a body.
func (h Harness) sendsBody(t *testing.T) bool {
	t.Helper()
	return len(h.sent(t, psu).body) > 0
}

// sent returns the request of one good call for an account.
func (h Harness) sent(t *testing.T, user adapters.PSU) arrival {
	t.Helper()
	seen := &inbox{}
	_, err := h.open(t, seen.watch(h.bank(t))).Balances(t.Context(), h.account(t), user)
	require.NoError(t, err)
	calls := seen.arrived()
	require.Len(t, calls, 1, "one call is one request")
	return calls[0]
}
