package adaptertest

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// with is a server that gives one answer to every request. An empty content type means none.
func with(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header()["Content-Type"] = nil // or the server would guess one
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body) // the client may have seen enough
	}
}

// assertFailure checks kind and provider, and that the error's text shows nothing it must not.
func (h Harness) assertFailure(t *testing.T, err error, kind adapters.Kind) *adapters.Error {
	t.Helper()
	var failure *adapters.Error
	require.True(t, errors.As(err, &failure), "not an *adapters.Error: %v", err)
	assert.Equal(t, kind, failure.Kind, err.Error())
	assert.Equal(t, h.Provider, failure.Provider)
	for _, secret := range append(h.Secrets, h.account(t), "://", "127.0.0.1") {
		assert.NotContains(t, err.Error(), secret)
	}
	return failure
}
