package traffic_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/traffic"
)

func TestDeviationsOfRequests(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	body := func(text string) func(*http.Request) { return func(r *http.Request) { setBody(r, text) } }
	for name, tc := range map[string]struct {
		operation string
		change    func(*http.Request)
		want      []string
	}{
		"none":           {"getBalance", func(*http.Request) {}, []string{}},
		"none of a body": {"postBalance", func(*http.Request) {}, []string{}},
		"path":           {"ping", func(r *http.Request) { r.URL.Path += "/SECRET" }, []string{"request path: undocumented"}},
		"method":         {"ping", func(r *http.Request) { r.Method = http.MethodDelete }, []string{"request method: undocumented"}},
		"outside":        {"ping", func(r *http.Request) { r.URL.Path = "/other/ping" }, []string{"request URL: not checked: outside the base URL"}},
		"several": {
			"getBalance",
			func(r *http.Request) {
				r.Header.Del("X-Present")
				r.Header.Del("Authorization")
				r.URL.RawQuery = "a=1&b=2&limit=x"
			},
			[]string{
				"request security scheme bearer: missing credential", "request header X-Present: required",
				"request query limit: invalid", "request query: undocumented parameter x2",
			},
		},
		"header twice":      {"getBalance", header("X-Consent", "a", "b"), []string{"request header X-Consent: repeated"}},
		"body not declared": {"ping", body(`{}`), []string{"request body: undocumented"}},
		"empty body":        {"ping", body(``), []string{}},
		"body missing":      {"postBalance", body(``), []string{"request body: required"}},
		"no body": {"postBalance", func(r *http.Request) { r.Body, r.GetBody, r.ContentLength = nil, nil, 0 },
			[]string{"request body: required"}},
		"media type":        {"postBalance", header("Content-Type", "text/plain"), []string{"request header Content-Type: undocumented media type"}},
		"encoding":          {"postBalance", header("Content-Encoding", "gzip"), []string{"request body: not checked: has a Content-Encoding"}},
		"schema":            {"postBalance", body(`{"banks":[{"accountId":""},{}],"x":1}`), []string{"request body /banks/*/accountId: minLength", "request body /banks/*/accountId: required", "request body /x: undocumented member"}},
		"not JSON":          {"postBalance", body(`{`), []string{"request body: not JSON: truncated"}},
		"over the cap":      {"postBalance", body(`{"banks":[` + strings.Repeat(" ", 500) + `]}`), []string{"request body: not checked: larger than the cap"}},
		"unknown length":    {"postBalance", func(r *http.Request) { setBody(r, `{"banks":[]}`); r.ContentLength = -1 }, []string{"request body /banks: minItems"}},
		"undeclared, large": {"ping", body(strings.Repeat(" ", 500)), []string{"request body: undocumented"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := replyOf(t, doc, tc.operation, http.StatusOK, good)
			if tc.operation == "ping" {
				answer.body = `{"code":"ALIVE"}`
			}
			l := watch(t, doc, answer, traffic.Options{MaxBodyBytes: 200})
			req := sample(t, doc, l.url, tc.operation)
			tc.change(req)
			assert.Equal(t, answer.body, l.send(t, req))
			got := l.deviations()
			assert.Equal(t, tc.want, brief(got))
			for _, d := range got {
				assert.Zero(t, d.Status)
			}
		})
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

// A call that is repeated with GetBody is checked as it was sent last.
func TestRepeatedRequests(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	answer := replyOf(t, doc, "postBalance", http.StatusOK, good)
	var l live
	next := roundTrip(func(req *http.Request) (*http.Response, error) {
		_, _ = io.ReadFull(req.Body, make([]byte, 5))
		again, err := req.GetBody()
		require.NoError(t, err)
		_, _ = io.ReadFull(req.Body, make([]byte, 5)) // the first attempt is still on its way
		_ = req.Body.Close()
		text, err := io.ReadAll(again)
		require.NoError(t, err)
		require.NoError(t, again.Close())
		assert.Contains(t, string(text), `"p-1"`)
		return &http.Response{StatusCode: http.StatusOK, Header: answer.header, Body: http.NoBody, Request: req}, nil
	})
	req := sample(t, doc, "https://toy.example.com/psd2", "postBalance")
	resp, err := traffic.NewTransport(next, doc, traffic.Options{Report: l.report}).RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Same(t, req, resp.Request)
	assert.Equal(t, []string{"response body: not JSON: truncated"}, brief(l.deviations()))
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
