package traffic_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/internal/openapi"
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

// called makes a call of getBalance, whose good answer is changed before the Transport gets it.
func called(t *testing.T, options traffic.Options, change func(*http.Response)) (*http.Response, error) {
	t.Helper()
	doc := toy(t)
	header := openapi.Of(doc).SampleResponseHeader(sample(t, doc, "", "getBalance"), http.StatusOK)
	next := roundTrip(func(req *http.Request) (*http.Response, error) {
		resp := &http.Response{StatusCode: http.StatusOK, Header: header, ContentLength: -1, Request: req}
		change(resp)
		return resp, nil
	})
	req := sample(t, doc, "https://toy.example.com/psd2", "getBalance")
	resp, err := traffic.NewTransport(next, doc, options).RoundTrip(req)
	if err == nil {
		assert.Same(t, req, resp.Request)
	}
	return resp, err
}

// answered puts a body into the answer and returns it as the Transport hands it on.
func answered(t *testing.T, answer io.ReadCloser, length int64, options traffic.Options) io.ReadCloser {
	t.Helper()
	resp, err := called(t, options, func(r *http.Response) { r.Body, r.ContentLength = answer, length })
	require.NoError(t, err)
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

// The first half of an answer is in the caller's hands before the server does anything else. If the second half does not
// come, that is the server's error, and no deviation.
func TestAnswersInTwoHalves(t *testing.T) {
	t.Parallel()
	for rest, want := range map[string]error{good[20:]: nil, "": io.ErrUnexpectedEOF} {
		var l live
		server, sent := io.Pipe()
		handed := answered(t, server, -1, traffic.Options{Report: l.report})
		go func() { _, _ = io.WriteString(sent, good[:20]) }()
		first := make([]byte, 20)
		_, err := io.ReadFull(handed, first)
		require.NoError(t, err)
		assert.Empty(t, l.deviations())
		go func() {
			_, _ = io.WriteString(sent, rest)
			_ = sent.CloseWithError(want)
		}()
		second, err := io.ReadAll(handed)
		assert.Equal(t, want, err)
		assert.Equal(t, good[:20]+rest, string(first)+string(second))
		require.NoError(t, handed.Close())
		assert.Empty(t, l.deviations())
	}
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

func TestStrictPassesWhatIsDocumented(t *testing.T) {
	t.Parallel()
	for _, doc := range documents(t) {
		e := firstAnswer(t, doc, doc.Examples()[0].Operation)
		answer := replyOf(t, doc, e.Operation, http.StatusOK, string(e.JSON))
		assert.Empty(t, observed(t, doc, e.Operation, answer, traffic.Options{Strict: true}))
	}
}

// A request that deviates is not sent.
func TestStrictRequests(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	var calls atomic.Int64
	l := watch(t, doc, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }), traffic.Options{Strict: true})
	for _, change := range []func(*http.Request){
		func(r *http.Request) { setBody(r, `{"banks":[]}`) },
		func(r *http.Request) { setBody(r, `{"banks":[{"accountId":"1"}]`+strings.Repeat(" ", mebibyte)+`}`) },
		func(r *http.Request) { r.Header.Del("X-Key") },
		func(r *http.Request) { r.URL.Path = "/elsewhere" },
	} {
		req := sample(t, doc, l.url, "postBalance")
		change(req)
		_, err := l.client.Do(req) //nolint:bodyclose // there is none
		var refused *traffic.DeviationError
		require.ErrorAs(t, err, &refused)
		require.Len(t, refused.Deviations, 1)
		assert.Equal(t, refused.Deviations, l.deviations(), "it is reported, too")
		assert.Equal(t, "traffic: "+refused.Deviations[0].String(), refused.Error())
	}
	assert.Zero(t, calls.Load())
}

// An answer that deviates does not reach the caller, and its body is closed.
func TestStrictAnswers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		plant func(*http.Response, *body)
		want  string
	}{
		"status": {func(r *http.Response, _ *body) { r.StatusCode = 418 }, "toy getBalance: response status 418: undocumented (documented: 200, 400, 401, 403, 404, 503)"},
		"header": {func(r *http.Response, _ *body) { r.Header.Del("X-Request-ID") }, "toy getBalance: response header X-Request-ID: required"},
		"body":   {func(_ *http.Response, b *body) { b.Reader = strings.NewReader(`{"status":7}`) }, "toy getBalance: response body /status: type (documented: string)"},
		"two": {func(_ *http.Response, b *body) { b.Reader = strings.NewReader(`{"status":7,"x":1}`) },
			"toy getBalance: response body /status: type (documented: string), and 1 more"},
		"large": {func(_ *http.Response, b *body) { b.Reader = zeros{} }, "toy getBalance: response body: not checked: larger than the cap"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := &body{Reader: strings.NewReader(good)}
			resp, err := called(t, traffic.Options{Strict: true}, func(r *http.Response) { //nolint:bodyclose // there is none
				r.Body = inner
				tc.plant(r, inner)
			})
			assert.Nil(t, resp)
			var refused *traffic.DeviationError
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, "traffic: "+tc.want, err.Error())
			assert.Equal(t, 1, inner.closed)
		})
	}
}

// An error of the server is no deviation: it comes through as it is.
func TestStrictErrors(t *testing.T) {
	t.Parallel()
	handed := answered(t, &body{Reader: io.MultiReader(strings.NewReader(good[:9]), iotest.ErrReader(errRead))}, -1, traffic.Options{Strict: true})
	got, err := io.ReadAll(handed)
	assert.Equal(t, good[:9], string(got))
	assert.Equal(t, errRead, err)
	assert.False(t, errors.As(err, new(*traffic.DeviationError)))
}
