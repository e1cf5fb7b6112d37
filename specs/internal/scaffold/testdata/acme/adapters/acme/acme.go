// Package acme fetches balances from Acme, a made-up bank.
//
// Documentation: "Funds of a holding", Acme handbook, API v2, read 2026-11-20,
// https://handbook.acme.invalid/holdings/funds.
//
// Calls: GET /v2/holdings/{holding}/funds.
//
// Credentials: an access token and the name that Acme knows the TPP by.
//
// First balance:
//  1. Ask Acme's clerk for a name and a token.
//  2. Configure accessToken and client, and name the holding under accounts.
//
// Access limits: 10 unattended calls in 12 hours for one account. The consent is accessToken.
//
// Balance types: BOOKED becomes closingBooked and FREE interimAvailable; others are read as ISO 20022 names and codes.
//
// Errors: A2 is consent_required, because the PSU has to agree again.
//
// Not supported: nothing is left out.
package acme

import (
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/acme"
)

var provider = call.Provider{Name: "acme", URL: api.ServerURLProduction, Refusal: refusal}

var funds = call.Get("GET /v2/holdings/{holding}/funds", api.NewGetBalancesRequest)

// Credentials are what Acme asks of a TPP. All are required.
type Credentials struct {
	adapters.Masked

	// AccessToken is the token itself, without "Bearer"; TokenSource is asked for one with every call instead.
	AccessToken adapters.Secret      `credential:"accessToken,oneof"`
	TokenSource adapters.TokenSource `credential:"-,oneof"`

	Client adapters.Secret `credential:"client"`
}

// Client is the Acme adapter.
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

// Balances implements [adapters.Source]. Of the PSU's context the address is forwarded.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	request := funds.For(accountID, c.params(psu))
	return call.Balances(ctx, c.endpoint, accountID, psu, request, func(body api.Funds) ([]adapters.Balance, error) {
		return toBalances(accountID, body)
	})
}

func (c *Client) params(psu adapters.PSU) *api.GetBalancesParams {
	params := &api.GetBalancesParams{AcmeClient: string(c.credentials.Open().Client)}
	if user, present := psu.Context(); present {
		params.AcmeUserAddress = call.Optional(user.IPAddress.String())
	}
	return params
}
