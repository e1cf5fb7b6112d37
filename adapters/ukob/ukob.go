// Package ukob fetches balances from banks that follow the UK Open Banking standard, versions 3.1 and 4.0.
//
// Documentation: The standard's OpenAPI document account-info-openapi.yaml at the tags v3.1.11 and v4.0-Update-4, Open
// Banking Limited, API v3.1.11 and v4.0, read 2026-11-30, https://github.com/OpenBankingUK/read-write-api-specs.
//
// Calls: GET /accounts, GET /accounts/{AccountId}/balances, GET /balances.
//
// Credentials: an access token of the PSU's authorisation with the scope accounts, a client certificate (OBWAC or QWAC) in
// Options.HTTPClient, and what the bank asks for besides: its financial id, the key of its portal, or whether the accounts
// are cards. Options.BaseURL is required: it is the bank's address up to /aisp. Banks differ in ways that a profile of
// package adapters/kit/bank names; [Banks] lists those that are built in, whose addresses nobody has tried, and
// Credentials.Profile is one of the caller's own. With neither, the bank is taken to follow the standard.
//
// First balance:
//  1. Get the role AISP, and enrol with Open Banking Limited for an OBWAC, or use a QWAC. Register a client at the bank.
//  2. Ask for a consent with the permissions ReadAccountsDetail and ReadBalances: POST /account-access-consents at the
//     bank. After the PSU has agreed, exchange the code for the access token.
//  3. Look the bank up with openbalances providers -banks, and configure bank with its code, baseURL, such as
//     https://bank.example/open-banking/v4.0/aisp, accessToken, what the bank needs, and the certificate under tls as
//     clientCert and clientKey. Without a code there, write what is special as JSON into a file and name it as profile.
//  4. Leave accounts out, or name an AccountId that openbalances accounts prints. A bank that needs cardAccounts wants one
//     connection with true for credit and charge cards, and one with false for all else; the account list of each then
//     has no others.
//
// Access limits: no limit is documented. The consent is the access token's.
//
// Balance types: the names of version 3.1 and the codes of version 4.0, taken as they are.
//
// Errors: the code of the first error decides. ConsentMismatch (U008), InvalidConsentStatus (U009) and Reauthenticate
// (U028) are consent_required, NotFound (U011) is not_found, UnexpectedError (U000) unavailable; codes about fields and
// headers are invalid_argument. Any other code leaves it to the status.
//
// Not supported: encrypted answers, and the time of the PSU's last login. A bank need not have GET /balances, which the call
// for several accounts uses; it is not_found then. A link to a next page at another host is an error, unless the profile
// names its address. NatWest and its sister banks may call debts of cards Credit: their cards are an error, until a profile
// of the caller's own says so with cardIndicator reversed, or without cardIndicator that they do not.
package ukob

import (
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/ukob"
)

var provider = call.Provider{Name: "ukob", RequestID: "x-fapi-interaction-id", Refusal: refusal} // each bank has its own address

var (
	balances    = call.Get("GET /accounts/{AccountId}/balances", api.NewGetBalancesRequest)
	allBalances = call.List("GET /balances", api.NewGetAllBalancesRequest)
	accounts    = call.List("GET /accounts", api.NewGetAccountsRequest)
)

// Credentials are what a bank asks of a TPP. One of AccessToken and TokenSource is required, and what the bank's profile
// demands.
type Credentials struct {
	adapters.Masked

	// AccessToken is the token itself, without "Bearer"; TokenSource is asked for one with every call instead.
	AccessToken adapters.Secret      `credential:"accessToken,oneof"`
	TokenSource adapters.TokenSource `credential:"-,oneof"`

	FinancialID adapters.Secret `credential:"financialId,optional"` // of the bank, in x-fapi-financial-id
	APIKey      adapters.Secret `credential:"apiKey,optional"`      // of the bank's portal

	// Bank is the code of one of [Banks], Profile one of the caller's own in its place.
	Bank    string        `credential:"bank,optional"`
	Profile *bank.Profile `credential:"profile,optional"`
	// CardAccounts is true if the accounts that are asked for are credit and charge cards, and false if none is; the account
	// list then has no others. Empty says neither.
	CardAccounts string `credential:"cardAccounts,optional"`
}

// Client is the UK Open Banking adapter, for one bank.
type Client struct {
	adapters.Base
	endpoint    *call.Endpoint
	credentials call.Sealed[Credentials]
	dialect     dialect
}

var _ adapters.Source = (*Client)(nil)

// New returns a Client. Nothing is sent.
func New(credentials Credentials, options *adapters.Options) (*Client, error) {
	endpoint, err := call.Open(provider, credentials, options)
	if err != nil {
		return nil, err
	}
	profile, field, problem := bank.Find(Banks(), credentials.Bank, credentials.Profile, quirks...)
	if problem == "" {
		field, problem = credentials.problem(profile)
	}
	if problem != "" {
		return nil, endpoint.Invalid(field, problem)
	}
	endpoint.OfBank(profile.Name)
	endpoint.LinksTo(profile.Links...)
	endpoint.Edit(call.Authorize("Bearer", credentials.AccessToken, credentials.TokenSource), customs(profile.Quirks, credentials.APIKey))
	own := dialect{profile.Quirks, credentials.CardAccounts}
	return &Client{adapters.Base(provider.Name), endpoint, call.Seal(credentials), own}, nil
}

// Balances implements [adapters.Source]. The PSU's address and user agent are forwarded.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	request := balances.For(accountID, c.params(psu))
	return call.Balances(ctx, c.endpoint, accountID, psu, request, func(body balanceList[api.Balance]) ([]adapters.Balance, error) {
		return c.dialect.toBalances(accountID, body)
	})
}

// BatchBalances implements [adapters.Source] with the balances of all accounts of the consent, unless the bank has no such call.
func (c *Client) BatchBalances(ctx context.Context, accountIDs []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	if c.dialect.WithoutBulk {
		return c.Base.BatchBalances(ctx, accountIDs, psu)
	}
	request := allBalances.With(call.Like[api.GetAllBalancesParams](c.params(psu)))
	return call.Batch(ctx, c.endpoint, accountIDs, psu, request, func(body bulk) ([]adapters.AccountBalances, error) {
		return c.dialect.toResults(accountIDs, body)
	})
}

func (c *Client) params(psu adapters.PSU) *api.GetBalancesParams {
	params := &api.GetBalancesParams{
		XFapiInteractionID: call.Optional(call.NewRequestID()),
		XFapiFinancialID:   call.Optional(c.credentials.Open().FinancialID),
	}
	if user, present := psu.Context(); present {
		params.XFapiCustomerIPAddress = call.Optional(user.IPAddress.String())
		params.XCustomerUserAgent = call.Optional(user.UserAgent)
	}
	return params
}
