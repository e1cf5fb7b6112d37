package neonomics_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bank is the sandbox, which answers token calls with the named example if there is one.
func bank(t *testing.T, example string) *adapters.Options {
	t.Helper()
	document, err := contract.Load("neonomics")
	require.NoError(t, err)
	answers := sandbox.Handler(document)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && example != "" {
			r.Header.Set("Prefer", "example="+example)
		}
		answers.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return &adapters.Options{BaseURL: server.URL}
}

var tokenCredentials = neonomics.TokenCredentials{ClientID: "client&1", ClientSecret: "s3cret+/=", Realm: "sandbox"}

func TestTokenRequest(t *testing.T) {
	t.Parallel()
	requests := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- r.Method + " " + r.RequestURI + " " + r.Header.Get("Content-Type") + " " + r.Header.Get("Authorization") + string(body)
	}))
	t.Cleanup(server.Close)
	for realm, path := range map[string]string{"": "live", "sandbox": "sandbox"} {
		credentials := tokenCredentials
		credentials.Realm = realm
		source, err := neonomics.NewTokenSource(credentials, &adapters.Options{BaseURL: server.URL + "/base"})
		require.NoError(t, err)
		_, err = source(t.Context())
		assert.ErrorIs(t, err, adapters.ErrProtocol, "the answer is empty")
		assert.Equal(t, "POST /base/auth/realms/"+path+"/protocol/openid-connect/token application/x-www-form-urlencoded "+
			"client_id=client%261&client_secret=s3cret%2B%2F%3D&grant_type=client_credentials", <-requests)
	}
}

func TestTokenAnswers(t *testing.T) {
	t.Parallel()
	for example, want := range map[string]struct {
		kind   adapters.Kind
		status int
	}{
		"token":                     {},
		"tokenWithoutOptionalParts": {},
		"tokenMissing":              {adapters.ErrProtocol, 200},
		"tokenUnauthorizedClient":   {adapters.ErrUnauthorized, 400},
		"tokenInvalidClient":        {adapters.ErrUnauthorized, 401},
		"tokenRefused":              {adapters.ErrUnauthorized, 510},
	} {
		source, err := neonomics.NewTokenSource(tokenCredentials, bank(t, example))
		require.NoError(t, err)
		token, err := source(t.Context())
		if want.kind == "" {
			require.NoError(t, err, example)
			assert.Equal(t, "sandbox-access-token", token, example)
			continue
		}
		var failure *adapters.Error
		require.True(t, errors.As(err, &failure), example)
		assert.Equal(t, want.kind, failure.Kind, example)
		assert.Equal(t, want.status, failure.Status, example)
		assert.Equal(t, "get token", failure.Operation, example)
		assert.Empty(t, token, example)
	}
}

func TestClientWithTokenSource(t *testing.T) {
	t.Parallel()
	credentials := neonomics.Credentials{SessionID: "session", DeviceID: "device"}
	accounts, err := sandbox.Accounts("neonomics")
	require.NoError(t, err)
	for example, kind := range map[string]error{"": nil, "tokenInvalidClient": adapters.ErrUnauthorized} {
		options := bank(t, example)
		credentials.TokenSource, err = neonomics.NewTokenSource(tokenCredentials, options)
		require.NoError(t, err)
		client, err := neonomics.New(credentials, options)
		require.NoError(t, err)
		balances, err := client.Balances(t.Context(), accounts[0], adapters.Unattended())
		assert.Equal(t, kind == nil, len(balances) > 0)
		if kind != nil {
			assert.ErrorIs(t, err, kind)
			assert.EqualError(t, err, "neonomics: get token: unauthorized (HTTP 401)")
		}
	}
}

func TestRefusedTokenIsReplacedWithTheNextCall(t *testing.T) {
	t.Parallel()
	var fetched atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodPost:
			_, _ = fmt.Fprintf(w, `{"access_token":"t%d","expires_in":"86400","refresh_expires_in":"none","scope":[]}`, fetched.Add(1))
		case r.Header.Get("Authorization") == "Bearer t1":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			_, _ = io.WriteString(w, "[]")
		}
	}))
	t.Cleanup(server.Close)
	options := &adapters.Options{BaseURL: server.URL}
	source, err := neonomics.NewTokenSource(tokenCredentials, options)
	require.NoError(t, err)
	client, err := neonomics.New(neonomics.Credentials{TokenSource: source, SessionID: "session", DeviceID: "device"}, options)
	require.NoError(t, err)
	for _, want := range []error{adapters.ErrUnauthorized, nil, nil} {
		_, err = client.Balances(t.Context(), "a", adapters.Unattended())
		assert.ErrorIs(t, err, want)
	}
	assert.EqualValues(t, 2, fetched.Load())
}

func TestTokenCredentialsAreChecked(t *testing.T) {
	t.Parallel()
	for detail, credentials := range map[string]neonomics.TokenCredentials{
		"credentials.clientId: missing":                   {ClientSecret: "s"},
		"credentials.clientSecret: missing":               {ClientID: "c"},
		"credentials.realm: not usable in a path":         {ClientID: "c", ClientSecret: "s", Realm: "../admin"},
		"credentials.clientId: holds a control character": {ClientID: "c\r\n", ClientSecret: "s"},
	} {
		_, err := neonomics.NewTokenSource(credentials, nil)
		assert.EqualError(t, err, "neonomics: invalid_argument: "+detail)
	}
}
