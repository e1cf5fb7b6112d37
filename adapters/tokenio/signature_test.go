package tokenio_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/secrettest"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/tokenio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signing uses the key whose seed is the bytes 0 to 31.
func signing() tokenio.Credentials {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = byte(i)
	}
	return tokenio.Credentials{
		OnBehalfOf: "ta:demo", SigningKey: ed25519.NewKeyFromSeed(seed), MemberID: "m:demo:1", KeyID: "test-key-1",
	}
}

// toSandboxHost sends what is meant for the provider's sandbox to a test server.
type toSandboxHost struct{ address string }

func (h toSandboxHost) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Host, request.URL.Scheme, request.URL.Host = request.URL.Host, "http", h.address
	return http.DefaultTransport.RoundTrip(request)
}

// The signatures were computed with another implementation.
func TestSDKSignature(t *testing.T) {
	t.Parallel()
	type sent struct{ uri, authorization string }
	requests := make(chan sent, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests <- sent{r.RequestURI, r.Header.Get("Authorization")}
	}))
	t.Cleanup(server.Close)
	client, err := tokenio.New(signing(), &adapters.Options{
		BaseURL: "https://api.sandbox.token.io", HTTPClient: &http.Client{Transport: toSandboxHost{server.Listener.Addr().String()}},
		Now: func() time.Time { return time.UnixMilli(1736935800000) },
	})
	require.NoError(t, err)
	const before = "Token-Ed25519-SHA512 member-id=m:demo:1,key-id=test-key-1,signature="
	const after = ",created-at-ms=1736935800000,on-behalf-of=ta:demo"

	_, _ = client.Balances(t.Context(), "a:demo:1", adapters.Unattended())
	assert.Equal(t, sent{
		"/accounts/a:demo:1/balance",
		before + "Ae4XXzXf0JBcoYKeAW1-Xqv3YXX475tgP38WarjkVD5yfBnz7x358IEukCorT80tEn-ifY_Es3ExzsVec735Ag" + after,
	}, <-requests)

	_, _ = client.BatchBalances(t.Context(), []string{"a:demo:1", "a:demo:2"},
		adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7")}))
	assert.Equal(t, sent{
		"/account-balance?account_id=a:demo:1&account_id=a:demo:2",
		before + "-oiwzM3ZExOrmEEh_AcT9e5aagEN62zSFpyftPlEu6Jt4B-M8GNs5vqQhgrHncrd3GGN6g2V7NfeZbDnJX-MCg" + after +
			",customer-initiated=true",
	}, <-requests)
}

func TestSDKSignatureCoversTheRequestAsSent(t *testing.T) {
	t.Parallel()
	credentials := signing()
	public := credentials.SigningKey.Public().(ed25519.PublicKey)
	verified := make(chan bool, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "signature=")
		encoded, rest, _ := strings.Cut(rest, ",created-at-ms=")
		created, _, _ := strings.Cut(rest, ",")
		signature, err := base64.RawURLEncoding.DecodeString(encoded)
		assert.NoError(t, err)
		path, _, _ := strings.Cut(r.RequestURI, "?")
		text := `{"createdAtMs":"` + created + `","method":"GET","uriHost":"` + r.Host + `","uriPath":"` + path + `"}`
		verified <- ed25519.Verify(public, []byte(text), signature)
	}))
	t.Cleanup(server.Close)
	client, err := tokenio.New(credentials, &adapters.Options{BaseURL: server.URL + "/base"})
	require.NoError(t, err)
	for _, account := range []string{"a:b:c", "a&b=c", "a+b~c!'()*"} {
		_, err := client.Balances(t.Context(), account, adapters.Unattended())
		require.NotErrorIs(t, err, adapters.ErrInvalidArgument, "nothing was sent")
		assert.True(t, <-verified, account)
	}
}

func TestSigningKeyIsMasked(t *testing.T) {
	t.Parallel()
	hidden := append(secrettest.Key(t, signing().SigningKey), "ta:demo")
	secrettest.AssertHides(t, signing(), hidden...)
	client, err := tokenio.New(signing(), nil)
	require.NoError(t, err)
	secrettest.AssertSealed(t, client, hidden...)
}

func TestSigningMistakesAreFoundByNew(t *testing.T) {
	t.Parallel()
	elliptic := tlstest.ECKey(t)
	for detail, spoil := range map[string]func(*tokenio.Credentials){
		"credentials.memberId: missing":                     func(c *tokenio.Credentials) { c.MemberID = "" },
		"credentials.keyId: missing":                        func(c *tokenio.Credentials) { c.KeyID = "" },
		"credentials.keyId: holds a separator":              func(c *tokenio.Credentials) { c.KeyID = "a,b=c" },
		"credentials.onBehalfOf: holds a separator":         func(c *tokenio.Credentials) { c.OnBehalfOf = "ta:1,customer-initiated=true" },
		"credentials.signingKey: not an Ed25519 key":        func(c *tokenio.Credentials) { c.SigningKey = elliptic },
		"credentials.signingKey: given besides accessToken": func(c *tokenio.Credentials) { c.AccessToken = "token" },
	} {
		spoilt := signing()
		spoil(&spoilt)
		_, err := tokenio.New(spoilt, nil)
		assert.EqualError(t, err, "tokenio: invalid_argument: "+detail)
	}
}
