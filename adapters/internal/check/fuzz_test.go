package check_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzHeader sends what is accepted, and reads it back.
func FuzzHeader(f *testing.F) {
	for _, value := range []string{"token-1234", "a\r\nX-Evil: 1", " a", "a\x00", "\u00e5", "GEO:59.913869;10.752245"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		problem := check.Header(value)
		if problem != "" {
			assert.Contains(t, headerProblems, problem)
			return
		}
		sent := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/", nil)
		sent.Header = http.Header{"X-Value": {value}}
		var wire bytes.Buffer
		require.NoError(t, sent.Write(&wire))
		read, err := http.ReadRequest(bufio.NewReader(&wire))
		require.NoError(t, err)
		read.Header.Del("User-Agent")
		assert.Equal(t, sent.Header, read.Header)
	})
}

// FuzzBaseURL puts a path behind what is accepted, as the generated clients do.
func FuzzBaseURL(f *testing.F) {
	for _, text := range []string{"https://bank.example/api", "http://127.0.0.1:9000/eika", "http://[::1]/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if check.BaseURL(text) != "" {
			return
		}
		base, err := url.Parse(strings.TrimSuffix(text, "/") + "/")
		require.NoError(t, err)
		address, err := base.Parse("./v1/balances")
		require.NoError(t, err)
		assertSafe(t, address)
		assert.Equal(t, base.Host, address.Host)
		if clean := path.Clean("/" + base.Path); clean+"/" == base.Path {
			assert.Equal(t, clean+"/v1/balances", address.Path)
		}
	})
}

func assertSafe(t *testing.T, address *url.URL) {
	t.Helper()
	require.NotEmpty(t, address.Hostname())
	assert.Nil(t, address.User)
	assert.Empty(t, address.RawQuery+address.Fragment)
	if address.Scheme != "https" {
		require.Equal(t, "http", address.Scheme)
		ip, err := netip.ParseAddr(address.Hostname())
		assert.True(t, address.Hostname() == "localhost" || err == nil && ip.IsLoopback())
	}
}
