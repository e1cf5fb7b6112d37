package answer_test

import (
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/openbalances/openbalances/adapters/kit/answer"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestContentProblem(t *testing.T) {
	t.Parallel()
	const media, charset, encoding = "not application/json", "not UTF-8", "encoded in a way that was not asked for"
	for _, test := range []struct {
		types    []string
		encoding string
		want     string
	}{
		{[]string{"application/json"}, "", ""},
		{[]string{"APPLICATION/JSON; Charset=\"UTF-8\""}, "identity", ""},
		{[]string{"application/json; profile=x"}, "Identity", ""},
		{nil, "", media},
		{[]string{""}, "", media},
		{[]string{"text/html"}, "", media},
		{[]string{"application/problem+json"}, "", media},
		{[]string{"application/hal+json"}, "", media},
		{[]string{"application/json, text/html"}, "", media},
		{[]string{"application/json; ="}, "", media},
		{[]string{"application/json", "application/json; charset=utf-8"}, "", ""},
		{[]string{"application/json, application/json"}, "", ""},
		{[]string{"application/json", "text/html"}, "", media},
		{[]string{"text/json"}, "", media},
		{[]string{"application/json;charset=utf8"}, "UTF-8", ""},
		{[]string{"application/json; charset=UTF_8; charset='us-ascii'"}, "none", ""},
		{[]string{"application/json;charset="}, "binary, identity", ""},
		{[]string{"application/json; charset=ANSI_X3.4-1968; v=1; v=2"}, " , ", ""},
		{[]string{"application/json; charset=utf-8", "application/json; charset=latin1"}, "", charset},
		{[]string{"application/json; charset=utf-7"}, "", charset},
		{[]string{"application/json; charset=utf-8å"}, "", charset},
		{[]string{"application/json"}, "none, br", encoding},
		{[]string{"application/json; charset=iso-8859-1"}, "", charset},
		{[]string{"application/json; charset=utf-16"}, "", charset},
		{[]string{"application/json"}, "gzip", encoding},
		{[]string{"application/json"}, "br", encoding},
		{[]string{"application/json"}, "identity, gzip", encoding},
	} {
		header := http.Header{"Content-Type": test.types}
		header.Set("Content-Encoding", test.encoding)
		assert.Equal(t, test.want, answer.ContentProblem(header, "application/json"), "%v %s", test.types, test.encoding)
	}
}

// A relative of JSON's media type is read where the request asks for it, and no other one.
func TestMediaTypeThatWasAskedFor(t *testing.T) {
	t.Parallel()
	for accept, taken := range map[string]bool{"application/hal+json": true, "": false, "application/json": false, "application/hal+json, text/html": false, "application/problem+json": false} {
		response := respond(http.StatusOK, strings.NewReader("{}"))
		response.Header.Set("Content-Type", "application/HAL+json; charset=utf-8")
		response.Request = &http.Request{Header: http.Header{"Accept": {accept}}}
		err := answer.Read(response, 10, func([]byte) error { return nil })
		assert.Equal(t, taken, err == nil, "%s: %v", accept, err)
	}
}

func respond(status int, body io.Reader) *http.Response {
	closer := io.NopCloser(body)
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: -1, Body: closer}
}

func TestBodiesUpToTheLimit(t *testing.T) {
	t.Parallel()
	for _, limit := range []int64{0, 1, 4095, 4096, 4097, 16 << 10, 300_000, 1 << 20, math.MaxInt64} {
		for _, size := range []int64{limit - 1, limit, limit + 1} {
			if size < 0 || size > 2<<20 {
				continue
			}
			sent := strings.Repeat("x", int(size))
			for _, reader := range []io.Reader{strings.NewReader(sent), iotest.DataErrReader(strings.NewReader(sent)), iotest.HalfReader(strings.NewReader(sent))} {
				got := ""
				err := answer.Read(respond(200, reader), limit, func(body []byte) error {
					got = string(body)
					return nil
				})
				assert.Equal(t, size > limit, errors.Is(err, answer.ErrTooLarge), "%d of %d", size, limit)
				assert.Equal(t, size <= limit, got == sent && err == nil)
			}
		}
	}
	stated := respond(200, iotest.ErrReader(errors.New("read")))
	stated.ContentLength = 11
	assert.ErrorIs(t, answer.Read(stated, 10, nil), answer.ErrTooLarge, "nothing of it is read")
	require.NoError(t, answer.Read(respond(200, strings.NewReader("x")), math.MaxInt64, func([]byte) error { return nil }))
}

func TestRefusalsAreCut(t *testing.T) {
	t.Parallel()
	for sent, kept := range map[int]int{0: 0, 5: 5, 64 << 10: 64 << 10, 1 << 20: 64 << 10} {
		err := answer.Read(respond(404, strings.NewReader(strings.Repeat("x", sent))), 1, nil)
		var refused *answer.Error
		require.ErrorAs(t, err, &refused)
		assert.Len(t, refused.Body, kept)
		assert.Equal(t, 404, refused.Status)
	}
	half := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(io.ErrUnexpectedEOF))
	var refused *answer.Error
	require.ErrorAs(t, answer.Read(respond(500, half), 1, nil), &refused)
	assert.Equal(t, "half", string(refused.Body), "what there is of it helps")
}

func TestAnAnswerNeedsNoBody(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{404: "answer: HTTP 404", 200: "answer: HTTP 200: JSON ends too early"} {
		response := respond(status, nil)
		response.Body = nil
		_, err := answer.Decode[any](response, nil)
		assert.EqualError(t, err, want)
	}
	_, err := answer.Decode[any](nil, nil)
	assert.EqualError(t, err, "answer: request failed")
}
