package traffic_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/traffic"
)

// gzipped compresses an answer.
func gzipped(answer reply) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range answer.header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Encoding", "gzip")
		compressor := gzip.NewWriter(w)
		_, _ = io.WriteString(compressor, answer.body)
		_ = compressor.Close()
	})
}

// What the standard transport has decompressed is checked; what the caller wanted compressed is not.
func TestGzip(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	l := watch(t, doc, gzipped(replyOf(t, doc, "getBalance", http.StatusOK, `{"status":7}`)), traffic.Options{})
	req := sample(t, doc, l.url, "getBalance")
	assert.Equal(t, `{"status":7}`, l.send(t, req))
	assert.Equal(t, []string{"response body /status: type"}, brief(l.deviations()))
	req = sample(t, doc, l.url, "getBalance")
	req.Header.Set("Accept-Encoding", "gzip")
	assert.True(t, strings.HasPrefix(l.send(t, req), "\x1f\x8b"), "still packed")
	assert.Equal(t, []string{"response body: not checked: has a Content-Encoding"}, brief(l.deviations()))
	bomb := watch(t, doc, gzipped(replyOf(t, doc, "getBalance", http.StatusOK, strings.Repeat(" ", 2*mebibyte))), traffic.Options{})
	assert.Len(t, bomb.send(t, sample(t, doc, bomb.url, "getBalance")), 2*mebibyte)
	assert.Equal(t, []string{"response body: not checked: larger than the cap"}, brief(bomb.deviations()))
}

// Answers that have no body by the rules of HTTP are not missed.
func TestAnswersWithoutBody(t *testing.T) {
	t.Parallel()
	changed := strings.NewReplacer("'403':\n", "'403':\n          content: {application/json: {schema: {type: object}}}\n",
		"/ping:\n    get:", "/ping:\n    head:").Replace(spectest.ToyText)
	for status, want := range map[int][]string{
		http.StatusForbidden:   {"response body: not JSON: truncated"},
		http.StatusNoContent:   {},
		http.StatusNotModified: {},
	} {
		doc := spectest.Parse(t, "toy", strings.Replace(changed, "'403'", fmt.Sprintf("'%d'", status), 1))
		answer := replyOf(t, doc, "getBalance", status, "")
		assert.Equal(t, want, brief(observed(t, doc, "getBalance", answer, traffic.Options{})), status)
		l := watch(t, doc, answer, traffic.Options{Strict: true})
		resp, err := l.client.Do(sample(t, doc, l.url, "getBalance"))
		assert.Equal(t, len(want) > 0, err != nil)
		if err == nil {
			require.NoError(t, resp.Body.Close())
		}
		assert.Equal(t, want, brief(l.deviations()), status)
	}
	doc := spectest.Parse(t, "toy", changed)
	answer := replyOf(t, doc, "ping", http.StatusOK, "")
	assert.Empty(t, observed(t, doc, "ping", answer, traffic.Options{}, func(r *http.Request) { require.Equal(t, http.MethodHead, r.Method) }))
	got := observed(t, doc, "ping", answer, traffic.Options{}, func(r *http.Request) { r.Method = http.MethodGet })
	assert.Equal(t, []string{"request method: undocumented"}, brief(got))
}

// A connection that changes its protocol is handed on as it is, so that it can still be written to.
func TestSwitchedProtocolsStayWritable(t *testing.T) {
	t.Parallel()
	connection, _ := net.Pipe()
	resp, err := called(t, traffic.Options{}, func(r *http.Response) {
		r.StatusCode, r.Body = http.StatusSwitchingProtocols, connection
	})
	require.NoError(t, err)
	assert.Equal(t, io.ReadCloser(connection), resp.Body)
	require.NoError(t, resp.Body.Close())
}

// A panic in Report reaches the caller, who can still close the body; nothing is left locked.
func TestReportThatPanics(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	server := httptest.NewServer(replyOf(t, doc, "getBalance", http.StatusOK, `{}`))
	t.Cleanup(server.Close)
	client := http.Client{Transport: traffic.NewTransport(nil, doc, traffic.Options{
		BaseURL: server.URL, Report: func(traffic.Deviation) { panic("mine") },
	})}
	for range 3 {
		resp, err := client.Do(sample(t, doc, server.URL, "getBalance"))
		require.NoError(t, err)
		assert.PanicsWithValue(t, "mine", func() { _, _ = io.ReadAll(resp.Body) })
		require.NoError(t, resp.Body.Close())
	}
}

func TestTransportWithoutReport(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	server := httptest.NewServer(replyOf(t, doc, "getBalance", http.StatusOK, `{}`))
	t.Cleanup(server.Close)
	client := http.Client{Transport: traffic.NewTransport(server.Client().Transport, doc, traffic.Options{BaseURL: server.URL})}
	resp, err := client.Do(sample(t, doc, server.URL, "getBalance"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	client.CloseIdleConnections()
}

// One Transport serves many goroutines; each exchange keeps its deviations apart.
func TestParallelExchanges(t *testing.T) {
	t.Parallel()
	const callers, calls = 8, 25
	doc := toy(t)
	answer := replyOf(t, doc, "getBalance", http.StatusOK, good)
	broken := answer
	broken.body = strings.Replace(broken.body, "{", `{"brandNew":1,`, 1)
	l := watch(t, doc, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Test") == "broken" {
			broken.ServeHTTP(w, r)
			return
		}
		answer.ServeHTTP(w, r)
	}), traffic.Options{})
	var running sync.WaitGroup
	for caller := range callers {
		running.Go(func() {
			for range calls {
				req := sample(t, doc, l.url, "getBalance")
				if caller%2 == 0 {
					req.Header.Set("X-Test", "broken")
				}
				l.send(t, req)
			}
		})
	}
	running.Wait()
	all := l.deviations()
	assert.Len(t, all, callers*calls/2)
	for _, d := range all {
		assert.Equal(t, traffic.RuleMember, d.Rule)
		assert.Equal(t, 1, d.Count)
	}
}

func TestRequestsReachTheServerAsTheyAre(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	const limit = 1000
	for _, size := range []int{1, limit - 1, limit, limit + 1, 100 * limit} {
		want := bytes.Repeat([]byte{'x'}, size)
		for _, length := range []int64{int64(size), -1} {
			var got []byte
			var gotLength int64
			l := watch(t, doc, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, _ = io.ReadAll(r.Body)
				gotLength = r.ContentLength
			}), traffic.Options{MaxBodyBytes: limit})
			req := sample(t, doc, l.url, "postBalance")
			req.Body, req.GetBody, req.ContentLength = io.NopCloser(bytes.NewReader(want)), nil, length
			before, header := *req, req.Header.Clone()
			l.send(t, req)
			assert.True(t, bytes.Equal(want, got), size)
			assert.Equal(t, length, gotLength)
			assert.Equal(t, &before, req)
			assert.Equal(t, header, req.Header)
		}
	}
}

// The error of a call comes through; what was found before it is reported.
func TestCallsWithoutAnswer(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	refused := errors.New("refused")
	var closed atomic.Int64
	for _, strict := range []bool{false, true} {
		var l live
		next := roundTrip(func(req *http.Request) (*http.Response, error) {
			_ = req.Body.Close()
			return nil, refused
		})
		req := sample(t, doc, "https://toy.example.com/psd2", "postBalance")
		req.Body = closing{req.Body, &closed}
		req.URL.RawQuery = "x=1"
		_, err := traffic.NewTransport(next, doc, traffic.Options{Report: l.report, Strict: strict}).RoundTrip(req) //nolint:bodyclose // there is none
		assert.Equal(t, strict, !errors.Is(err, refused))
		assert.Equal(t, []string{"request query: undocumented parameter"}, brief(l.deviations()))
	}
	assert.Equal(t, int64(2), closed.Load(), "a transport closes the body")
}

type closing struct {
	io.ReadCloser
	count *atomic.Int64
}

func (c closing) Close() error {
	c.count.Add(1)
	return c.ReadCloser.Close()
}
