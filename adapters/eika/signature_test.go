package eika_test

import (
	"crypto"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/eika"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wire is the transport of an adapter that is connected to the sandbox. It keeps what was sent.
type wire struct{ sent []http.Header }

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.sent = append(w.sent, r.Header)
	return http.DefaultTransport.RoundTrip(r)
}

func (w *wire) connect(t *testing.T, credentials eika.Credentials) *eika.Client {
	t.Helper()
	document, err := contract.Load("eika")
	require.NoError(t, err)
	server := httptest.NewServer(sandbox.Handler(document))
	t.Cleanup(server.Close)
	client, err := eika.New(credentials, &adapters.Options{BaseURL: server.URL, HTTPClient: &http.Client{Transport: w}})
	require.NoError(t, err)
	return client
}

const account = "enc!!bmVnYXRpdmVBbW91bnQ="

// The sandbox takes every issuer, and more headers. The issuer is the certificate's, or that of the credentials character
// for character.
func TestParametersOfTheSignature(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"": "CN=TPP", "O=Prøve, C=NO": "O=Prøve, C=NO"} {
		w, credentials := &wire{}, credentials()
		credentials.KeyIDCA = given
		_, err := w.connect(t, credentials).Balances(t.Context(), account, adapters.Unattended())
		require.NoError(t, err)
		value, err := new(mime.WordDecoder).Decode(w.sent[0].Get("Signature"))
		require.NoError(t, err)
		parameters, _, _ := strings.Cut(value, ",signature=")
		assert.Equal(t, `keyId="SN=4A3B,CA=`+want+`",algorithm="rsa-sha256",`+
			`headers="date x-request-id psu-id psu-corporate-id tpp-redirect-uri"`, parameters)
	}
}

// module is a key in hardware, which is there when the adapter is made and gone later.
type module struct{ crypto.Signer }

var errModule = errors.New("slot 3, pin 998877")

func (module) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errModule }

func TestNothingIsSentUnsigned(t *testing.T) {
	t.Parallel()
	w, credentials := &wire{}, credentials()
	credentials.Key = module{credentials.Key}
	_, err := w.connect(t, credentials).Balances(t.Context(), account, adapters.Unattended())
	assert.EqualError(t, err, "eika: get balances: unavailable: request could not be signed")
	assert.ErrorIs(t, err, errModule)
	assert.Empty(t, w.sent)
}
