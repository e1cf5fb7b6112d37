package traffic_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/traffic"
)

// roundTrip is a transport made of a function, for answers that no server can give.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// body counts how often it is closed.
type body struct {
	io.Reader
	closed int
}

func (b *body) Close() error { b.closed++; return errClose }

var errRead, errClose = errors.New("reading failed"), errors.New("closing failed")

// answered puts a body into an answer of getBalance and returns it as the Transport hands it on.
func answered(t *testing.T, answer io.ReadCloser, length int64, options traffic.Options) io.ReadCloser {
	t.Helper()
	doc := toy(t)
	header := doc.SampleResponseHeader(sample(t, doc, "", "getBalance"), http.StatusOK)
	next := roundTrip(func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Header: header, Body: answer, ContentLength: length, Request: req}, nil
	})
	req := sample(t, doc, "https://toy.example.com/psd2", "getBalance")
	resp, err := traffic.NewTransport(next, doc, options).RoundTrip(req)
	require.NoError(t, err)
	assert.Same(t, req, resp.Request)
	return resp.Body
}

// Whatever the size of the reads, the caller gets the same bytes, the same error and the same result of Close.
func TestAnswersAreHandedOnAsTheyAre(t *testing.T) {
	t.Parallel()
	random := make([]byte, 3000)
	for i := range random {
		random[i] = byte(rand.IntN(256))
	}
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole":          func(r io.Reader) io.Reader { return r },
		"byte by byte":   iotest.OneByteReader,
		"halves":         iotest.HalfReader,
		"data with EOF":  iotest.DataErrReader,
		"fails":          func(r io.Reader) io.Reader { return io.MultiReader(r, iotest.ErrReader(errRead)) },
		"fails once":     func(r io.Reader) io.Reader { return iotest.TimeoutReader(iotest.OneByteReader(r)) },
		"fails at once":  func(io.Reader) io.Reader { return iotest.ErrReader(errRead) },
		"EOF that is no": func(r io.Reader) io.Reader { return io.MultiReader(r, iotest.ErrReader(io.ErrUnexpectedEOF)) },
	} {
		for _, options := range []traffic.Options{
			{}, {MaxBodyBytes: 1}, {MaxBodyBytes: 2999}, {MaxBodyBytes: 3000}, {MaxBodyBytes: 3001}, {Strict: true},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				want, wantErr := io.ReadAll(wrap(bytes.NewReader(random)))
				if options.Strict && wantErr == nil {
					return // it is refused
				}
				inner := &body{Reader: wrap(bytes.NewReader(random))}
				handed := answered(t, inner, -1, options)
				got, err := io.ReadAll(handed)
				assert.Equal(t, want, got)
				assert.Equal(t, wantErr, err)
				assert.Zero(t, inner.closed, "closing is the caller's")
				assert.Equal(t, errClose, handed.Close())
				assert.Equal(t, 1, inner.closed)
			})
		}
	}
}

// What is known of a body depends on how much of it has passed.
func TestBodiesThatAreNotReadToTheirEnd(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(good, `"12.00"`, `12`, 1)
	for name, tc := range map[string]struct {
		body   string
		length int64
		read   int
		fail   error
		want   []string
	}{
		"closed at once":           {good, -1, 0, nil, []string{"response body: not checked: not read to its end"}},
		"closed early":             {good, -1, 30, nil, []string{"response body: not checked: not read to its end"}},
		"closed early, known size": {good, int64(len(good)), 30, nil, []string{"response body: not checked: not read to its end"}},
		"closed after the value":   {good, -1, len(good), nil, []string{}},
		"closed after a bad value": {broken, -1, len(broken), nil, []string{"response body /balance/amount: type"}},
		"closed before a blank":    {good + "\n", int64(len(good)) + 1, len(good), nil, []string{}},
		"closed at the known end":  {good + "x", int64(len(good)) + 1, len(good) + 1, nil, []string{"response body: data after the JSON value"}},
		"broken off":               {good[:30], -1, len(good), errRead, []string{}},
		"over the cap":             {good + strings.Repeat(" ", 100), -1, 1000, nil, []string{"response body: not checked: larger than the cap"}},
		"known to be over the cap": {good, 1000, 0, nil, []string{"response body: not checked: larger than the cap"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reader io.Reader = strings.NewReader(tc.body)
			if tc.fail != nil {
				reader = io.MultiReader(reader, iotest.ErrReader(tc.fail))
			}
			var l live
			handed := answered(t, &body{Reader: reader}, tc.length, traffic.Options{MaxBodyBytes: 100, Report: l.report})
			_, err := io.ReadFull(handed, make([]byte, tc.read))
			if tc.fail == nil && tc.read <= len(tc.body) {
				require.NoError(t, err)
			}
			_ = handed.Close()
			_ = handed.Close()
			got := l.deviations()
			assert.Equal(t, tc.want, brief(got))
			for _, d := range got {
				assert.Equal(t, !strings.Contains(d.Rule, "not checked"), d.Checked())
			}
		})
	}
}

// The first half of an answer is in the caller's hands before the server sends the second.
func TestAnswersAreNotHeldBack(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	seen := make(chan struct{})
	answer := replyOf(t, doc, "getBalance", http.StatusOK, good[:20])
	l := watch(t, doc, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer.ServeHTTP(w, r)
		assert.NoError(t, http.NewResponseController(w).Flush())
		<-seen
		_, _ = io.WriteString(w, good[20:])
	}), traffic.Options{})
	resp, err := l.client.Do(sample(t, doc, l.url, "getBalance"))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	half := make([]byte, 20)
	_, err = io.ReadFull(resp.Body, half)
	require.NoError(t, err)
	assert.Empty(t, l.deviations())
	close(seen)
	rest, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, good, string(half)+string(rest))
	assert.Empty(t, l.deviations())
}

// A server that is killed in the middle is the same error as without a Transport, and no deviation.
func TestServerThatIsKilled(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	answer := replyOf(t, doc, "getBalance", http.StatusOK, good[:20])
	answer.header.Set("Content-Length", "65")
	l := watch(t, doc, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer.ServeHTTP(w, r)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}), traffic.Options{})
	resp, err := l.client.Do(sample(t, doc, l.url, "getBalance"))
	require.NoError(t, err)
	got, err := io.ReadAll(resp.Body)
	assert.Equal(t, io.ErrUnexpectedEOF, err)
	assert.Equal(t, good[:20], string(got))
	require.NoError(t, resp.Body.Close())
	assert.Empty(t, l.deviations())
}

func TestCallsThatAreCancelled(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	answer := replyOf(t, doc, "getBalance", http.StatusOK, good[:20])
	ctx, cancel := context.WithCancel(t.Context())
	l := watch(t, doc, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer.ServeHTTP(w, r)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}), traffic.Options{})
	resp, err := l.client.Do(sample(t, doc, l.url, "getBalance").WithContext(ctx))
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, context.Canceled)
	_ = resp.Body.Close()
	_, err = l.client.Do(sample(t, doc, l.url, "getBalance").WithContext(ctx)) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, l.deviations())
}

// Not parallel: it looks at the memory of the whole process.
func TestEndlessAnswerCostsNoMemory(t *testing.T) {
	var l live
	endless := io.MultiReader(strings.NewReader(`{"status":"`), zeros{})
	handed := answered(t, io.NopCloser(endless), -1, traffic.Options{Report: l.report})
	before := heap()
	_, err := io.CopyN(io.Discard, handed, 256*mebibyte)
	require.NoError(t, err)
	assert.Less(t, heap()-before, int64(mebibyte/2), "the copy is dropped")
	require.NoError(t, handed.Close())
	assert.Equal(t, []string{"response body: not checked: larger than the cap"}, brief(l.deviations()))
}

// zeros is text without end.
type zeros struct{}

func (zeros) Read(buffer []byte) (int, error) {
	for i := range buffer {
		buffer[i] = '0'
	}
	return len(buffer), nil
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
