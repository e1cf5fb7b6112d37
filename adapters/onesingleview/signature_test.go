package onesingleview_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/onesingleview"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signature is the documented rule, spelled out once more; the vectors were computed with another implementation.
func signature(body []byte, key string) string {
	sum := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString(body) + key))
	return hex.EncodeToString(sum[:])
}

func TestSignatureRule(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "91b2236a134b79347920cb7c83a79087b970b664bb91e90aa3f7027875bd0bb2", signature([]byte(`{}`), "test-signature-key"))
	assert.Equal(t, "c9c557e9814ffa3e54795c5e44187f5b03f8fc17401e6c2c1234bd508f901d90", signature([]byte(`{"a":1}`), "test-signature-key"))
}

// The key is not the sandbox's, which everything else is signed with.
func TestSignatureCoversTheBytesSent(t *testing.T) {
	t.Parallel()
	own := credentials
	own.SignatureKey = "another-signature-key"
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.NotEmpty(t, body)
		assert.Equal(t, signature(body, "another-signature-key"), r.Header.Get("signature"))
	}))
	t.Cleanup(server.Close)
	client, err := onesingleview.New(own, &adapters.Options{BaseURL: server.URL})
	require.NoError(t, err)
	for _, id := range []string{"1", "a&b", "100004000000000000000002"} {
		_, err = client.Balances(t.Context(), id, adapters.Unattended())
		assert.ErrorIs(t, err, adapters.ErrProtocol)
	}
	_, err = client.BatchBalances(t.Context(), []string{"1", "a&b"}, adapters.Unattended())
	assert.ErrorIs(t, err, adapters.ErrProtocol)
	_, err = client.Accounts(t.Context(), adapters.Unattended())
	assert.ErrorIs(t, err, adapters.ErrProtocol)
	_, err = client.AllBalances(t.Context(), adapters.Unattended())
	assert.ErrorIs(t, err, adapters.ErrProtocol)
}
