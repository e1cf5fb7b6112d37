package onesingleview_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/onesingleview"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// signature is the documented rule, spelled out once more; the vectors were computed with another implementation.
func signature(body []byte) string {
	sum := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString(body) + "test-signature-key"))
	return hex.EncodeToString(sum[:])
}

func TestSignatureRule(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "91b2236a134b79347920cb7c83a79087b970b664bb91e90aa3f7027875bd0bb2", signature([]byte(`{}`)))
	assert.Equal(t, "c9c557e9814ffa3e54795c5e44187f5b03f8fc17401e6c2c1234bd508f901d90", signature([]byte(`{"a":1}`)))
}

func TestSignatureCoversTheBytesSent(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.NotEmpty(t, body)
		assert.Equal(t, signature(body), r.Header.Get("signature"))
	}))
	t.Cleanup(server.Close)
	client, err := onesingleview.New(credentials, &adapters.Options{BaseURL: server.URL})
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

// tampering changes a request on its way to the sandbox, when the signature is already there.
type tampering func(*http.Request, string) string

func (change tampering) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	changed := change(r, string(body))
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	return http.DefaultTransport.RoundTrip(r)
}

func bank(t *testing.T) *adapters.Options {
	t.Helper()
	document, err := contract.Load("onesingleview")
	require.NoError(t, err)
	server := httptest.NewServer(sandbox.Handler(document))
	t.Cleanup(server.Close)
	return &adapters.Options{BaseURL: server.URL}
}

func TestSandboxRefusesWhatWasChanged(t *testing.T) {
	t.Parallel()
	other := signature([]byte("{}"))
	for name, change := range map[string]tampering{
		"":                func(_ *http.Request, body string) string { return body },
		"one blank":       func(_ *http.Request, body string) string { return body + " " },
		"one digit":       func(_ *http.Request, body string) string { return strings.Replace(body, "APIS-3", "APIS-4", 1) },
		"other signature": func(r *http.Request, body string) string { r.Header.Set("signature", other); return body },
		"no signature":    func(r *http.Request, body string) string { r.Header.Del("signature"); return body },
	} {
		options := bank(t)
		options.HTTPClient = &http.Client{Transport: change}
		client, err := onesingleview.New(credentials, options)
		require.NoError(t, err)
		source, err := onesingleview.NewTokenSource(tokenCredentials, options)
		require.NoError(t, err)
		balances, err := client.Balances(t.Context(), "100004000000000000000002", adapters.Unattended())
		token, tokenErr := source(t.Context())
		if name == "" {
			require.NoError(t, err)
			require.NoError(t, tokenErr)
			continue
		}
		assert.EqualError(t, err, "onesingleview: get balances: unauthorized (HTTP 401): code APIERR401", name)
		assert.EqualError(t, tokenErr, "onesingleview: get token: unauthorized (HTTP 401): code APIERR401", name)
		assert.Empty(t, balances)
		assert.Empty(t, token)
	}
}

func TestSandboxRefusesAnotherKey(t *testing.T) {
	t.Parallel()
	own := credentials
	own.SignatureKey = "test-signature-kez"
	client, err := onesingleview.New(own, bank(t))
	require.NoError(t, err)
	_, err = client.Balances(t.Context(), "100004000000000000000002", adapters.Unattended())
	var failure *adapters.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, http.StatusUnauthorized, failure.Status)
	assert.Equal(t, "Invalid signature", failure.Message)
}
