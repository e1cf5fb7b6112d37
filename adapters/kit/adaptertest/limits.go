package adaptertest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	endless    = 64 << 20  // bytes, of what could go on for ever; enough to see whether there is a limit
	excess     = 64 << 10  // bytes that may be read besides the body: headers and read-ahead
	afterClose = 256 << 10 // bytes that net/http reads and drops after Close, from Go 1.27 on, to keep the connection
)

func checkEndlessBody(t *testing.T, h Harness) {
	blanks := bytes.Repeat([]byte(" "), excess)
	write := func(w http.ResponseWriter) {
		for range endless / len(blanks) {
			if _, err := w.Write(blanks); err != nil {
				return
			}
		}
	}
	for name, limit := range map[string]int64{
		"announced": excess, "unannounced": adapters.DefaultMaxBodyBytes + excess + afterClose,
	} {
		w := h.gauge(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			if name == "announced" {
				w.Header().Set("Content-Length", fmt.Sprint(endless))
			}
			write(w)
		})
		h.assertRefusedWithin(t, w.source, adapters.ErrTooLarge)
		assert.LessOrEqual(t, w.received.Load(), limit, "bytes read of a body that is %s", name)
	}
	w := h.gauge(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusServiceUnavailable)
		write(w)
	})
	h.assertRefusedWithin(t, w.source, adapters.ErrUnavailable)
	assert.LessOrEqual(t, w.received.Load(), int64(adapters.DefaultMaxBodyBytes+excess+afterClose), "bytes read of an error body")
	t.Run("memory", h.memory)
}

// assertRefusedWithin makes one call, which has to end with an error of the kind and in good time.
func (h Harness) assertRefusedWithin(t *testing.T, source adapters.Source, kind adapters.Kind) *adapters.Error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	begun := time.Now()
	balances, err := source.Balances(ctx, h.account(t), adapters.Unattended())
	assert.Less(t, time.Since(begun), patience)
	assert.Empty(t, balances)
	return h.assertFailure(t, err, kind)
}

// checkGzipBomb answers with a few KiB that are 8 MiB and never end: whoever reads on after the limit waits in vain.
func checkGzipBomb(t *testing.T, h Harness) {
	block := zipped(bytes.Repeat([]byte(" "), 1<<20))
	source := h.open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bytes.Repeat(block, 8))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	h.assertRefusedWithin(t, source, adapters.ErrTooLarge)
}

func zipped(body []byte) []byte {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write(body) // a buffer takes everything
	_ = writer.Close()
	return packed.Bytes()
}

// encoded answers with a body that claims the encodings, each in a header of its own.
func encoded(encodings string, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header()["Content-Encoding"] = strings.Split(encodings, "|")
		_, _ = w.Write(body)
	}
}

func checkContentEncoding(t *testing.T, h Harness) {
	example, stage := h.example(t), h.stage(t)
	packed := zipped(example.JSON)
	corrupt := slices.Clone(packed)
	corrupt[len(corrupt)-5]++ // in the checksum
	before, err := stage.play(t, with(http.StatusOK, "application/json", string(example.JSON)))
	require.NoError(t, err)
	for _, good := range []http.HandlerFunc{encoded("gzip", packed), encoded("GZIP", packed), encoded("identity", example.JSON),
		encoded("UTF-8", example.JSON), encoded("none", example.JSON), encoded("binary|identity", example.JSON), encoded("identity, ,None", example.JSON)} {
		after, err := stage.play(t, good)
		require.NoError(t, err)
		assert.Equal(t, before, after)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"br":              encoded("br", example.JSON),
		"zstd":            encoded("zstd", example.JSON),
		"deflate":         encoded("deflate", packed),
		"gzip twice":      encoded("gzip, gzip", zipped(packed)),
		"two headers":     encoded("gzip|gzip", zipped(packed)),
		"one says enough": encoded("identity|br", example.JSON),
		"empty and br":    encoded("|br", example.JSON),
		"not packed":      encoded("gzip", example.JSON),
		"not said":        with(http.StatusOK, "application/json", string(packed)),
		"checksum":        encoded("gzip", corrupt),
		"nothing":         encoded("gzip", nil),
		"junk behind":     encoded("gzip", slices.Concat(packed, []byte("{}"))),
		"two documents":   encoded("gzip", slices.Concat(packed, packed)),
	} {
		balances, err := stage.play(t, answer)
		assert.Empty(t, balances, name)
		assert.Equal(t, http.StatusOK, h.assertFailure(t, err, adapters.ErrProtocol).Status, name)
	}
}

// checkExactLimit fills a good answer up with blanks: to the limit, and one byte beyond it.
func checkExactLimit(t *testing.T, h Harness) {
	example := h.example(t)
	before, err := h.teller(t).ask(t, example.Account, example.JSON)
	require.NoError(t, err)
	for given, limit := range map[int64]int{
		0: adapters.DefaultMaxBodyBytes, int64(len(example.JSON)): len(example.JSON), 10_000: 10_000, math.MaxInt64: 10_000,
	} {
		stage := h.limitedStage(t, given)
		filled := slices.Concat(example.JSON, bytes.Repeat([]byte("\n"), limit-len(example.JSON)))
		for form, answer := range map[string]func([]byte) http.HandlerFunc{
			"whole":  func(body []byte) http.HandlerFunc { return announced(len(body), body) },
			"chunks": func(body []byte) http.HandlerFunc { return encoded("identity", body) },
			"packed": func(body []byte) http.HandlerFunc { return encoded("gzip", zipped(body)) },
		} {
			after, err := stage.play(t, answer(filled))
			require.NoError(t, err, "limit %d %s", given, form)
			assert.Equal(t, before, after)
			if given == math.MaxInt64 {
				continue
			}
			after, err = stage.play(t, answer(slices.Concat(filled, []byte("\n"))))
			assert.Empty(t, after)
			h.assertFailure(t, err, adapters.ErrTooLarge)
		}
	}
}

func checkEndlessHeader(t *testing.T, h Harness) {
	line := "X-Long: " + strings.Repeat("a", 4<<10) + "\r\n"
	var written atomic.Int64
	source := h.raw(t, func(conn io.ReadWriter) {
		written.Store(int64(repeats(conn, 0, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", line)))
	})
	h.assertRefusedWithin(t, source, adapters.ErrUnavailable)
	assert.Eventually(t, func() bool { return written.Load() > 0 }, patience, time.Millisecond, "the adapter did not hang up")
	assert.Less(t, written.Load(), int64(8<<20), "bytes of headers taken, those in the system's buffers included")
	single := h.raw(t, func(conn io.ReadWriter) { repeats(conn, 0, "HTTP/1.1 200 OK\r\nX-Long: ", strings.Repeat("a", 4<<10)) })
	h.assertRefusedWithin(t, single, adapters.ErrUnavailable)
	many := "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n" + strings.Repeat("X-Short: a\r\n", 4<<10) + "\r\n"
	h.assertRefusedWithin(t, h.raw(t, says(many)), adapters.ErrRateLimited)
}
