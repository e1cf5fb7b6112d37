package adaptertest

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// comeBack are the headers that ask for another call, and none.
var comeBack = []string{"", "0", "1", "Fri, 02 Jan 2026 03:04:06 GMT"}

// checkOneRequest sees that a call is one request, whatever comes back.
func checkOneRequest(user adapters.PSU) check {
	return func(t *testing.T, h Harness) {
		for _, status := range []int{408, 425, 429, 500, 502, 503, 504} {
			for _, wait := range comeBack {
				h.assertOnce(t, user, func(w http.ResponseWriter, r *http.Request) {
					if wait != "" {
						w.Header().Set("Retry-After", wait)
					}
					with(status, "application/json", "{}")(w, r)
				})
			}
		}
		h.assertOnce(t, user, interrupted(nil))
		h.assertOnce(t, user, interrupted([]byte("{")))
		h.assertOnce(t, user, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		h.checkOneRequestInTime(t, user)
	}
}

func (h Harness) assertOnce(t *testing.T, user adapters.PSU, answer http.HandlerFunc) {
	t.Helper()
	seen := &inbox{}
	errs := h.everyCall(t, h.open(t, seen.watch(answer)), user)
	for name, err := range errs {
		assert.Error(t, err, name)
	}
	assert.Len(t, seen.arrived(), len(errs), "one call is one request")
}

// checkOneRequestInTime lets the deadline pass while the bank is silent, once the caller's and once the client's own.
func (h Harness) checkOneRequestInTime(t *testing.T, user adapters.PSU) {
	t.Helper()
	const short = 50 * time.Millisecond
	seen := &inbox{}
	mute := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	options := h.options(t, seen.watch(mute))
	source, err := h.New(options)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	_, err = source.Balances(ctx, h.account(t), user)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	options.HTTPClient = &http.Client{Timeout: short}
	source, err = h.New(options)
	require.NoError(t, err)
	_, err = source.Balances(t.Context(), h.account(t), user)
	h.assertFailure(t, err, adapters.ErrUnavailable)
	assert.LessOrEqual(t, len(seen.arrived()), 2, "two calls are at most two requests")
}

// checkLongWait sees that nobody waits for what Retry-After names.
func checkLongWait(t *testing.T, h Harness) {
	seen := &inbox{}
	source := h.open(t, seen.watch(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		with(http.StatusTooManyRequests, "application/json", "{}")(w, r)
	})))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := source.Balances(ctx, h.account(t), adapters.Unattended())
	assert.NoError(t, ctx.Err(), "the call waits")
	failure := h.assertFailure(t, err, adapters.ErrRateLimited)
	assert.Equal(t, now.Add(time.Hour), failure.RetryAfter.UTC())
	assert.Len(t, seen.arrived(), 1)
}

// checkBrokenConnection hangs up on a request over a connection that has worked before: net/http by itself repeats a
// request without a body then.
func checkBrokenConnection(t *testing.T, h Harness) {
	s, seen := h.stage(t), &inbox{}
	_, err := s.play(t, with(http.StatusOK, "application/json", string(h.example(t).JSON)))
	require.NoError(t, err)
	hangUp := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err = s.play(t, seen.watch(hangUp).ServeHTTP)
	h.assertFailure(t, err, adapters.ErrUnavailable)
	assert.Len(t, seen.arrived(), 1, "one call is one request")
}

// checkDeadToken sees that a source of tokens is told of those that the provider does not accept, and of no other.
func checkDeadToken(t *testing.T, h Harness) {
	h.credentialTexts(t)
	var status, told, asked int
	good := string(h.example(t).JSON)
	options := h.options(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		with(status, "application/json", map[bool]string{true: good, false: "{}"}[status == http.StatusOK])(w, r)
	}))
	fromSource := false
	source, err := h.Credentials.New(options, func(name, text string) string {
		switch name {
		case "token source":
			fromSource, text = true, text+"x"
		case "dead token":
			told++
		}
		return text
	})
	require.NoError(t, err)
	if !fromSource {
		t.Skip("does not apply: the adapter takes no source of tokens")
	}
	for _, status = range []int{200, 401, 200, 401, 403, 404, 429, 500} {
		told, asked = 0, 0
		h.everyCall(t, source, psu)
		assert.Equal(t, status == http.StatusUnauthorized, told > 0, "HTTP %d", status)
		assert.Contains(t, []int{0, asked}, told, "HTTP %d: once for each call", status)
	}
}
