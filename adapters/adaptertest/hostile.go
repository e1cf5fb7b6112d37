package adaptertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answer is a server that does not follow any document, and the kind of error it has to lead to.
type answer struct {
	name  string
	kind  adapters.Kind
	serve http.HandlerFunc
}

func with(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var hostileAnswers = []answer{
	{"200 HTML", adapters.ErrProtocol, with(200, "text/html", "<html>Log in</html>")},
	{"200 text", adapters.ErrProtocol, with(200, "text/plain", "{}")},
	{"200 problem", adapters.ErrProtocol, with(200, "application/problem+json", "{}")},
	{"200 HTML as JSON", adapters.ErrProtocol, with(200, "application/json", "<html>")},
	{"200 nothing", adapters.ErrProtocol, with(200, "application/json", "")},
	{"200 null", adapters.ErrProtocol, with(200, "application/json", "null")},
	{"200 empty object", adapters.ErrProtocol, with(200, "application/json", "{}")},
	{"200 number", adapters.ErrProtocol, with(200, "application/json", "0")},
	{"200 latin-1", adapters.ErrProtocol, with(200, "application/json; charset=iso-8859-1", "{}")},
	{"201", adapters.ErrProtocol, with(201, "application/json", "{}")},
	{"204", adapters.ErrProtocol, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }},
	{"cut off", adapters.ErrProtocol, cutOff},
	{"endless", adapters.ErrTooLarge, endless},
	{"redirect", adapters.ErrRedirect, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }},
	{"hung up", adapters.ErrUnavailable, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
}

func cutOff(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, `{"`)
}

func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	block := []byte(strings.Repeat(" ", 64<<10))
	for range 16 << 10 { // 1 GiB
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func (h Harness) hostile(t *testing.T) {
	for _, answer := range hostileAnswers {
		t.Run(answer.name, func(t *testing.T) {
			t.Parallel()
			balances, err := h.open(t, answer.serve).Balances(t.Context(), h.account(t), psu)
			assert.Empty(t, balances)
			h.assertFailure(t, err, answer.kind)
		})
	}
	t.Run("status survives any body", h.statuses)
	t.Run("refused arguments", h.refusedArguments)
	t.Run("cancelled", h.cancelled)
	t.Run("refused connection", h.refusedConnection)
}

// statuses are all error statuses whose kind no body can change.
func (h Harness) statuses(t *testing.T) {
	kinds := map[int]adapters.Kind{
		401: adapters.ErrUnauthorized, 404: adapters.ErrNotFound, 429: adapters.ErrRateLimited,
		500: adapters.ErrUnavailable, 502: adapters.ErrUnavailable, 503: adapters.ErrUnavailable, 504: adapters.ErrUnavailable,
	}
	for status, kind := range kinds {
		for _, body := range []string{"", "{}", "{", "null", "[]", `"x"`, "<html>"} {
			for _, contentType := range []string{"application/json", "text/html"} {
				_, err := h.open(t, with(status, contentType, body)).Balances(t.Context(), h.account(t), psu)
				failure := h.assertFailure(t, err, kind)
				assert.Equal(t, status, failure.Status, "%d %s %s", status, contentType, body)
			}
		}
	}
}

func (h Harness) refusedArguments(t *testing.T) {
	source := h.open(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }))
	for _, id := range []string{"", ".", "..", "a/b", "a?b", "a#b", "a%2Fb", "a\r\nb", "\u00e5"} {
		_, err := source.Balances(t.Context(), id, psu)
		h.assertFailure(t, err, adapters.ErrInvalidArgument)
	}
	_, err := source.Balances(t.Context(), h.account(t), adapters.PSU{})
	h.assertFailure(t, err, adapters.ErrInvalidArgument)
}

func (h Harness) cancelled(t *testing.T) {
	waiting := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server notices a client that leaves only after the body
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := h.open(t, waiting).Balances(ctx, h.account(t), psu)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = h.open(t, waiting).Balances(ctx, h.account(t), psu)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.False(t, errors.As(err, new(*adapters.Error)), "a context error stays one")
}

func (h Harness) refusedConnection(t *testing.T) {
	source, err := h.New(&adapters.Options{BaseURL: "http://127.0.0.1:1"})
	require.NoError(t, err)
	_, err = source.Balances(t.Context(), h.account(t), psu)
	h.assertFailure(t, err, adapters.ErrUnavailable)
}

// assertFailure checks kind, provider and that the error's text shows nothing it must not.
func (h Harness) assertFailure(t *testing.T, err error, kind adapters.Kind) *adapters.Error {
	t.Helper()
	var failure *adapters.Error
	require.True(t, errors.As(err, &failure), "not an *adapters.Error: %v", err)
	assert.Equal(t, kind, failure.Kind, err.Error())
	assert.Equal(t, h.Provider, failure.Provider)
	for _, secret := range append(h.Secrets, h.account(t), "http", "127.0.0.1") {
		if secret != "http" || !strings.Contains(err.Error(), "HTTP") {
			assert.NotContains(t, err.Error(), secret)
		}
	}
	return failure
}
