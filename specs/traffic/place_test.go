package traffic_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/traffic"
)

func TestBaseURL(t *testing.T) {
	t.Parallel()
	const server = "  - url: https://toy.example.com/psd2\n"
	const outside = "request URL: not checked: outside the base URL"
	for name, tc := range map[string]struct {
		servers, base, url string
		want               []string
	}{
		"server":             {server, "", "https://toy.example.com/psd2/ping", nil},
		"other path":         {server, "", "https://toy.example.com/ping", []string{outside}},
		"other host":         {server, "", "https://toy.example.org/psd2/ping", []string{outside}},
		"other scheme":       {server, "", "http://toy.example.com/psd2/ping", []string{outside}},
		"path that goes on":  {server, "", "https://toy.example.com/psd2x/ping", []string{outside}},
		"second server":      {server + "  - url: https://two.example.com/\n", "", "https://two.example.com/ping", nil},
		"server of any host": {"  - url: /v1\n", "", "https://any.example.com/v1/ping", nil},
		"server's variable": {
			"  - url: https://{host}/v1\n    variables: {host: {default: x.example.com}}\n", "", "https://y.example.com:8443/v1/ping", nil,
		},
		"no server":           {"  []\n", "", "https://any.example.com/ping", nil},
		"base":                {server, "http://127.0.0.1:9000/toy", "http://127.0.0.1:9000/toy/ping", nil},
		"base with slash":     {server, "http://127.0.0.1:9000/toy/", "http://127.0.0.1:9000/toy/ping", nil},
		"base without path":   {server, "http://127.0.0.1:9000", "http://127.0.0.1:9000/ping", nil},
		"base in other case":  {server, "HTTP://LocalHost/toy", "http://localhost/toy/ping", nil},
		"base, not server":    {server, "http://127.0.0.1:9000/toy", "https://toy.example.com/psd2/ping", []string{outside}},
		"base, other port":    {server, "http://127.0.0.1:9000/toy", "http://127.0.0.1:9001/toy/ping", []string{outside}},
		"base that is broken": {server, "http://127.0.0.1:x", "http://127.0.0.1:9001/toy/ping", []string{outside}},
		"base, other case":    {server, "http://127.0.0.1:9000/toy", "http://127.0.0.1:9000/TOY/ping", []string{outside}},
		"escaped":             {server, "http://127.0.0.1:9000/a%2Fb", "http://127.0.0.1:9000/a%2Fb/ping", nil},
		"no such path":        {server, "http://127.0.0.1:9000/toy", "http://127.0.0.1:9000/toy/pong", []string{"request path: undocumented"}},
		"nothing but base":    {server, "http://127.0.0.1:9000/toy", "http://127.0.0.1:9000/toy", []string{"request path: undocumented"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := spectest.Parse(t, "toy", strings.Replace(spectest.ToyText, "\n"+server, "\n"+tc.servers, 1))
			var l live
			next := roundTrip(func(req *http.Request) (*http.Response, error) {
				assert.Equal(t, tc.url, req.URL.String(), "the request stays as it is")
				return &http.Response{
					StatusCode: http.StatusOK, Request: req, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(strings.NewReader(`{"code":"ALIVE"}`)),
				}, nil
			})
			client := http.Client{Transport: traffic.NewTransport(next, doc, traffic.Options{BaseURL: tc.base, Report: l.report})}
			resp, err := client.Get(tc.url)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			if tc.want == nil {
				tc.want = []string{"response body: not checked: not read to its end"}
			}
			assert.Equal(t, tc.want, brief(l.deviations()))
		})
	}
}
