package onesingleview

import (
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
)

// TokenCredentials are what One Single View asks of a TPP for an access token, from the console.
type TokenCredentials struct {
	adapters.Masked

	ClientID     adapters.Secret `credential:"clientId"`
	ClientCode   adapters.Secret `credential:"clientCode"`
	SignatureKey adapters.Secret `credential:"signatureKey"`
	MerchantID   adapters.Secret `credential:"merchantId"`
}

// NewTokenSource returns a source of access tokens, which any number of Clients can share. It asks for a token when a
// call needs one, once for all concurrent calls, and again a minute before it expires or when the provider has refused it:
// [call.Tokens] says how often. Nothing is sent before.
func NewTokenSource(credentials TokenCredentials, options *adapters.Options) (adapters.TokenSource, error) {
	endpoint, err := call.Open(provider, credentials, options)
	if err != nil {
		return nil, err
	}
	request := func() call.Request {
		body := call.JSON(credentials.request())
		return tokens.Send(&api.GetTokenParams{Signature: sign(body, string(credentials.SignatureKey))}, body)
	}
	return call.Tokens(endpoint, request, toToken), nil
}

var tokens = call.Post("POST /v1/api/observice/token", api.NewGetTokenRequestWithBody)

func (c TokenCredentials) request() api.TokenRequest {
	return api.TokenRequest{
		ClientID:   string(c.ClientID),
		ClientCode: string(c.ClientCode),
		MerchantID: string(c.MerchantID),
		GrantType:  api.TokenRequestGrantTypeClientCredentials,
	}
}

// tokenAnswer is [api.TokenAnswer] without the members of a failure.
type tokenAnswer struct {
	Success *bool       `json:"success"`
	Payload *call.Token `json:"payload"`
}

func toToken(body tokenAnswer) (call.Token, error) {
	if err := failed(body.Success); err != nil {
		return call.Token{}, err
	}
	if body.Payload == nil {
		return call.Token{}, call.Missing("payload")
	}
	return *body.Payload, nil
}
