package neonomics

import (
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/neonomics"
)

// productionRealm is where the tokens of the production host come from.
const productionRealm = "live"

// TokenCredentials are what Neonomics asks of a TPP for an access token, from the developer portal.
type TokenCredentials struct {
	adapters.Masked

	ClientID     adapters.Secret `credential:"clientId"`
	ClientSecret adapters.Secret `credential:"clientSecret"`
	// Realm is live if empty; the provider's sandbox needs sandbox.
	Realm string `credential:"realm,optional"`
}

// NewTokenSource returns a source of access tokens, which any number of Clients can share. It asks for a token when a
// call needs one, once for all concurrent calls, and again a minute before it expires or when the provider has refused it:
// [call.Tokens] says how often. Nothing is sent before.
func NewTokenSource(credentials TokenCredentials, options *adapters.Options) (adapters.TokenSource, error) {
	endpoint, err := call.Open(call.Provider{Name: provider.Name, URL: provider.URL, Refusal: tokenRefusal}, credentials, options)
	if err != nil {
		return nil, err
	}
	if adapters.ValidateAccountID(credentials.realm()) != nil { // it stands in the path like one
		return nil, endpoint.Invalid("credentials.realm", "not usable in a path")
	}
	request := call.Request{
		Route: "POST /auth/realms/{realm}/protocol/openid-connect/token",
		Build: func(e *call.Endpoint) (*http.Request, error) {
			return api.NewGetTokenRequestWithFormdataBody(e.Server(), credentials.realm(), credentials.request())
		},
	}
	return call.Tokens(endpoint, func() call.Request { return request }, toToken), nil
}

func (c TokenCredentials) realm() string {
	if c.Realm == "" {
		return productionRealm
	}
	return c.Realm
}

func (c TokenCredentials) request() api.TokenRequest {
	return api.TokenRequest{
		GrantType:    api.TokenRequestGrantTypeClientCredentials,
		ClientID:     string(c.ClientID),
		ClientSecret: string(c.ClientSecret),
	}
}

func toToken(body call.Token) (call.Token, error) { return body, nil }

// tokenForm is that of both documented error bodies.
var tokenForm = call.Form{Code: []string{"error"}, Message: []string{"message", "error_description"}}

// tokenRefusal reads both. A client whose credentials are refused is told so by any of these statuses.
func tokenRefusal(answer call.Answer) call.Refusal {
	refusal := answer.Refusal(tokenForm)
	switch answer.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, statusCallersFault:
		refusal.Kind = adapters.ErrUnauthorized
	}
	return refusal
}
