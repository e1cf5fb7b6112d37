package traffic_test

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/contract"
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
	text, err := os.ReadFile(toyFile)
	require.NoError(t, err)
	changed := strings.NewReplacer("'403':\n", "'403':\n          content: {application/json: {schema: {type: object}}}\n",
		"/ping:\n    get:", "/ping:\n    head:").Replace(string(text))
	for status, want := range map[int][]string{
		http.StatusForbidden:   {"response body: not JSON: truncated"},
		http.StatusNoContent:   {},
		http.StatusNotModified: {},
	} {
		own := strings.Replace(changed, "'403'", fmt.Sprintf("'%d'", status), 1)
		doc, err := contract.Parse("toy", []byte(own))
		require.NoError(t, err)
		for _, strict := range []bool{false, true} {
			l := watch(t, doc, replyOf(t, doc, "getBalance", status, ""), traffic.Options{Strict: strict})
			resp, err := l.client.Do(sample(t, doc, l.url, "getBalance"))
			assert.Equal(t, strict && len(want) > 0, err != nil)
			if err == nil {
				require.NoError(t, resp.Body.Close())
			}
			assert.Equal(t, want, brief(l.deviations()), status)
		}
	}
	doc, err := contract.Parse("toy", []byte(changed))
	require.NoError(t, err)
	l := watch(t, doc, replyOf(t, doc, "ping", http.StatusOK, ""), traffic.Options{})
	req := sample(t, doc, l.url, "ping")
	require.Equal(t, http.MethodHead, req.Method)
	assert.Empty(t, l.send(t, req))
	assert.Empty(t, l.deviations())
	req.Method = http.MethodGet
	l.send(t, req)
	assert.Equal(t, []string{"request method: undocumented"}, brief(l.deviations()))
}

// A connection that changes its protocol can still be written to.
func TestSwitchedProtocolsStayWritable(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	l := watch(t, doc, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, buffered, err := http.NewResponseController(w).Hijack()
		if !assert.NoError(t, err) {
			return
		}
		defer func() { _ = connection.Close() }()
		_, _ = buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		_ = buffered.Flush()
		line, _ := buffered.ReadString('\n')
		_, _ = io.WriteString(connection, line)
	}), traffic.Options{})
	req := sample(t, doc, l.url, "getBalance")
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "echo")
	resp, err := l.client.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	connection, ok := resp.Body.(io.ReadWriteCloser)
	require.True(t, ok)
	_, err = io.WriteString(connection, "ping\n")
	require.NoError(t, err)
	line, err := bufio.NewReader(connection).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "ping\n", line)
	assert.Equal(t, []string{"response status 101: undocumented"}, brief(l.deviations()))
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
	for provider, doc := range documents(t) {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			const callers, calls = 8, 25
			e := firstAnswer(t, doc, doc.Examples()[0].Operation)
			answer := replyOf(t, doc, e.Operation, http.StatusOK, string(e.JSON))
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
						req := sample(t, doc, l.url, e.Operation)
						if caller%2 == 0 {
							req.Header.Set("X-Test", "broken")
						}
						resp, err := l.client.Do(req)
						if assert.NoError(t, err) {
							_, _ = io.Copy(io.Discard, resp.Body)
							_ = resp.Body.Close()
						}
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
		})
	}
}

// A body may be closed while it is read, as http.Client does when its time is up.
func TestCloseWhileReading(t *testing.T) {
	t.Parallel()
	for range 5 {
		var l live
		started := make(chan struct{})
		text := io.MultiReader(strings.NewReader(" "), signal{started}, strings.NewReader(strings.Repeat(" ", 20_000)))
		handed := answered(t, io.NopCloser(iotest.OneByteReader(text)), -1, traffic.Options{Report: l.report})
		var running sync.WaitGroup
		running.Go(func() { _, _ = io.ReadAll(handed) })
		<-started
		require.NoError(t, handed.Close())
		running.Wait()
		assert.Len(t, l.deviations(), 1)
	}
}

// signal is a reader without text that tells when it is read.
type signal struct{ read chan struct{} }

func (s signal) Read([]byte) (int, error) { close(s.read); return 0, io.EOF }
