package adaptertest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	deadline = 50 * time.Millisecond
	drip     = 5 * time.Millisecond
)

// stalls are servers that take a request and never come to an end.
func (h Harness) stalls() map[string]func(io.ReadWriter) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	return map[string]func(io.ReadWriter){
		"silence":       saysAndWaits(""),
		"slow status":   func(conn io.ReadWriter) { repeats(conn, drip, "HTTP/1.1 200 ", "K") },
		"slow headers":  func(conn io.ReadWriter) { repeats(conn, drip, head, "X: y\r\n") },
		"slow body":     func(conn io.ReadWriter) { repeats(conn, drip, head+"\r\n", " ") },
		"slow chunks":   func(conn io.ReadWriter) { repeats(conn, drip, head+"Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n") },
		"slow 1xx":      func(conn io.ReadWriter) { repeats(conn, drip, "", "HTTP/1.1 102 Processing\r\n\r\n") },
		"half a body":   saysAndWaits(head + "Content-Length: 9\r\n\r\n["),
		"slow to unzip": func(conn io.ReadWriter) { repeats(conn, drip, head+"Content-Encoding: gzip\r\n\r\n\x1f\x8b", "\x08") },
	}
}

func checkStalls(t *testing.T, h Harness) {
	for name, stall := range h.stalls() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			begun := time.Now()
			balances, err := h.raw(t, stall).Balances(ctx, h.account(t), adapters.Unattended())
			assert.Less(t, time.Since(begun), patience)
			assert.Empty(t, balances)
			h.assertInterrupted(t, err, context.DeadlineExceeded)
		})
	}
	t.Run("slow error body", h.slowRefusal)
	t.Run("slow and complete", h.slowAnswer)
	t.Run("the client's own timeout", h.clientTimeout)
	t.Run("nobody there", h.nobody)
}

// assertInterrupted checks that a context's error stayed one and that its text shows no address.
func (h Harness) assertInterrupted(t *testing.T, err, want error) {
	t.Helper()
	require.ErrorIs(t, err, want)
	assert.False(t, errors.As(err, new(*adapters.Error)), "a context's error stays one")
	for _, text := range append(h.Secrets, h.account(t), "127.0.0.1", "http") {
		assert.NotContains(t, err.Error(), text)
	}
}

// slowRefusal: a status that has arrived is worth more than the rest of its body.
func (h Harness) slowRefusal(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	address := rawServer(t, func(conn io.ReadWriter) { repeats(conn, drip, "HTTP/1.1 429 Too Many Requests\r\n\r\n", " ") })
	client := &http.Client{Transport: impatient{cancel}}
	source := h.connect(t, &adapters.Options{BaseURL: address, HTTPClient: client})
	_, err := source.Balances(ctx, h.account(t), adapters.Unattended())
	h.assertFailure(t, err, adapters.ErrRateLimited)
}

// impatient leaves as soon as the headers are there.
type impatient struct{ leave func() }

func (i impatient) RoundTrip(request *http.Request) (*http.Response, error) {
	defer i.leave()
	return http.DefaultTransport.RoundTrip(request)
}

func (h Harness) slowAnswer(t *testing.T) {
	example, stage := h.example(t), h.stage(t)
	before, err := stage.play(t, with(http.StatusOK, "application/json", string(example.JSON)))
	require.NoError(t, err)
	after, err := stage.play(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := range example.JSON {
			_, _ = w.Write(example.JSON[i : i+1])
			_ = http.NewResponseController(w).Flush()
		}
	})
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func (h Harness) clientTimeout(t *testing.T) {
	for _, place := range []string{"silence", "slow body"} {
		address := rawServer(t, h.stalls()[place])
		source := h.connect(t, &adapters.Options{BaseURL: address, HTTPClient: &http.Client{Timeout: deadline}})
		failure := h.assertRefusedWithin(t, source, adapters.ErrUnavailable)
		assert.Contains(t, failure.Detail, "no answer in time")
	}
}

// nobody: the connection is refused, and it is lost before there is an answer.
func (h Harness) nobody(t *testing.T) {
	source := h.connect(t, &adapters.Options{BaseURL: "http://127.0.0.1:1"})
	failure := h.assertRefusedWithin(t, source, adapters.ErrUnavailable)
	assert.Zero(t, failure.Status)
	for _, hangUp := range []func(io.ReadWriter){says(""), says("HTTP/1.1 2"), says("HTTP/1.1 200 OK\r\nContent-Ty"), says("\x00\r\n\r\n")} {
		failure := h.assertRefusedWithin(t, h.raw(t, hangUp), adapters.ErrUnavailable)
		assert.Zero(t, failure.Status)
	}
}
