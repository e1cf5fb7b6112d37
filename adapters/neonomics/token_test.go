package neonomics_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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

func TestTokens(t *testing.T) {
	t.Parallel()
	adaptertest.Tokens{
		Provider: "neonomics",
		Source: func(o *adapters.Options) (adapters.TokenSource, error) {
			return neonomics.NewTokenSource(tokenCredentials, o)
		},
		Client: func(source adapters.TokenSource, o *adapters.Options) (adapters.Source, error) {
			return neonomics.New(neonomics.Credentials{TokenSource: source, SessionID: "session", DeviceID: "device"}, o)
		},
		Failures: map[string]adaptertest.Failure{
			"token":                     {},
			"tokenWithoutOptionalParts": {},
			"tokenMissing":              {Kind: adapters.ErrProtocol, Status: 200},
			"tokenUnauthorizedClient":   {Kind: adapters.ErrUnauthorized, Status: 400},
			"tokenInvalidClient":        {Kind: adapters.ErrUnauthorized, Status: 401},
			"tokenRefused":              {Kind: adapters.ErrUnauthorized, Status: 510},
		},
	}.Run(t)
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
