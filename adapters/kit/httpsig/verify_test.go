package httpsig_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

func wrap(s string) string { return "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?=" }

// signed is a request with a bare signature over date and psu-id.
func signed(t *testing.T) (*http.Request, string) {
	t.Helper()
	req := request(t, "GET", "https://a.example/v1/accounts?x=1", "", "Date", "now", "PSU-ID", "me")
	s, err := httpsig.New(testKey(), `SN=A4,CA=CN=CA,O=Bank\, AS`, nil)
	require.NoError(t, err)
	return req, sign(t, s, req)
}

func TestVerifyAccepts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(string) string{
		"bare":              func(v string) string { return v },
		"wrapped":           wrap,
		"other letter case": func(v string) string { return strings.Replace(wrap(v), "=?utf-8?B?", "=?UTF-8?b?", 1) },
		"blanks":            func(v string) string { return strings.ReplaceAll(v, `",`, `"  ,  `) },
		"unknown parameter": func(v string) string { return v + `,opaque="a,b=c"` },
		"other order": func(v string) string {
			first, rest, _ := strings.Cut(v, `",algorithm`)
			return "algorithm" + rest + "," + first + `"`
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, value := signed(t)
			value = change(value)
			covered, err := httpsig.Verify(req, value, testKey().Public())
			require.NoError(t, err)
			assert.Equal(t, []string{"date", "psu-id"}, covered)
			keyID, err := httpsig.ReadKeyID(value)
			require.NoError(t, err)
			assert.Equal(t, `SN=A4,CA=CN=CA,O=Bank\, AS`, keyID)
		})
	}
}

func TestVerifyRefusesAnotherRequest(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"value changed": func(r *http.Request) { r.Header.Set("Date", "later") },
		"value added":   func(r *http.Request) { r.Header.Add("Date", "later") },
		"value gone":    func(r *http.Request) { r.Header.Del("PSU-ID") },
		"value emptied": func(r *http.Request) { r.Header.Set("PSU-ID", "") },
		"values moved":  func(r *http.Request) { r.Header.Set("Date", "now\npsu-id: me"); r.Header.Del("PSU-ID") },
		"method":        func(r *http.Request) { r.Method = "POST" },
		"path":          func(r *http.Request) { r.URL.Path = "/v1/other" },
		"query":         func(r *http.Request) { r.URL.RawQuery = "x=2" },
		"host":          func(r *http.Request) { r.Host = "b.example" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, _ := signed(t)
			value := sign(t, signer(t, &httpsig.Options{Headers: []string{"(request-target)", "host", "date", "psu-id"}}), req)
			_, err := httpsig.Verify(req, value, testKey().Public())
			require.NoError(t, err)
			change(req)
			covered, err := httpsig.Verify(req, value, testKey().Public())
			require.Error(t, err)
			assert.Nil(t, covered)
			assertQuiet(t, err, "later")
		})
	}
}

func TestVerifyRefusesTheValue(t *testing.T) {
	t.Parallel()
	replace := func(old, replacement string) func(string) string {
		return func(v string) string { return strings.Replace(v, old, replacement, 1) }
	}
	cases := []struct {
		name   string
		change func(string) string
		want   string
	}{
		{"empty", func(string) string { return "" }, "malformed"},
		{"other algorithm", replace("rsa-sha256", "hs2019"), "algorithm"},
		{"algorithm in capitals", replace("rsa-sha256", "RSA-SHA256"), "algorithm"},
		{"no algorithm", replace(`algorithm="rsa-sha256",`, ""), "algorithm"},
		{"no key id", replace("keyId=", "keyid="), "malformed"},
		{"empty key id", replace(`SN=A4,CA=CN=CA,O=Bank\, AS`, ""), "malformed"},
		{"no signature", replace("signature=", "sign="), "malformed"},
		{"empty signature", func(v string) string { return v[:strings.Index(v, `signature="`)] + `signature=""` }, "malformed"},
		{"names swapped", replace("date psu-id", "psu-id date"), "does not match"},
		{"fewer names", replace("date psu-id", "date"), "does not match"},
		{"no names parameter", replace(`headers="date psu-id",`, ""), "does not match"},
		{"empty names", replace("date psu-id", ""), "header list"},
		{"two blanks", replace("date psu-id", "date  psu-id"), "header list"},
		{"capitals", replace("date psu-id", "Date psu-id"), "header list"},
		{"twice the same", replace("date psu-id", "date date"), "twice"},
		{"too many names", replace("date psu-id", strings.Repeat("a ", 64)+"a"), "1 to 64"},
		{"header not there", replace("date psu-id", "date digest"), "no header digest"},
		{"signature in the list", replace("date psu-id", "date signature"), "header list"},
		{"signature changed", replace(`signature="`, `signature="AAAA`), "does not match"},
		{"signature with spare bits", func(v string) string {
			last := len(v) - len(`=="`) - 1 // A, Q, g or w
			return v[:last] + string(v[last]+1) + v[last+1:]
		}, "malformed"},
		{"signature not base64", replace(`signature="`, `signature="!`), "malformed"},
		{"parameter twice", func(v string) string { return v + `,keyId="b"` }, "twice"},
		{"unknown parameter twice", func(v string) string { return v + `,x="b",x="b"` }, "twice"},
		{"no quotes", replace(`"rsa-sha256"`, `rsa-sha256`), "malformed"},
		{"quote never closed", func(v string) string { return strings.TrimSuffix(v, `"`) }, "malformed"},
		{"comma at the end", func(v string) string { return v + "," }, "malformed"},
		{"text at the end", func(v string) string { return v + "x" }, "malformed"},
		{"text after a comma", func(v string) string { return v + `,x` }, "malformed"},
		{"blank in a parameter name", func(v string) string { return v + `,x y="b"` }, "malformed"},
		{"no comma", replace(`",algorithm`, `"algorithm`), "malformed"},
		{"scheme of Authorization", func(v string) string { return "Signature " + v }, "malformed"},
		{"bare UTF-8", replace("Bank", "Bånk"), "not printable ASCII"},
		{"line", replace(`",algorithm`, "\",\nalgorithm"), "not printable ASCII"},
		{"line in the word", func(v string) string { return wrap(strings.Replace(v, "Bank", "Ba\nnk", 1)) }, "malformed"},
		{"line inside base64", func(v string) string { return strings.Replace(wrap(v), "?B?", "?B?\n", 1) }, "not printable ASCII"},
		{"broken UTF-8 in the word", func(v string) string { return wrap(strings.Replace(v, "Bank", "B\xffnk", 1)) }, "malformed"},
		{"word of another charset", func(v string) string { return strings.Replace(wrap(v), "utf-8", "latin", 1) }, "malformed"},
		{"Q word", func(v string) string { return strings.Replace(wrap(v), "?B?", "?Q?", 1) }, "malformed"},
		{"word without end", func(v string) string { return strings.TrimSuffix(wrap(v), "?=") }, "malformed"},
		{"word without anything", func(string) string { return "=??=" }, "malformed"},
		{"two words", func(v string) string { return wrap(v[:40]) + " " + wrap(v[40:]) }, "malformed"},
		{"word in a word", func(v string) string { return wrap(wrap(v)) }, "malformed"},
		{"too long", func(v string) string { return v + `,x="` + strings.Repeat("x", 8<<10) + `"` }, "too long"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req, value := signed(t)
			changed := c.change(value)
			require.NotEqual(t, value, changed)
			covered, err := httpsig.Verify(req, changed, testKey().Public())
			require.ErrorContains(t, err, c.want)
			assert.Nil(t, covered)
			assertQuiet(t, err, "Bank", "AAAA")
		})
	}
}

func TestVerifyRefusesTheKey(t *testing.T) {
	t.Parallel()
	req, value := signed(t)
	other := tlstest.RSAKey()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	huge := &rsa.PublicKey{N: new(big.Int).Lsh(testKey().N, 8000), E: testKey().E}
	curve := tlstest.ECKey(t)
	cases := []struct {
		name   string
		public crypto.PublicKey
		want   string
	}{
		{"nil", nil, "RSA key"},
		{"typed nil", (*rsa.PublicKey)(nil), "RSA key"},
		{"private", testKey(), "RSA key"},
		{"EC", curve.Public(), "RSA key"},
		{"small", small.Public(), "1024 bits"},
		{"huge", huge, "10048 bits"},
		{"other", other.Public(), "does not match"},
	}
	for _, c := range cases {
		_, err := httpsig.Verify(req, value, c.public)
		require.ErrorContains(t, err, c.want, c.name)
		assertQuiet(t, err)
	}
}

func TestVerifyWithoutRequest(t *testing.T) {
	t.Parallel()
	req, _ := signed(t)
	value := sign(t, signer(t, &httpsig.Options{Headers: []string{"host"}}), req)
	for _, req := range []*http.Request{nil, {}} {
		_, err := httpsig.Verify(req, value, testKey().Public())
		require.ErrorContains(t, err, "no request")
	}
}

func TestReadKeyIDRefuses(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"", "x", `keyId="a"`, `signature="AAAA"`, "=?utf-8?B?!?="} {
		keyID, err := httpsig.ReadKeyID(value)
		require.ErrorContains(t, err, "malformed", value)
		assert.Empty(t, keyID)
	}
}

func FuzzVerify(f *testing.F) {
	key := testKey().Public()
	req, err := http.NewRequest(http.MethodGet, "https://a.example/", nil)
	require.NoError(f, err)
	req.Header.Set("Date", "now")
	s, err := httpsig.New(testKey(), "SN=1,CA=CN=CA", nil)
	require.NoError(f, err)
	require.NoError(f, s.Sign(req))
	value := req.Header.Get("Signature")
	for _, seed := range []string{value, wrap(value), "", "=?", "=?utf-8?B??=", `a="`, `keyId="x",signature="AAAA",algorithm="rsa-sha256",headers="(request-target)"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		covered, err := httpsig.Verify(req, value, key)
		switch {
		case err != nil:
			assert.Nil(t, covered)
			assertQuiet(t, err)
		default: // only date was ever signed
			assert.Equal(t, []string{"date"}, covered)
		}
	})
}
