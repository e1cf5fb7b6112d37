package check_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// headerProblems are all that there are; none of them holds a value.
var headerProblems = []string{
	"missing", "too long", "starts or ends with a blank", "holds a control character", "holds a character outside ASCII",
}

func TestHeader(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"token":                      "",
		"a b":                        "",
		"~!\"#$%&'()*+,-./:;<=>?@[]": "",
		strings.Repeat("a", 8192):    "",
		"":                           "missing",
		strings.Repeat("a", 8193):    "too long",
		" ":                          "starts or ends with a blank",
		" a":                         "starts or ends with a blank",
		"a ":                         "starts or ends with a blank",
		"\ta":                        "holds a control character",
		"a\tb":                       "holds a control character",
		"a\r\nX-Evil: 1":             "holds a control character",
		"a\n":                        "holds a control character",
		"a\x00":                      "holds a control character",
		"a\x7f":                      "holds a control character",
		"\u00e5":                     "holds a character outside ASCII",
		"a\xff":                      "holds a character outside ASCII",
		"a\u202eb":                   "holds a character outside ASCII",
	} {
		assert.Equal(t, want, check.Header(value), "%.40q", value)
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	const more, noHost = "has more than host and path", "no host"
	const remote, scheme = "http is for loopback hosts only, use https", "neither https nor http"
	for text, want := range map[string]string{
		"https://bank.example":         "",
		"https://bank.example:8443/a/": "",
		"HTTPS://bank.example":         "",
		"http://localhost:9000/eika":   "",
		"http://127.0.0.1":             "",
		"http://127.255.1.2:80":        "",
		"http://[::1]:9000":            "",
		"":                             noHost,
		"bank.example":                 noHost,
		"/api":                         noHost,
		"https:bank.example":           noHost,
		"https:///api":                 noHost,
		"https://:443/api":             noHost,
		"http://bank.example":          remote,
		"http://10.0.0.1":              remote,
		"http://0.0.0.0":               remote,
		"http://127.0.0.1.example":     remote,
		"http://localhost.example":     remote,
		"http://[::ffff:10.0.0.1]":     remote,
		"//bank.example":               scheme,
		"ftp://bank.example":           scheme,
		"https://u@bank.example":       more,
		"https://u:p@bank.example":     more,
		"https://bank.example?":        more,
		"https://bank.example?a=b":     more,
		"https://bank.example/api#":    more,
		"https://bank.example#a":       more,
		"https://bank.example/%zz":     "not a URL",
		"https://bank.example:x":       "not a URL",
		"https://bank example":         "not a URL",
		"https://bank.example/\n":      "not a URL",
	} {
		assert.Equal(t, want, check.BaseURL(text), "%q", text)
	}
}

// Unlike a base URL, the address of a request may have a query.
func TestURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://bank.example/a?b=c": "",
		"http://127.0.0.1:9000?b=c":  "",
		"http://bank.example/a?b=c":  "http is for loopback hosts only, use https",
		"https://:443":               "no host",
	} {
		address, err := url.Parse(text)
		require.NoError(t, err)
		assert.Equal(t, want, check.URL(address), "%q", text)
	}
}
