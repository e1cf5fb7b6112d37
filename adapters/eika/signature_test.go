package eika_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/eika"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sealed are credentials with everything that a signature can cover.
func sealed() eika.Credentials {
	own := credentials()
	own.PSUID, own.PSUCorporateID, own.TPPSessionID = "psu-1", "corporate-1", "session-1"
	own.TPPRedirectURI = "https://tpp.example/callback?state=1"
	return own
}

// wire is the transport of an adapter that is connected to the sandbox. It keeps what was sent, and can change it on
// its way, when the signature is already there.
type wire struct {
	sent   []http.Header
	change func(http.Header)
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	w.sent = append(w.sent, r.Header)
	if w.change != nil {
		w.change(r.Header)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// connect returns an adapter with a clock that is a second later whenever it is asked.
func (w *wire) connect(t *testing.T, credentials eika.Credentials) *eika.Client {
	t.Helper()
	document, err := contract.Load("eika")
	require.NoError(t, err)
	server := httptest.NewServer(sandbox.Handler(document))
	t.Cleanup(server.Close)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	client, err := eika.New(credentials, &adapters.Options{
		BaseURL: server.URL, HTTPClient: &http.Client{Transport: w},
		Now: func() time.Time { now = now.Add(time.Second); return now },
	})
	require.NoError(t, err)
	return client
}

const account = "enc!!bmVnYXRpdmVBbW91bnQ="

func TestSandboxTakesEverySignature(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*eika.Credentials){
		"everything":       func(*eika.Credentials) {},
		"no PSU":           func(c *eika.Credentials) { c.PSUID = "" },
		"no company":       func(c *eika.Credentials) { c.PSUCorporateID = "" },
		"no address":       func(c *eika.Credentials) { c.TPPRedirectURI = "" },
		"the least":        func(c *eika.Credentials) { *c = eika.Credentials{Certificate: c.Certificate, Key: c.Key} },
		"issuer in Norsk":  func(c *eika.Credentials) { c.KeyIDCA = "O=Prøve, C=NO" },
		"blanks in a text": func(c *eika.Credentials) { c.PSUID = "a  b" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			credentials := sealed()
			change(&credentials)
			balances, err := new(wire).connect(t, credentials).Balances(t.Context(), account, adapters.Unattended())
			require.NoError(t, err)
			assert.Len(t, balances, 1)
		})
	}
}

// Nothing that was signed can be changed afterwards, by an editor of requests or by anyone else.
func TestSandboxRefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }
	for name, change := range map[string]func(http.Header){
		"date":             set("Date", "Fri, 02 Jan 2026 03:04:59 GMT"),
		"digest":           set("Digest", "SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
		"request id":       set("X-Request-ID", "99391c7e-ad88-49ec-a2ad-99ddcb1f7721"),
		"PSU":              set("PSU-ID", "psu-2"),
		"PSU gone":         func(h http.Header) { h.Del("PSU-ID") },
		"company":          set("PSU-Corporate-ID", "corporate-2"),
		"address":          set("TPP-Redirect-URI", "https://tpp.example/callback?state=2"),
		"signature":        set("Signature", "=?utf-8?B?AAAA?="),
		"signature gone":   func(h http.Header) { h.Del("Signature") },
		"certificate":      set("TPP-Signature-Certificate", "AAAA"),
		"certificate gone": func(h http.Header) { h.Del("TPP-Signature-Certificate") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := (&wire{change: change}).connect(t, sealed())
			balances, err := client.Balances(t.Context(), account, adapters.Unattended())
			assert.EqualError(t, err, "eika: get balances: unauthorized (HTTP 401)")
			assert.Empty(t, balances)
		})
	}
}

// The rule is spelled out once more. A second call is not a repetition of the first.
func TestEveryCallIsSignedAnew(t *testing.T) {
	t.Parallel()
	w := &wire{}
	client := w.connect(t, sealed())
	seen := map[string]bool{}
	for range 3 {
		_, err := client.Balances(t.Context(), account, adapters.Unattended())
		require.NoError(t, err)
	}
	require.Len(t, w.sent, 3)
	for _, sent := range w.sent {
		text := "date: " + sent.Get("Date") + "\nx-request-id: " + sent.Get("X-Request-ID") +
			"\npsu-id: psu-1\npsu-corporate-id: corporate-1\ntpp-redirect-uri: https://tpp.example/callback?state=1"
		value, err := new(mime.WordDecoder).Decode(sent.Get("Signature"))
		require.NoError(t, err)
		before, encoded, _ := strings.Cut(strings.TrimSuffix(value, `"`), `",signature="`)
		assert.Equal(t, `keyId="SN=4A3B,CA=CN=TPP",algorithm="rsa-sha256",`+
			`headers="date x-request-id psu-id psu-corporate-id tpp-redirect-uri`, before)
		signature, err := base64.StdEncoding.DecodeString(encoded)
		require.NoError(t, err)
		sum, public := sha256.Sum256([]byte(text)), sealed().Certificate.PublicKey.(*rsa.PublicKey)
		assert.NoError(t, rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature))
		for _, name := range []string{"Date", "X-Request-ID", "Signature"} {
			assert.False(t, seen[sent.Get(name)], "%s is sent twice", name)
			seen[sent.Get(name)] = true
		}
	}
}

// module is a key in hardware, which is there when the adapter is made and gone later.
type module struct{ crypto.Signer }

var errModule = errors.New("slot 3, pin 998877")

func (module) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errModule }

func TestNothingIsSentUnsigned(t *testing.T) {
	t.Parallel()
	w, credentials := &wire{}, sealed()
	credentials.Key = module{credentials.Key}
	_, err := w.connect(t, credentials).Balances(t.Context(), account, adapters.Unattended())
	assert.EqualError(t, err, "eika: get balances: unavailable: request could not be signed")
	assert.ErrorIs(t, err, errModule)
	assert.Empty(t, w.sent)
}
