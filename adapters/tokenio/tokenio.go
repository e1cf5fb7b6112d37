// Package tokenio fetches balances from Token.io.
//
// Documentation: "GET /accounts/{account_id}/balance", Token.io REST API documentation for TPPs, API unversioned, read
// 2026-11-20, https://developer.token.io/token_rest_api_doc/content/e-rest/ais/get_account_balance.htm.
//
// Calls: GET /account-balance, GET /accounts, GET /accounts/{account_id}/balance.
//
// Credentials: the id of the token that the PSU granted, and one of a bearer token, the member's Ed25519 key, which
// signs each request as Token.io's SDK does, and, in the sandbox, an API key.
//
// First balance:
//  1. Register as a member at Token.io's dashboard. In the sandbox an API key is enough; in production register a
//     public key, and sign with its private part.
//  2. Ask the PSU for access to accounts and balances. When the token request is processed, GET
//     /token-requests/{id}/result names the token, ta:...
//  3. Configure onBehalfOf with it, and one of apiKey (sandbox), accessToken, or signingKey (PEM) with memberId and
//     keyId.
//  4. Leave accounts out, or name an id that openbalances accounts prints.
//
// Access limits: 4 unattended calls in 24 hours for one account, set by the bank. A call is attended when it carries
// the PSU's IPv4 address. A batch is taken for a call of each account, and lists to have 4 of their own. The consent is
// onBehalfOf.
//
// Balance types: "current" (the total current balance, both available and on-hold) becomes interimBooked and "available"
// (what is available to the account holder) interimAvailable, because both describe the moment of the call; this is
// inferred. The type of other balances is the bank's own text: it is read as a Berlin Group or ISO 20022 name or stays
// unknown.
//
// Errors: a 200 can hold a failure in its status field. PermissionDenied is consent_required, because the PSU has to
// authorise again; MORE_SIGNATURES_NEEDED likewise. A 501, UNIMPLEMENTED, is forbidden: the bank does not offer the call.
//
// Not supported: one account of the list by itself; the list comes without balances.
package tokenio

import (
	"context"
	"crypto"
	"net/http"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/tokenio"
)

var provider = call.Provider{Name: "tokenio", URL: api.ServerURLProduction, Refusal: refusal, Reported: reported}

var (
	balances = call.Get("GET /accounts/{account_id}/balance", api.NewGetBalancesRequest)
	batches  = call.List("GET /account-balance", api.NewGetBalancesBatchRequest)
	accounts = call.List("GET /accounts", api.NewGetAccountsRequest)
)

// Credentials are what Token.io asks of a TPP: OnBehalfOf and one of the others.
type Credentials struct {
	adapters.Masked

	OnBehalfOf adapters.Secret `credential:"onBehalfOf,consent"` // id of the granted token, ta:...
	// AccessToken is a JWT, without "Bearer"; TokenSource is asked for one with every call instead. APIKey, without
	// "Basic", is for the sandbox only.
	AccessToken adapters.Secret      `credential:"accessToken,oneof"`
	TokenSource adapters.TokenSource `credential:"-,oneof"`
	APIKey      adapters.Secret      `credential:"apiKey,oneof"`
	// SigningKey is an Ed25519 key of the member, which may live in a hardware module. It goes with MemberID, m:..., and
	// KeyID, by which Token.io knows it.
	SigningKey crypto.Signer `credential:"signingKey,oneof" json:"-"`
	MemberID   string        `credential:"memberId,optional"`
	KeyID      string        `credential:"keyId,optional"`
}

// Client is the Token.io adapter.
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
	authorize, err := credentials.authorize(endpoint.Now)
	if err != nil {
		return nil, err
	}
	endpoint.Edit(authorize)
	return &Client{adapters.Base(provider.Name), endpoint, call.Seal(credentials)}, nil
}

// Balances implements [adapters.Source]. The PSU's IPv4 address, device id, geo location and user agent are forwarded;
// an IPv6 address is refused, because Token.io documents none, and a call without an address is an unattended one to it.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	request := c.checked(psu, balances.For(accountID, c.params(psu)))
	return call.Balances(ctx, c.endpoint, accountID, psu, request, func(body api.AccountBalances) ([]adapters.Balance, error) {
		return toBalances(accountID, body)
	})
}

// BatchBalances implements [adapters.Source] with one call for all accounts. Answers are matched by account id.
func (c *Client) BatchBalances(ctx context.Context, accountIDs []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	params := call.Like[api.GetBalancesBatchParams](c.params(psu))
	params.AccountID = accountIDs
	request := c.checked(psu, batches.With(params))
	return call.Batch(ctx, c.endpoint, accountIDs, psu, request, func(body batch) ([]adapters.AccountBalances, error) {
		return toResults(accountIDs, body)
	})
}

func (c *Client) params(psu adapters.PSU) *api.GetBalancesParams {
	params := &api.GetBalancesParams{OnBehalfOf: string(c.credentials.Open().OnBehalfOf)}
	if user, present := psu.Context(); present {
		attended := api.CustomerPresenceTrue
		params.CustomerInitiated = &attended
		params.TokenCustomerIPAddress = call.Optional(user.IPAddress.String())
		params.TokenCustomerDeviceID = call.Optional(user.DeviceID)
		params.TokenCustomerGeoLocation = call.Optional(user.GeoLocation)
		params.TokenCustomerUserAgent = call.Optional(user.UserAgent)
	}
	return params
}

// checked refuses the request if the PSU's address cannot be sent.
func (c *Client) checked(psu adapters.PSU, request call.Request) call.Request {
	if user, present := psu.Context(); present && !user.IPAddress.Is4() {
		request.Build = func(*call.Endpoint) (*http.Request, error) {
			return nil, c.endpoint.Invalid("psu.ipAddress", "IPv6, which the provider does not take; "+
				"ask with the PSU's IPv4 address, or unattended, which spends one of the account's calls")
		}
	}
	return request
}

func (c Credentials) authorize(now func() time.Time) (call.Editor, error) {
	switch {
	case c.SigningKey != nil:
		return c.sign(now)
	case c.APIKey != "":
		return call.Authorize("Basic", c.APIKey, nil), nil
	}
	return call.Authorize("Bearer", c.AccessToken, c.TokenSource), nil
}
