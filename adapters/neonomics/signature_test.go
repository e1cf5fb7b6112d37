package neonomics_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func signing() neonomics.Credentials {
	own := credentials
	own.SigningKey, own.SigningKeyID, own.OriginatingHost = tlstest.RSAKey(), "key-1", "tpp.example.com"
	return own
}

func TestEndToEndSignature(t *testing.T) {
	t.Parallel()
	signing := signing()
	key := signing.SigningKey
	calls := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		defer func() { calls <- struct{}{} }()
		covered, err := httpsig.Verify(r, r.Header.Get("Signature"), key.Public())
		assert.NoError(t, err)
		assert.Equal(t, []string{"(request-target)", "x-originating-host", "x-originating-date"}, covered)
		assert.Contains(t, r.Header.Get("Signature"), `keyId="key-1",algorithm="rsa-sha256"`)
		assert.Equal(t, "tpp.example.com", r.Header.Get("x-originating-host"))
		assert.Equal(t, "Fri, 02 Jan 2026 03:04:05 GMT", r.Header.Get("x-originating-date"))
		assert.Contains(t, r.RequestURI, "/base/ics/v3/accounts/a/balances?scope=")
		r.Header.Set("x-originating-host", "other.example.com")
		_, err = httpsig.Verify(r, r.Header.Get("Signature"), key.Public())
		assert.Error(t, err)
	}))
	t.Cleanup(server.Close)
	now := time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("CET", 3600))
	client, err := neonomics.New(signing, &adapters.Options{BaseURL: server.URL + "/base", Now: func() time.Time { return now }})
	require.NoError(t, err)
	_, _ = client.Balances(t.Context(), "a", adapters.Unattended())
	<-calls
}

func TestSigningMistakesAreFoundByNew(t *testing.T) {
	t.Parallel()
	good := signing()
	for field, spoil := range map[string]func(*neonomics.Credentials){
		"signingKey":      func(c *neonomics.Credentials) { c.SigningKey = nil },
		"signingKeyId":    func(c *neonomics.Credentials) { c.SigningKeyID = "" },
		"originatingHost": func(c *neonomics.Credentials) { c.OriginatingHost = "a\r\nb" },
	} {
		spoilt := good
		spoil(&spoilt)
		_, err := neonomics.New(spoilt, nil)
		assert.ErrorIs(t, err, adapters.ErrInvalidArgument)
		assert.ErrorContains(t, err, "credentials."+field+":")
	}
}
