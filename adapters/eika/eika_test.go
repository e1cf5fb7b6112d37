package eika_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/eika"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// credentials are made once, because a key of 2048 bits takes a while.
var credentials = sync.OnceValue(func() eika.Credentials {
	certificate, key := tlstest.Seal("TPP")
	return eika.Credentials{
		Certificate: certificate, Key: key, PSUID: "psu-1234", PSUCorporateID: "corporate-5678",
		TPPSessionID: "session-9012", TPPRedirectURI: "https://tpp.example/callback",
	}
})

var harness = adaptertest.Harness{
	Provider: "eika",
	New: func(options *adapters.Options) (adapters.Source, error) {
		return eika.New(credentials(), options)
	},
	Secrets: []string{
		"psu-1234", "corporate-5678", "session-9012", "https://tpp.example/callback",
		credentials().Key.(*rsa.PrivateKey).D.String(),
	},
	Volatile:    []string{"Signature", "Tpp-Signature-Certificate"},
	Credentials: adaptertest.Tagged(credentials(), eika.New),
	Verify:      verify,
}

func verify(request *http.Request, _ []byte) ([]string, error) {
	return httpsig.Verify(request, request.Header.Get("Signature"), credentials().Certificate.PublicKey)
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }

func TestSigningKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	good := credentials()
	_, other := tlstest.Seal("TPP")
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	curve := tlstest.ECKey(t)
	for name, c := range map[string]struct {
		certificate *x509.Certificate
		key         crypto.Signer
	}{
		"no certificate": {nil, good.Key}, "an empty certificate": {&x509.Certificate{}, good.Key}, "no key": {good.Certificate, nil},
		"nil in a key": {good.Certificate, (*rsa.PrivateKey)(nil)}, "1024 bits": {good.Certificate, small},
		"not RSA": {good.Certificate, curve}, "another key": {good.Certificate, other},
	} {
		client, err := eika.New(eika.Credentials{Certificate: c.certificate, Key: c.key}, nil)
		assert.ErrorIs(t, err, adapters.ErrInvalidArgument, name)
		assert.Nil(t, client, name)
	}
}

// TestCurrencyOfTheAccount sees a warning where the account's currency is another one than the balance's.
func TestCurrencyOfTheAccount(t *testing.T) {
	t.Parallel()
	const warning = "currency differs from the account's currency"
	for account, want := range map[string][]string{`"EUR"`: {warning}, `"NOK"`: nil, `null`: nil} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"account": {"currency": `+account+`}, "balances": [
				{"balanceAmount": {"amount": "1.00", "currency": "NOK"}, "balanceType": "expected"}]}`)
		}))
		t.Cleanup(server.Close)
		client, err := eika.New(credentials(), &adapters.Options{BaseURL: server.URL})
		require.NoError(t, err)
		balances, err := client.Balances(t.Context(), "id", adapters.Unattended())
		require.NoError(t, err)
		assert.Equal(t, "NOK", balances[0].Currency)
		assert.Equal(t, want, balances[0].Warnings, account)
	}
}

func TestCauses(t *testing.T) {
	t.Parallel()
	const redirect = `"scaRedirect": {"href": "https://bank.example/sca", "verbs": 7}`
	adaptertest.Causes(t, harness, []adaptertest.Cause{
		{Status: 401, Body: `{"_links": {"self": {"href": "https://bank.example/"}}}`, Kind: adapters.ErrUnauthorized, Link: "https://bank.example/"},
		{Status: 401, Body: `{"_links": {` + redirect + `, "x": []}, "code": 7, "status": "401"}`, Kind: adapters.ErrConsentRequired, Link: "https://bank.example/sca"},
		{Status: 401, Body: `{"_links": {` + redirect + `}, "code": "ROLE_INVALID"}`, Kind: adapters.ErrConsentRequired, Code: "ROLE_INVALID", Link: "https://bank.example/sca"},
		{Status: 401, Body: `{"_links": {` + redirect + `}, "code": "FORMAT_ERROR"}`, Kind: adapters.ErrInvalidArgument, Code: "FORMAT_ERROR", Link: "https://bank.example/sca"},
		{Status: 401, Body: `{"code": "CONSENT_EXPIRED"}`, Kind: adapters.ErrConsentRequired, Code: "CONSENT_EXPIRED"},
		{Status: 403, Body: `{"id": 5615873380, "code": "SERVICE_BLOCKED"}`, Kind: adapters.ErrForbidden, Code: "SERVICE_BLOCKED", Quote: "5615873380"},
		{Status: 403, Body: `{"code": "ROLE_INVALID"}`, Kind: adapters.ErrForbidden, Code: "ROLE_INVALID"},
		{Status: 403, Body: `{"code": "ERROR_CODE", "message": ["no"]}`, Kind: adapters.ErrForbidden, Code: "ERROR_CODE", Message: "no"},
		{Status: 403, Body: `{}`, Kind: adapters.ErrForbidden},
		{Status: 403, Body: `{"tppMessages": [{"code": "CONSENT_UNKNOWN"}]}`, Kind: adapters.ErrConsentRequired, Code: "CONSENT_UNKNOWN"},
		{Status: 403, Body: `Error: CONSENT_UNKNOWN`, Kind: adapters.ErrConsentRequired},
		{Status: 400, Body: `{"id": 5615873377, "status": 429, "code": "ACCESS_EXCEEDED"}`, Kind: adapters.ErrRateLimited, Code: "ACCESS_EXCEEDED", Quote: "5615873377"},
		{Status: 429, Body: `{"status": "429", "code": "CONSENT_UNKNOWN"}`, Kind: adapters.ErrRateLimited, Code: "CONSENT_UNKNOWN"},
	})
}
