// Package onesingleview fetches balances from One Single View (Saudi Arabia).
//
// Documentation: "Get Account Balance by Account ID", One Single View developer documentation, API v1, read 2026-11-20.
//
// Calls: POST /v1/api/observice/accounts, POST /v1/api/observice/allAccountsBalance, POST
// /v1/api/observice/balanceById, POST /v1/api/observice/token.
//
// Credentials: client id and code, signature key and merchant id from the console, an access token, which
// [NewTokenSource] can fetch, and the bank code and consent id of the account's bank. One Client serves one bank and
// consent.
//
// First balance:
//  1. Register at the One Single View console: it shows client id, client code, merchant id and signature key, with
//     which [NewTokenSource] gets access tokens, and tells the production address.
//  2. Ask for a consent with useCaseType BALANCECHECK and the permissions ReadAccountsBasic, ReadAccountsDetail and
//     ReadBalances: POST /v1/api/observice/connect answers with the consent id and the address at which the PSU agrees.
//     One Single View signs a client certificate for mutual TLS, which Options.HTTPClient has to present.
//  3. Configure clientId, clientCode, merchantId, signatureKey, bankCode and consentId, and baseURL; an accessToken only if
//     another program fetches it.
//  4. Leave accounts out, or name an id that openbalances accounts prints.
//
// Access limits: no limit is documented. The consent is consentId.
//
// Balance types: the names of the British open banking standard v3.1, with or without the prefix "KSAOB.", taken as they
// are.
//
// Errors: a 200 with success false is a failure. APIERR400, APIERR401 and APIERR500 are invalid_argument, unauthorized
// and unavailable, and the codes MW-... of the provider's gateway are what the HTTP status in them is; an in-body failure
// with another code is protocol.
//
// Not supported: several banks in one call, overall balances, consents for account aggregation. There is no PSU context:
// the provider takes none, so attended and unattended calls are alike. The production address is handed out at onboarding and has
// to be given as Options.BaseURL; without it the sandbox is called.
package onesingleview

import (
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
)

var provider = call.Provider{Name: "onesingleview", URL: api.ServerURLSandbox, Refusal: refusal, Reported: reported} // the sandbox

var (
	balances    = call.Post("POST /v1/api/observice/balanceById", api.NewGetBalancesRequestWithBody)
	accounts    = call.Post("POST /v1/api/observice/accounts", api.NewGetAccountsRequestWithBody)
	allBalances = call.Post("POST /v1/api/observice/allAccountsBalance", api.NewGetAllBalancesRequestWithBody)
)

// timeForm is the documented form of dateTimeStamp. The adapter writes UTC; which zone the provider reads, no page says.
const timeForm = "2006-01-02T15:04:05"

// Credentials are what One Single View asks of a TPP. All are required, of AccessToken and TokenSource one.
type Credentials struct {
	adapters.Masked

	// AccessToken is the token itself, without "Bearer"; TokenSource is asked for one with every call instead.
	AccessToken adapters.Secret      `credential:"accessToken,oneof"`
	TokenSource adapters.TokenSource `credential:"-,oneof"`

	ClientID     adapters.Secret `credential:"clientId"`
	ClientCode   adapters.Secret `credential:"clientCode"`
	SignatureKey adapters.Secret `credential:"signatureKey"`
	MerchantID   adapters.Secret `credential:"merchantId"`
	BankCode     adapters.Secret `credential:"bankCode"`
	ConsentID    adapters.Secret `credential:"consentId,consent"`
}

// Client is the One Single View adapter.
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
	endpoint.OfBank(string(credentials.BankCode))
	endpoint.Edit(call.Authorize("Bearer", credentials.AccessToken, credentials.TokenSource))
	return &Client{adapters.Base(provider.Name), endpoint, call.Seal(credentials)}, nil
}

// Balances implements [adapters.Source]. Nothing about the PSU is forwarded, because the provider takes nothing.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	return call.Balances(ctx, c.endpoint, accountID, psu, c.request(accountID), func(body answer) ([]adapters.Balance, error) {
		results, err := c.toResults([]string{accountID}, body)
		if err != nil {
			return nil, err
		}
		return results[0].Balances, results[0].Err
	})
}

// BatchBalances implements [adapters.Source] with one call for all accounts. Answers are matched by account id.
func (c *Client) BatchBalances(ctx context.Context, accountIDs []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	return call.Batch(ctx, c.endpoint, accountIDs, psu, c.request(accountIDs...), func(body answer) ([]adapters.AccountBalances, error) {
		return c.toResults(accountIDs, body)
	})
}

func (c *Client) toResults(accountIDs []string, body answer) ([]adapters.AccountBalances, error) {
	return toResults(string(c.credentials.Open().BankCode), accountIDs, body)
}

func (c *Client) params(body []byte) *api.GetBalancesParams {
	return &api.GetBalancesParams{
		ClientID:   string(c.credentials.Open().ClientID),
		ClientCode: string(c.credentials.Open().ClientCode),
		Signature:  sign(body, string(c.credentials.Open().SignatureKey)),
	}
}

func (c *Client) request(accountIDs ...string) call.Request {
	own := c.credentials.Open()
	request := api.BalanceRequest{
		DateTimeStamp: c.endpoint.Now().UTC().Format(timeForm),
		RequestID:     call.NewRequestID(),
		MerchantID:    string(own.MerchantID),
	}
	for _, id := range accountIDs {
		request.Banks = append(request.Banks, api.BankAccount{
			Code: string(own.BankCode), ConsentID: string(own.ConsentID), AccountID: id,
		})
	}
	body := call.JSON(request)
	return balances.Send(c.params(body), body)
}
