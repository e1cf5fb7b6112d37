package onesingleview_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/onesingleview"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const tokenPath = "/v1/api/observice/token"

var tokenCredentials = onesingleview.TokenCredentials{
	ClientID: "example-client", ClientCode: "5d1c7a90-2b1e-4c55-8f3e-6a7b8c9d0e1f", SignatureKey: "test-signature-key", MerchantID: "APIS-300505",
}

// The signature was computed by another program from the body and the key, which is not the sandbox's.
func TestTokenRequest(t *testing.T) {
	t.Parallel()
	own := tokenCredentials
	own.SignatureKey = "another-signature-key"
	requests := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- r.Method + " " + r.RequestURI + " " + r.Header.Get("Signature") + " " + r.Header.Get("Authorization") + string(body)
	}))
	t.Cleanup(server.Close)
	source, err := onesingleview.NewTokenSource(own, &adapters.Options{BaseURL: server.URL + "/base"})
	require.NoError(t, err)
	_, err = source(t.Context())
	assert.ErrorIs(t, err, adapters.ErrProtocol, "the answer is empty")
	assert.Equal(t, "POST /base"+tokenPath+" ce987c59f3c1465718afd1e0ecb60f81efc9fe75914c49ebc76c1fce077a7386 "+`{"clientCode":"5d1c7a90-2b1e-4c55-8f3e-6a7b8c9d0e1f",`+
		`"clientId":"example-client","grantType":"client_credentials","merchantId":"APIS-300505"}`, <-requests)
}

// What no token needs spoils none.
func TestTokenAnswersAreReadMemberByMember(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`"success":true,"code":200,"message":[],"errors":{},"errorCode":0,"payload":{"access_token":"t","expires_in":"3600.0","scope":[]}`: "",
		`"success":true,"payload":{"access_token":5}`:              "protocol (HTTP 200): payload.access_token: wrong JSON type",
		`"success":true,"payload":[]`:                              "protocol (HTTP 200): payload: wrong JSON type",
		`"success":true,"code":200`:                                "protocol (HTTP 200): payload: missing",
		`"success":true,"payload":{"access_token":"t\"},`:          "protocol (HTTP 200): payload.access_token: JSON ends too early",
		`"success":"yes","payload":{"access_token":"t"}`:           "protocol (HTTP 200): success: wrong JSON type",
		`"success":false,"errorCode":"APIERR401","errors":{}`:      "unauthorized (HTTP 200): code APIERR401",
		`"success":false,"errorCode":"APIERR401","payload":"none"`: "unauthorized (HTTP 200): code APIERR401",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{"+body+"}")
		}))
		source, err := onesingleview.NewTokenSource(tokenCredentials, &adapters.Options{BaseURL: server.URL})
		require.NoError(t, err)
		token, err := source(t.Context())
		if want == "" {
			assert.NoError(t, err)
			assert.Equal(t, "t", token)
		} else {
			assert.EqualError(t, err, "onesingleview: get token: "+want, body)
		}
		server.Close()
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	own := credentials
	own.AccessToken = ""
	adaptertest.Tokens{
		Provider: "onesingleview",
		Source: func(o *adapters.Options) (adapters.TokenSource, error) {
			return onesingleview.NewTokenSource(tokenCredentials, o)
		},
		Client: func(source adapters.TokenSource, o *adapters.Options) (adapters.Source, error) {
			own := own
			own.TokenSource = source
			return onesingleview.New(own, o)
		},
		Failures: map[string]adaptertest.Failure{
			"token":                {},
			"tokenWithoutLifetime": {},
			"tokenRefused":         {Kind: adapters.ErrUnauthorized, Status: 200},
			"tokenMissing":         {Kind: adapters.ErrProtocol, Status: 200},
			"tokenBadRequest":      {Kind: adapters.ErrInvalidArgument, Status: 400},
			"tokenUnauthorized":    {Kind: adapters.ErrUnauthorized, Status: 401},
			"tokenInternalError":   {Kind: adapters.ErrUnavailable, Status: 500},
		},
	}.Run(t)
}

func TestTokenCredentialsAreChecked(t *testing.T) {
	t.Parallel()
	_, err := onesingleview.NewTokenSource(onesingleview.TokenCredentials{ClientID: "c"}, nil)
	assert.EqualError(t, err, "onesingleview: invalid_argument: credentials.clientCode: missing")
}
