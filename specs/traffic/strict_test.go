package traffic_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/traffic"
)

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
