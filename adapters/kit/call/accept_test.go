package call_test

import (
	"net/http"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
)

func TestStatusKind(t *testing.T) {
	t.Parallel()
	named := map[int]adapters.Kind{
		401: adapters.ErrUnauthorized, 403: adapters.ErrForbidden, 404: adapters.ErrNotFound, 408: adapters.ErrUnavailable,
		410: adapters.ErrNotFound, 429: adapters.ErrRateLimited,
	}
	classes := map[int]adapters.Kind{
		1: adapters.ErrProtocol, 2: adapters.ErrProtocol, 3: adapters.ErrRedirect,
		4: adapters.ErrInvalidArgument, 5: adapters.ErrUnavailable, 9: adapters.ErrUnavailable,
	}
	for class, kind := range classes {
		for status := class * 100; status < class*100+100; status++ {
			want, ok := named[status]
			if !ok {
				want = kind
			}
			assert.Equal(t, want, call.StatusKind(status), "%d", status)
		}
	}
}

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
		{[]string{"application/json", "application/json"}, "", media},
		{[]string{"application/json; charset=iso-8859-1"}, "", charset},
		{[]string{"application/json; charset=utf-16"}, "", charset},
		{[]string{"application/json"}, "gzip", encoding},
		{[]string{"application/json"}, "br", encoding},
		{[]string{"application/json"}, "identity, gzip", encoding},
	} {
		header := http.Header{"Content-Type": test.types}
		header.Set("Content-Encoding", test.encoding)
		assert.Equal(t, test.want, call.ContentProblem(header), "%v %s", test.types, test.encoding)
	}
}
