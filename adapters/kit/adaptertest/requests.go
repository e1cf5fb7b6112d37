package adaptertest

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requests compares what an adapter sends with testdata/requests: attended.http, unattended.http and, for an adapter
// with a batch call, batch.http. A UUID is written <uuid>, the value of a volatile header <varies>.
func (h Harness) requests(t *testing.T) {
	account := h.account(t)
	calls := map[string]func(*testing.T, adapters.Source) error{
		"attended": func(t *testing.T, source adapters.Source) error {
			_, err := source.Balances(t.Context(), account, psu)
			return err
		},
		"unattended": func(t *testing.T, source adapters.Source) error {
			_, err := source.Balances(t.Context(), account, adapters.Unattended())
			return err
		},
		"batch": func(t *testing.T, source adapters.Source) error {
			if !batches(t, source) {
				t.Skip("the adapter has no batch call")
			}
			_, err := source.BatchBalances(t.Context(), []string{account, "second"}, psu)
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			h.assertRequest(t, name, func(source adapters.Source) error { return call(t, source) })
		})
	}
}

// assertRequest makes one call, and compares its request with the expected one.
func (h Harness) assertRequest(t *testing.T, name string, call func(adapters.Source) error) {
	t.Helper()
	var sent []string
	bank := h.bank(t)
	source := h.open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, h.describe(t, r))
		bank.ServeHTTP(w, r)
	}))
	require.NoError(t, call(source))
	require.Len(t, sent, 1, "one call is one request, and one page")
	assert.Equal(t, h.golden(t, name), sent[0])
}

// ownHeaders are net/http's own and no business of an adapter.
var ownHeaders = []string{"Accept-Encoding", "Content-Length", "User-Agent"}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`)

// describe writes a request as text and gives its body back.
func (h Harness) describe(t *testing.T, r *http.Request) string {
	body, err := io.ReadAll(r.Body)
	assert.NoError(t, err)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	lines := []string{}
	for name, values := range r.Header {
		for _, value := range values {
			if slices.Contains(h.Volatile, name) {
				value = "<varies>"
			}
			lines = append(lines, fmt.Sprintf("%s: %s", name, value))
		}
	}
	lines = slices.DeleteFunc(lines, func(line string) bool {
		name, _, _ := strings.Cut(line, ":")
		return slices.Contains(ownHeaders, name) || h.Profile != nil && slices.Contains(ofBank, name)
	})
	slices.Sort(lines)
	text := r.Method + " " + r.URL.RequestURI() + "\n" + strings.Join(lines, "\n") + "\n"
	if len(body) > 0 {
		text += "\n" + string(body) + "\n"
	}
	return h.hideUUIDs(t, text)
}

// hideUUIDs replaces random UUIDs; those of account, credentials and PSU are part of the expectation.
func (h Harness) hideUUIDs(t *testing.T, text string) string {
	user, _ := psu.Context()
	given := strings.Join(append([]string{user.DeviceID, h.account(t)}, h.Secrets...), " ")
	return uuids.ReplaceAllStringFunc(text, func(id string) string {
		if strings.Contains(given, id) {
			return id
		}
		return "<uuid>"
	})
}
