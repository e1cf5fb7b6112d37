package main_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ownToken = `"credentials":{"clientId":"c-S3CR3T","clientSecret":"s-S3CR3T","sessionId":"s","deviceId":"d"}`

// Connections with the same credentials share a token; where the provider hands none out, each account says so, and no call is spent.
func TestTokensAreFetched(t *testing.T) {
	t.Parallel()
	refused := false
	counting := &proxy{calls: map[string]int{}}
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refused && strings.HasSuffix(r.URL.Path, "/token") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		counting.ServeHTTP(w, r)
	}))
	const given = `"credentials":{"accessToken":"t","sessionId":"s","deviceId":"d"}`
	accounts := []string{"7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0001", "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0002"}
	config := strings.ReplaceAll(configOf(neonomics("a", url+"/neonomics", accounts...), neonomics("b", url+"/neonomics", accounts...)), given, ownToken)
	assert.Equal(t, 0, on(t, config, "get").exit)
	assert.Equal(t, 1, counting.since()["/neonomics/auth/realms/live/protocol/openid-connect/token"])
	refused = true
	got := on(t, config, "get", "-guard", t.TempDir()+"/access.json")
	assert.Equal(t, 1, got.exit)
	assert.Equal(t, 4, strings.Count(got.stderr, ": neonomics: get token: unauthorized (HTTP 401)\n"), got.stderr)
	assert.Contains(t, got.stderr, "unattended calls left: 4\n")
	assert.Empty(t, counting.since())
	assert.NotContains(t, got.stderr, secret)
	got = on(t, config, "check", "-tokens")
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stdout, "bad      neonomics: get token: unauthorized (HTTP 401)")
	refused = false
	assert.Contains(t, on(t, config, "check", "-tokens", "-json").stdout, `"detail": "was handed out"`)
}

// One Single View's credentials get a token as well.
func TestTokensOfCredentialsThatAreThereAnyway(t *testing.T) {
	t.Parallel()
	config := strings.Replace(fiveConnections(t), "\"signatureKey\": \"test-signature-key\",\n        \"accessToken\": \"env:OPENBALANCES_TEST_TOKEN\",", `"signatureKey": "test-signature-key",`, 1)
	require.NotEqual(t, fiveConnections(t), config)
	got := on(t, config, "get")
	assert.Equal(t, 3, strings.Count(got.stdout, "gulf "), got.stderr)
}
