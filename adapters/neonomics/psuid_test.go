package neonomics_test

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	psuKey  = "AAECAwQFBgcICQoLDA0ODw=="
	testPSU = "31125461118" // a sandbox id that the documentation prints
	// sealedPSU is testPSU under psuKey with the IV 10..1b, computed with another implementation.
	sealedPSU = "EBESExQVFhcYGRob9x8ynTp7gN4m7GUUMwgMj4gwHU7E4J+9sI4h"
)

// open is what the provider does with x-psu-id.
func open(t *testing.T, sealed string) string {
	key, err := base64.StdEncoding.DecodeString(psuKey)
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	data, err := base64.StdEncoding.DecodeString(sealed)
	require.NoError(t, err)
	plain, err := aead.Open(nil, data[:aead.NonceSize()], data[aead.NonceSize():], nil)
	require.NoError(t, err)
	return string(plain)
}

func TestPSUIDIsEncryptedAnewForEveryCall(t *testing.T) {
	t.Parallel()
	require.Equal(t, testPSU, open(t, sealedPSU))
	seen := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		sealed := r.Header.Get("x-psu-id")
		assert.Equal(t, testPSU, open(t, sealed))
		seen[sealed] = true
	}))
	t.Cleanup(server.Close)
	plain := credentials
	plain.PSUID, plain.PSUIDPlain, plain.PSUIDKey = "", testPSU, psuKey
	client, err := neonomics.New(plain, &adapters.Options{BaseURL: server.URL})
	require.NoError(t, err)
	for range 3 {
		_, _ = client.Balances(t.Context(), "a", adapters.Unattended())
	}
	assert.Len(t, seen, 3)
}

// The prefix is that of a Tink keyset whose outputPrefixType is TINK.
func TestPSUIDNamesItsKey(t *testing.T) {
	t.Parallel()
	for keyID, prefix := range map[string]string{"1": "\x01\x00\x00\x00\x01", "4294967295": "\x01\xff\xff\xff\xff"} {
		sealed := make(chan string, 1)
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { sealed <- r.Header.Get("x-psu-id") }))
		t.Cleanup(server.Close)
		plain := credentials
		plain.PSUID, plain.PSUIDPlain, plain.PSUIDKey, plain.PSUIDKeyID = "", testPSU, psuKey, keyID
		client, err := neonomics.New(plain, &adapters.Options{BaseURL: server.URL})
		require.NoError(t, err)
		_, _ = client.Balances(t.Context(), "a", adapters.Unattended())
		data, err := base64.StdEncoding.DecodeString(<-sealed)
		require.NoError(t, err)
		assert.Equal(t, prefix, string(data[:len(prefix)]))
		assert.Equal(t, testPSU, open(t, base64.StdEncoding.EncodeToString(data[len(prefix):])))
	}
}

func TestPSUIDMistakesAreFoundByNew(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*neonomics.Credentials){
		"psuIdKey": func(c *neonomics.Credentials) { c.PSUID, c.PSUIDPlain, c.PSUIDKey = "", testPSU, "c2hvcnQ=" },
		"psuIdKeyId": func(c *neonomics.Credentials) {
			c.PSUID, c.PSUIDPlain, c.PSUIDKey, c.PSUIDKeyID = "", testPSU, psuKey, "4294967296"
		},
		"psuIdPlain": func(c *neonomics.Credentials) { c.PSUID, c.PSUIDKey = "", psuKey },
		"psuId":      func(c *neonomics.Credentials) { c.PSUIDPlain, c.PSUIDKey = testPSU, psuKey },
		"scope":      func(c *neonomics.Credentials) { c.Scope = "both" },
	} {
		spoilt := credentials
		spoil(&spoilt)
		_, err := neonomics.New(spoilt, nil)
		assert.ErrorIs(t, err, adapters.ErrInvalidArgument)
		assert.ErrorContains(t, err, "credentials."+field+":")
	}
}
