package adaptertest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkCancelled cancels before the call, before the answer and inside its body, and looks at what is left behind, as
// it does after answers of all sorts.
func checkCancelled(t *testing.T, h Harness) {
	for name, begin := range map[string]http.HandlerFunc{
		"before":     nil,
		"in headers": func(http.ResponseWriter, *http.Request) {},
		"in body": func(w http.ResponseWriter, r *http.Request) {
			announced(1000, []byte("[{"))(w, r)
			_ = http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h.cancel(t, begin)
		})
	}
	t.Run("nothing is left", h.nothingLeft)
}

func (h Harness) cancel(t *testing.T, begin http.HandlerFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := h.gauge(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		begin(w, r)
		cancel()
		<-r.Context().Done()
	})
	if begin == nil {
		cancel()
	}
	w.assertClean(t, func() {
		balances, err := w.source.Balances(ctx, h.account(t), adapters.Unattended())
		assert.Empty(t, balances)
		h.assertInterrupted(t, err, context.Canceled)
	})
	if begin == nil {
		assert.Zero(t, w.requests.Load(), "nothing is sent for somebody who has left")
	}
}

func (h Harness) nothingLeft(t *testing.T) {
	example := h.example(t)
	good, media, header := string(example.JSON), "application/json", h.requestID(t)
	_, named := h.places["account"]
	var proven atomic.Bool // by the request's id
	for name, answer := range map[string]http.HandlerFunc{
		"good":        with(http.StatusOK, media, good),
		"packed":      encoded("gzip", zipped(example.JSON)),
		"no media":    with(http.StatusOK, "", good),
		"not JSON":    with(http.StatusOK, media, page),
		"too large":   with(http.StatusOK, media, good+strings.Repeat(" ", adapters.DefaultMaxBodyBytes)),
		"created":     with(http.StatusCreated, media, good),
		"redirect":    with(http.StatusFound, media, good),
		"refused":     with(http.StatusTooManyRequests, "text/html", page),
		"long refuse": with(http.StatusServiceUnavailable, "text/html", strings.Repeat(page, 10_000)),
		"broken off":  announced(len(good), []byte(good[:len(good)/2])),
		"hung up":     func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		w := h.gauge(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if id := r.Header.Get(header); id != "" {
				proven.Store(true)
				w.Header().Set(header, id)
			}
			answer(w, r)
		})
		const calls = 5
		w.assertClean(t, func() {
			for range calls {
				_, _ = w.source.Balances(t.Context(), example.Account, adapters.Unattended())
			}
		})
		assert.EqualValues(t, calls, w.requests.Load(), "%s: one call is one request", name)
		if whole := name == "good" || name == "packed"; proven.Load() && name == "refused" || (proven.Load() || named) && whole {
			assert.Less(t, w.opened.Load(), int64(calls), "%s: the connection can be used again", name)
		}
	}
}

// assertClean checks that neither a connection nor a goroutine outlives what do does. Goroutines inherit the label of
// the one that starts them, so those of other tests do not count.
func (w *gauge) assertClean(t *testing.T, do func()) {
	t.Helper()
	pprof.Do(t.Context(), pprof.Labels("adaptertest", t.Name()), func(context.Context) { do() })
	w.client.CloseIdleConnections()
	require.Eventually(t, func() bool { return w.open.Load() == 0 }, patience, time.Millisecond, "a connection stays open")
	require.Eventually(t, func() bool { return !strings.Contains(goroutines(), strconv.Quote(t.Name())) }, patience,
		10*time.Millisecond, "a goroutine stays")
}

func goroutines() string {
	var text strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&text, 1) // a builder takes everything
	return text.String()
}

// checkConcurrency asks for a hundred accounts at once, on one client; the server answers when it has all requests.
// Each account has an amount of its own.
func checkConcurrency(t *testing.T, h Harness) {
	const accounts = 100
	example := h.example(t)
	var asked atomic.Int64
	all := make(chan struct{})
	w := h.gauge(t, func(w http.ResponseWriter, r *http.Request) {
		_, ids, err := h.Document.Asked(r)
		if !assert.NoError(t, err) || !assert.Len(t, ids, 1) {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if asked.Add(1) == accounts {
			close(all)
		}
		select {
		case <-all:
		case <-r.Context().Done():
		}
		with(http.StatusOK, "application/json", string(h.statement(t, example.JSON, ids[0])))(w, r)
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var calls sync.WaitGroup
	for i := range accounts {
		calls.Go(func() {
			id := "account-" + strconv.Itoa(i)
			presence := []adapters.PSU{psu, adapters.Unattended()}[i%2]
			balances, err := w.source.Balances(ctx, id, presence)
			if assert.NoError(t, err) && assert.NotEmpty(t, balances) {
				assert.Equal(t, id, balances[0].AccountID)
				assert.Equal(t, number(id), balances[0].Amount.String())
			}
		})
	}
	calls.Wait()
	w.assertClean(t, func() {})
}

// number is the amount of an account.
func number(account string) string { return "1" + strings.TrimPrefix(account, "account-") + ".25" }

// statement is a good answer for another account, with its amount.
func (h Harness) statement(t *testing.T, body []byte, account string) []byte {
	amount := number(account)
	if h.at(t, body, "amount")[0] == '"' {
		amount = strconv.Quote(amount)
	}
	changes := []bodyEdit{{At: "amount", Text: rawText(amount)}}
	if _, named := h.places["account"]; named {
		changes = append(changes, bodyEdit{At: "account", Text: quoted(account, "")})
	}
	return h.change(t, body, changes)
}

// checkCallersClient gives the adapter a client, and looks at it after a good and a bad call. What the caller does to
// its options afterwards is its own business.
func checkCallersClient(t *testing.T, h Harness) {
	w := h.gauge(t, h.bank(t).ServeHTTP)
	transport := &http.Transport{MaxIdleConns: 7, MaxResponseHeaderBytes: 9 << 10, DialContext: w.dial}
	keeper := &keeper{base: transport}
	client := &http.Client{Transport: keeper, Timeout: patience}
	options := &adapters.Options{BaseURL: w.base, HTTPClient: client, MaxBodyBytes: 5 << 10}
	given, before := *options, settings(transport)
	source := h.connect(t, options)
	options.Now = nil
	assert.Equal(t, given, *options)
	*options = adapters.Options{BaseURL: "http://127.0.0.1:1", MaxBodyBytes: 1}

	_, err := source.Balances(t.Context(), h.account(t), psu)
	require.NoError(t, err)
	_, err = source.Balances(t.Context(), "nobody", psu)
	require.Error(t, err)
	assert.Equal(t, before, settings(transport))
	assert.Equal(t, http.Client{Transport: keeper, Timeout: patience}, *client)
	assert.True(t, http.DefaultClient.Transport == nil && http.DefaultClient.CheckRedirect == nil && http.DefaultClient.Timeout == 0)
	require.Len(t, keeper.answers, 2)
	for i, answer := range keeper.answers {
		assert.Equal(t, keeper.headers[i], answer.Header, "an answer's headers belong to the transport")
	}
}

// keeper is a caller's transport that keeps the answers it hands out, as one with a cache does.
type keeper struct {
	base    http.RoundTripper
	answers []*http.Response
	headers []http.Header
}

func (k *keeper) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := k.base.RoundTrip(request)
	if err == nil {
		kept := *answer
		k.answers, k.headers = append(k.answers, &kept), append(k.headers, answer.Header.Clone())
	}
	return answer, err
}

// settings are the exported fields of a transport, functions as their address.
func settings(transport *http.Transport) map[string]string {
	all, fields := map[string]string{}, reflect.ValueOf(transport).Elem()
	for i := range fields.NumField() {
		if field := fields.Type().Field(i); field.IsExported() {
			all[field.Name] = fmt.Sprintf("%v", fields.Field(i))
		}
	}
	return all
}
