package httpsig_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/adapters/internal/secrettest"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

const body = `{"hello": "world"}`

// testKey is made once: 2048 bits take a while.
var testKey = sync.OnceValue(tlstest.RSAKey)

// module is a key that shows nothing but crypto.Signer, like one in hardware.
type module struct {
	public crypto.PublicKey
	sign   func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (m module) Public() crypto.PublicKey { return m.public }
func (m module) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return m.sign(digest, opts)
}

// replay has no private key: it hands out a recorded signature, and only for the recorded text.
func replay(public *rsa.PublicKey, text, signature string) crypto.Signer {
	return module{public, func(digest []byte, _ crypto.SignerOpts) ([]byte, error) {
		if want := sha256.Sum256([]byte(text)); string(digest) != string(want[:]) {
			return nil, errors.New("not the recorded signing string")
		}
		return base64.StdEncoding.DecodeString(signature)
	}}
}

func request(t *testing.T, method, url, body string, headers ...string) *http.Request {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, url, reader)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	return req
}

func signer(t *testing.T, opts *httpsig.Options) *httpsig.Cavage {
	t.Helper()
	s, err := httpsig.New(testKey(), "SN=1,CA=CN=Test", opts)
	require.NoError(t, err)
	return s
}

// sign returns the Signature value.
func sign(t *testing.T, s httpsig.Signer, req *http.Request) string {
	t.Helper()
	require.NoError(t, s.Sign(req))
	values := req.Header["Signature"]
	require.Len(t, values, 1)
	return values[0]
}

// parameter reads the value apart without the package under test.
func parameter(t *testing.T, value, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(value, name+`="`)
	require.True(t, ok, "no parameter %s", name)
	text, _, ok := strings.Cut(rest, `"`)
	require.True(t, ok)
	return text
}

func readFile(t *testing.T, name ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, name...)...))
	require.NoError(t, err)
	return strings.TrimSuffix(string(data), "\n")
}

func readPEM(t *testing.T, name ...string) []byte {
	t.Helper()
	block, _ := pem.Decode([]byte(readFile(t, name...) + "\n"))
	require.NotNil(t, block)
	return block.Bytes
}

func TestDraftVectors(t *testing.T) {
	t.Parallel()
	parsed, err := x509.ParsePKIXPublicKey(readPEM(t, "cavage", "public.pem"))
	require.NoError(t, err)
	public := parsed.(*rsa.PublicKey)
	var vectors []struct {
		Name, SigningString, Signature, Printed string
		Headers                                 []string
	}
	require.NoError(t, json.Unmarshal([]byte(readFile(t, "cavage", "vectors.json")), &vectors))
	require.Len(t, vectors, 3)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			req := request(t, "POST", "https://example.com/foo?param=value&pet=dog", body,
				"Date", "Sun, 05 Jan 2014 21:31:40 GMT", "Content-Type", "application/json", "Digest", httpsig.Digest([]byte(body)))
			text, err := httpsig.SigningString(req, v.Headers)
			require.NoError(t, err)
			assert.Equal(t, v.SigningString, text)

			s, err := httpsig.NewUnchecked(replay(public, v.SigningString, v.Signature), public, "Test", &httpsig.Options{Headers: v.Headers})
			require.NoError(t, err)
			want := `keyId="Test",algorithm="rsa-sha256",headers="` + strings.Join(v.Headers, " ") + `",signature="` + v.Signature + `"`
			assert.Equal(t, want, sign(t, s, req))

			covered, err := httpsig.VerifyUnchecked(req, v.Printed, public)
			require.NoError(t, err)
			assert.Equal(t, v.Headers, covered)

			_, err = httpsig.Verify(req, v.Printed, public)
			require.ErrorContains(t, err, "1024 bits")
		})
	}
}

func eikaRequest(t *testing.T) *http.Request {
	t.Helper()
	return request(t, "GET", "https://psd2.example/api/v1/accounts/enc!!a==/balances", "",
		"TPP-Redirect-URI", "https://tpp.example/callback?state=7", "PSU-ID", "01010000000", "Accept", "application/json",
		"X-Request-ID", "99391c7e-ad88-49ec-a2ad-99ddcb1f7721", "Date", "Wed, 15 Jan 2025 06:30:00 GMT")
}

func eikaCertificate(t *testing.T) *x509.Certificate {
	t.Helper()
	cert, err := x509.ParseCertificate(readPEM(t, "eika", "certificate.pem"))
	require.NoError(t, err)
	return cert
}

func TestEikaGolden(t *testing.T) {
	t.Parallel()
	cert := eikaCertificate(t)
	inner := readFile(t, "eika", "inner.txt")
	key := replay(cert.PublicKey.(*rsa.PublicKey), readFile(t, "eika", "signing-string.txt"), parameter(t, inner, "signature"))
	require.NoError(t, httpsig.CheckPair(cert, key))
	keyID, err := httpsig.KeyID(cert, "")
	require.NoError(t, err)
	assert.Equal(t, parameter(t, inner, "keyId"), keyID)

	s, err := httpsig.New(key, keyID, &httpsig.Options{EncodedWord: true})
	require.NoError(t, err)
	req := eikaRequest(t)
	assert.Equal(t, readFile(t, "eika", "signature.txt"), sign(t, s, req))

	covered, err := httpsig.Verify(req, readFile(t, "eika", "signature.txt"), cert.PublicKey)
	require.NoError(t, err)
	assert.Equal(t, []string{"date", "x-request-id", "psu-id", "tpp-redirect-uri"}, covered)
	read, err := httpsig.ReadKeyID(readFile(t, "eika", "signature.txt"))
	require.NoError(t, err)
	assert.Equal(t, keyID, read)
}

func TestDigest(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=", httpsig.Digest([]byte(body)))
	assert.Equal(t, "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", httpsig.Digest(nil))
	assert.Equal(t, httpsig.Digest(nil), httpsig.Digest([]byte{}))
}

func TestSigningString(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		method  string
		url     string
		body    string
		headers []string
		cover   []string
		want    string
	}{
		{"one value", "GET", "https://a.example/", "", []string{"Date", "now"}, []string{"date"}, "date: now"},
		{"order of the list", "GET", "https://a.example/", "", []string{"Date", "now", "PSU-ID", "me"}, []string{"psu-id", "date"}, "psu-id: me\ndate: now"},
		{"several values", "GET", "https://a.example/", "", []string{"X-A", "one", "X-A", "two, three"}, []string{"x-a"}, "x-a: one, two, three"},
		{"blanks around", "GET", "https://a.example/", "", []string{"X-A", " \t one \t", "X-A", " two"}, []string{"x-a"}, "x-a: one, two"},
		{"blanks inside", "GET", "https://a.example/", "", []string{"X-A", "one \t two"}, []string{"x-a"}, "x-a: one \t two"},
		{"empty value", "GET", "https://a.example/", "", []string{"X-A", "", "Date", "now"}, []string{"x-a", "date"}, "x-a: \ndate: now"},
		{"raw UTF-8", "GET", "https://a.example/", "", []string{"X-A", "Ærlig"}, []string{"x-a"}, "x-a: Ærlig"},
		{"target", "DELETE", "https://a.example/ics/v3/banks?b=2&a=%20", "", nil, []string{"(request-target)"}, "(request-target): delete /ics/v3/banks?b=2&a=%20"},
		{"target without path", "", "https://a.example", "", nil, []string{"(request-target)"}, "(request-target): get /"},
		{"target with escapes", "GET", "https://a.example/a%2Fb/enc!!x==", "", nil, []string{"(request-target)"}, "(request-target): get /a%2Fb/enc!!x=="},
		{"host from the URL", "GET", "https://a.example:8443/", "", []string{"Host", "ignored"}, []string{"host"}, "host: a.example:8443"},
		{"length from the body", "POST", "https://a.example/", body, []string{"Content-Length", "99"}, []string{"content-length"}, "content-length: 18"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text, err := httpsig.SigningString(request(t, c.method, c.url, c.body, c.headers...), c.cover)
			require.NoError(t, err)
			assert.Equal(t, c.want, text)
		})
	}
}

// A request need not come from http.NewRequest, which fills in method and host.
func TestHandmadeRequest(t *testing.T) {
	t.Parallel()
	req := request(t, "GET", "https://a.example/", "")
	req.Method, req.Host = "", "b.example"
	text, err := httpsig.SigningString(req, []string{"(request-target)", "host"})
	require.NoError(t, err)
	assert.Equal(t, "(request-target): get /\nhost: b.example", text)

	for _, host := range []string{"b\u00e4nk.example", "[fe80::1%eth0]:8443", "\u4f8b.example:443"} {
		req.Host = host
		_, err = httpsig.SigningString(req, []string{"host"})
		require.ErrorContains(t, err, "host is not what is sent", "net/http sends another one")
	}

	req.Host = ""
	text, err = httpsig.SigningString(req, []string{"host"})
	require.NoError(t, err)
	assert.Equal(t, "host: a.example", text)

	req.URL.Host = ""
	_, err = httpsig.SigningString(req, []string{"host"})
	require.ErrorContains(t, err, "no header host")

	req.Header = nil
	value := sign(t, signer(t, &httpsig.Options{Headers: []string{"(request-target)", "host"}}), req)
	assert.Equal(t, "(request-target)", parameter(t, value, "headers"))
}

// It replaces old signatures.
func TestSignChangesNothingElse(t *testing.T) {
	t.Parallel()
	req := request(t, "POST", "https://a.example/", body, "Date", " now ", "PSU-ID", "me", "Signature", "old", "Signature", "older")
	before := req.Clone(context.Background())
	before.Header.Set("Signature", sign(t, signer(t, nil), req))
	assert.Equal(t, before.Header, req.Header)
	sent, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	assert.Equal(t, body, string(sent))
}

func TestCoversOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	all := []string{"tpp-redirect-uri", "psu-corporate-id", "psu-id", "x-request-id", "digest", "date"}
	cases := []struct {
		name string
		opts *httpsig.Options
		send []string
		want string
	}{
		{"default, least", nil, []string{"x-request-id", "date"}, "date x-request-id"},
		{"default, everything", nil, all, "date digest x-request-id psu-id psu-corporate-id tpp-redirect-uri"},
		{"default, corporate", nil, []string{"psu-corporate-id", "date"}, "date psu-corporate-id"},
		{"default, others are not covered", &httpsig.Options{}, []string{"date", "accept", "psu-ip-address"}, "date"},
		{"own list, written as on the page", &httpsig.Options{Headers: []string{"(Request-Target)", "Host", "X-Originating-Date", "Content-Length"}},
			[]string{"x-originating-date", "date"}, "(request-target) host x-originating-date"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			req := request(t, "GET", "https://a.example/", "")
			for _, name := range c.send {
				req.Header.Set(name, "value of "+name)
			}
			value := sign(t, signer(t, c.opts), req)
			assert.Equal(t, c.want, parameter(t, value, "headers"))
			covered, err := httpsig.Verify(req, value, testKey().Public())
			require.NoError(t, err)
			assert.Equal(t, strings.Fields(c.want), covered)
		})
	}
}

// The options belong to the caller, who may go on using them.
func TestOptionsAreCopied(t *testing.T) {
	t.Parallel()
	opts := &httpsig.Options{Headers: []string{"Date"}}
	s := signer(t, opts)
	assert.Equal(t, []string{"Date"}, opts.Headers)
	opts.Headers[0] = "accept"
	value := sign(t, s, request(t, "GET", "https://a.example/", "", "Date", "now", "Accept", "a"))
	assert.Equal(t, "date", parameter(t, value, "headers"))
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	curve := tlstest.ECKey(t)
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	one := func(name string) *httpsig.Options { return &httpsig.Options{Headers: []string{name}} }
	many := &httpsig.Options{}
	for i := range 65 {
		many.Headers = append(many.Headers, fmt.Sprint("x-", i))
	}
	cases := []struct {
		name  string
		key   crypto.Signer
		keyID string
		opts  *httpsig.Options
		want  string
	}{
		{"nil", nil, "a", nil, "no signing key"},
		{"typed nil", (*rsa.PrivateKey)(nil), "a", nil, "no signing key"},
		{"typed nil curve", (*ecdsa.PrivateKey)(nil), "a", nil, "no signing key"},
		{"nil public", module{}, "a", nil, "needs an RSA key"},
		{"typed nil public", module{public: (*rsa.PublicKey)(nil)}, "a", nil, "needs an RSA key"},
		{"empty public", module{public: &rsa.PublicKey{}}, "a", nil, "needs an RSA key"},
		{"EC", curve, "a", nil, "needs an RSA key"},
		{"Ed25519", edwards, "a", nil, "needs an RSA key"},
		{"small", small, "a", nil, "1024 bits"},
		{"no key id", testKey(), "", nil, "key id is empty"},
		{"quote in key id", testKey(), `SN=1",x="`, nil, "double quote"},
		{"line in key id", testKey(), "SN=1\r\nX-A: b", nil, "control character"},
		{"broken key id", testKey(), "SN=\xff", &httpsig.Options{EncodedWord: true}, "not UTF-8"},
		{"long key id", testKey(), strings.Repeat("a", 2049), nil, "longer than"},
		{"broken algorithm", testKey(), "SN=1", &httpsig.Options{Algorithm: `a"b`}, "algorithm holds a double quote"},
		{"UTF-8 algorithm, not wrapped", testKey(), "SN=1", &httpsig.Options{Algorithm: "Æ"}, "EncodedWord"},
		{"UTF-8 key id, not wrapped", testKey(), "CA=Ærlig", nil, "EncodedWord"},
		{"empty list", testKey(), "a", &httpsig.Options{Headers: []string{}}, "1 to 64"},
		{"long list", testKey(), "a", many, "1 to 64"},
		{"twice", testKey(), "a", &httpsig.Options{Headers: []string{"Date", "date"}}, "date twice"},
		{"empty name", testKey(), "a", one(""), "header list"},
		{"blank in name", testKey(), "a", one("x y"), "header list"},
		{"line in name", testKey(), "a", one("x\ny"), "header list"},
		{"later pseudo header", testKey(), "a", one("(created)"), "header list"},
		{"itself", testKey(), "a", one("Signature"), "header list"},
		{"never sent", testKey(), "a", one("Transfer-Encoding"), "header list"},
		{"never sent either", testKey(), "a", one("Trailer"), "header list"},
		{"long name", testKey(), "a", one(strings.Repeat("x", 65)), "header list"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := httpsig.New(c.key, c.keyID, c.opts)
			require.ErrorContains(t, err, c.want)
			assert.Nil(t, s)
			assertQuiet(t, err)
		})
	}
}

// assertQuiet holds for every error of this package.
func assertQuiet(t *testing.T, err error, secrets ...string) {
	t.Helper()
	assert.True(t, strings.HasPrefix(err.Error(), "httpsig: "), "%q", err)
	assert.NotContains(t, err.Error(), "\n")
	for _, secret := range secrets {
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err.Error(), err, err.Error()), secret)
	}
}

func TestSignRefuses(t *testing.T) {
	t.Parallel()
	for name, req := range map[string]*http.Request{
		"no request":   nil,
		"no URL":       {Method: "GET", Header: http.Header{"Date": {"secret"}}},
		"nothing":      request(t, "GET", "https://a.example/secret", "", "Accept", "secret"),
		"forged line":  request(t, "GET", "https://a.example/", "", "Date", "secret\npsu-id: other"),
		"return":       request(t, "GET", "https://a.example/", "", "Date", "secret\rx"),
		"NUL":          request(t, "GET", "https://a.example/", "", "Date", "secret\x00"),
		"delete":       request(t, "GET", "https://a.example/", "", "Date", "secret\x7f"),
		"second value": request(t, "GET", "https://a.example/", "", "Date", "now", "Date", "secret\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := signer(t, nil).Sign(req)
			require.Error(t, err)
			assertQuiet(t, err, "secret")
			if req != nil {
				assert.NotContains(t, req.Header, "Signature")
			}
		})
	}
}

var errHardware = errors.New("slot 3\npin 998877")

func TestHardwareKey(t *testing.T) {
	t.Parallel()
	public := testKey().Public()
	hardware := func(sign func([]byte, crypto.SignerOpts) ([]byte, error)) *httpsig.Cavage {
		s, err := httpsig.New(module{public, sign}, "a", nil)
		require.NoError(t, err)
		return s
	}
	date := func() *http.Request { return request(t, "GET", "https://a.example/", "", "Date", "now") }

	t.Run("works", func(t *testing.T) {
		t.Parallel()
		req := date()
		value := sign(t, hardware(func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			assert.Equal(t, crypto.SHA256, opts)
			return testKey().Sign(rand.Reader, digest, opts)
		}), req)
		_, err := httpsig.Verify(req, value, public)
		require.NoError(t, err)
	})
	t.Run("other padding", func(t *testing.T) {
		t.Parallel()
		err := hardware(func(digest []byte, _ crypto.SignerOpts) ([]byte, error) {
			return rsa.SignPSS(rand.Reader, testKey(), crypto.SHA256, digest, nil)
		}).Sign(date())
		require.ErrorContains(t, err, "not rsa-sha256")
		assertQuiet(t, err)
	})
	t.Run("fails", func(t *testing.T) {
		t.Parallel()
		req := date()
		err := hardware(func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, errHardware }).Sign(req)
		require.ErrorIs(t, err, errHardware)
		assertQuiet(t, err, "998877")
		assert.NotContains(t, req.Header, "Signature")
	})
}

// pinned is a signer that has its secret in plain fields.
type pinned struct {
	*rsa.PrivateKey
	PIN string
}

func TestNothingPrintsTheKey(t *testing.T) {
	t.Parallel()
	s, err := httpsig.New(pinned{testKey(), "998877"}, "a", nil)
	require.NoError(t, err)
	secrettest.AssertSealed(t, s, append(secrettest.Key(t, testKey()), "998877")...)
	assert.Equal(t, "httpsig.Cavage", fmt.Sprint(s))
}

// What is signed must be what arrives, also behind a prefix as in the sandbox.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	names := []string{"(request-target)", "host", "date", "digest", "content-length", "x-a", "x-empty"}
	server := httptest.NewServer(http.StripPrefix("/bank", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		covered, err := httpsig.Verify(r, r.Header.Get("Signature"), testKey().Public())
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, strings.Join(covered, " "))
	})))
	t.Cleanup(server.Close)
	headers := []string{"Date", "now", "Digest", httpsig.Digest([]byte(body)), "X-A", " one ", "X-A", "two", "X-Empty", ""}
	for _, change := range []string{"", "Date", "X-A", "X-Empty"} {
		t.Run("changed "+change, func(t *testing.T) {
			t.Parallel()
			req := request(t, "POST", server.URL+"/bank/a%2Fb/enc!!x==?q=%20&p", body, headers...)
			require.NoError(t, signer(t, &httpsig.Options{Headers: names, EncodedWord: true}).Sign(req))
			if change != "" {
				req.Header.Set(change, "changed")
			}
			resp, err := server.Client().Do(req)
			require.NoError(t, err)
			defer resp.Body.Close()
			answer, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			if change != "" {
				assert.Equal(t, http.StatusUnauthorized, resp.StatusCode)
				return
			}
			assert.Equal(t, strings.Join(names, " "), string(answer))
		})
	}
}
