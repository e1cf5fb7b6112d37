// Package mypos fetches balances from the PSD2 interface of myPOS.
//
// Documentation: "Read account balance", myPOS developer portal, PSD2 API, account information service, API v1, read
// 2026-11-20,
// https://demo.developers.mypos.eu/en/doc/more_apis/v1_0/25-read-account-balance.
//
// Calls: GET /v1/accounts, GET /v1/accounts/{accountNumber}/balances.
//
// Credentials: an access token from the PSU's authorisation, the API key of the developer portal, the id of the AIS
// consent, and a client certificate (QWAC) in Options.HTTPClient.
//
// First balance:
//  1. Get the role AISP, a QWAC client certificate and, at the myPOS developer portal, an API key.
//  2. Ask for a consent: POST /v1/consents answers with consentId and the address at which the PSU agrees. What the
//     redirect returns is exchanged for the access token.
//  3. Configure apiKey, accessToken and consentId, and the QWAC under tls as clientCert and clientKey.
//  4. Name the accountNumbers that openbalances accounts prints. Without accounts the list is asked, which costs one call
//     and may leave out other balances than the booking balance.
//
// Access limits: 4 unattended calls in 24 hours for one account, by law; the page names none. Lists
// are taken to have 4 of their own. The consent is consentId.
//
// Balance types: "available" becomes interimAvailable, because it is what the PSU may dispose of at the moment of the
// call. It is the only documented type; others are read as Berlin Group names or stay unknown, like the number without
// type that the account list may have.
//
// Errors: none are documented. Berlin Group's codes are understood: CONSENT_* is consent_required, TOKEN_* and
// CERTIFICATE_* unauthorized, RESOURCE_UNKNOWN not_found.
//
// Not supported: card accounts. The account list is supported, but the parameter that asks for its next page and the
// place of the balances in it are inferred.
package mypos

import (
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	api "github.com/openbalances/openbalances/gen/mypos"
)

var provider = call.Provider{Name: "mypos", URL: api.ServerURLProduction, Refusal: refusal}

var (
	balances = call.Get("GET /v1/accounts/{accountNumber}/balances", api.NewGetBalancesRequest)
	accounts = call.List("GET /v1/accounts", api.NewGetAccountsRequest)
)

// Credentials are what myPOS asks of a TPP. All are required, of AccessToken and TokenSource one.
type Credentials struct {
	adapters.Masked

	// AccessToken is the token itself, without "Bearer"; TokenSource is asked for one with every call instead.
	AccessToken adapters.Secret      `credential:"accessToken,oneof"`
	TokenSource adapters.TokenSource `credential:"-,oneof"`

	APIKey    adapters.Secret `credential:"apiKey"`
	ConsentID adapters.Secret `credential:"consentId,consent"`
}

// Client is the myPOS adapter.
type Client struct {
	adapters.Base
	endpoint    *call.Endpoint
	credentials call.Sealed[Credentials]
}

var _ adapters.Source = (*Client)(nil)

// New returns a Client. Nothing is sent.
func New(credentials Credentials, options *adapters.Options) (*Client, error) {
	endpoint, err := call.Open(provider, credentials, options)
	if err != nil {
		return nil, err
	}
	endpoint.Edit(call.Authorize("Bearer", credentials.AccessToken, credentials.TokenSource))
	return &Client{adapters.Base(provider.Name), endpoint, call.Seal(credentials)}, nil
}

// Balances implements [adapters.Source]. The PSU's address, port, device id and geo location are forwarded.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	request := balances.For(accountID, c.params(psu))
	return call.Balances(ctx, c.endpoint, accountID, psu, request, func(body accountBalances) ([]adapters.Balance, error) {
		return toBalances(accountID, body)
	})
}

func (c *Client) params(psu adapters.PSU) *api.GetBalancesParams {
	params := &api.GetBalancesParams{
		XRequestID: call.NewRequestID(),
		ConsentID:  string(c.credentials.Open().ConsentID),
		APIKey:     string(c.credentials.Open().APIKey),
	}
	xs2a.Forward(params, psu)
	return params
}
