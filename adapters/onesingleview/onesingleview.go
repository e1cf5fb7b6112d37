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
//  2. Ask for a consent with the permissions ReadAccountsBasic and ReadBalances: POST /v1/api/observice/connect answers
//     with the consent id and the address at which the PSU agrees.
//  3. Configure clientId, clientCode, merchantId, signatureKey, accessToken, bankCode and consentId, and baseURL.
//  4. Leave accounts out, or name an id that openbalances accounts prints.
//
// Access limits: no limit is documented. The consent is consentId.
//
// Balance types: the names of KSA Open Banking, with or without the prefix "KSAOB.", taken as they are.
//
// Errors: a 200 with success false is a failure. APIERR400, APIERR401 and APIERR500 are invalid_argument, unauthorized
// and unavailable; an in-body failure with another code is protocol.
//
// Not supported: several banks in one call, overall balances, consents for account aggregation. There is no PSU context:
// the provider takes none, so attended and unattended calls are alike. The production address is handed out at onboarding and has
// to be given as Options.BaseURL; without it the sandbox is called.
package onesingleview

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
)

const (
	provider   = "onesingleview"
	sandboxURL = "https://obsandbox.onesingleview.com"

	// timeForm is the documented form of dateTimeStamp, which has no zone; the adapter writes UTC.
	timeForm = "2006-01-02T15:04:05"
)

var (
	_ adapters.Source      = (*Client)(nil)
	_ adapters.BatchSource = (*Client)(nil)
)

// Credentials are what One Single View asks of a TPP. All are required.
type Credentials struct {
	// AccessToken is the token itself, without "Bearer"; TokenSource is asked for one with every call instead.
	AccessToken adapters.Secret      `credential:"accessToken,oneof"`
	TokenSource adapters.TokenSource `credential:"-,oneof"`

	ClientID     adapters.Secret `credential:"clientId"`
	ClientCode   adapters.Secret `credential:"clientCode"`
	SignatureKey adapters.Secret `credential:"signatureKey"`
	MerchantID   adapters.Secret `credential:"merchantId"`
	BankCode     adapters.Secret `credential:"bankCode"`
	ConsentID    adapters.Secret `credential:"consentId"`
}

// Client is the One Single View adapter.
type Client struct {
	api         *api.Client
	connection  *call.Connection
	credentials func() *Credentials // a function, because fmt can look through any pointer
}

// New returns a Client. Nothing is sent.
func New(credentials Credentials, options *adapters.Options) (*Client, error) {
	if err := call.CheckCredentials(provider, credentials); err != nil {
		return nil, err
	}
	connection, err := call.New(provider, sandboxURL, options, refusal)
	if err != nil {
		return nil, err
	}
	connection.Editors = []call.Editor{call.Authorize("Bearer", credentials.AccessToken, credentials.TokenSource)}
	client, err := api.NewClient(connection.BaseURL, api.WithHTTPClient(connection.HTTPClient),
		api.WithRequestEditorFn(connection.Edit))
	if err != nil {
		return nil, connection.Invalid("baseURL", "not usable")
	}
	return &Client{client, connection, func() *Credentials { return &credentials }}, nil
}

// Balances implements [adapters.Source]. Nothing of the PSU is forwarded.
func (c *Client) Balances(ctx context.Context, accountID string, psu adapters.PSU) ([]adapters.Balance, error) {
	send := func(ctx context.Context) (*http.Response, error) {
		body, err := json.Marshal(c.request(accountID))
		if err != nil {
			return nil, err
		}
		return c.api.GetBalancesWithBody(ctx, c.params(body), "application/json", bytes.NewReader(body))
	}
	return call.Balances(ctx, c.connection, accountID, psu, send, func(body api.AccountBalances) ([]adapters.Balance, error) {
		return toBalances(string(c.credentials().BankCode), accountID, body)
	})
}

// BatchBalances implements [adapters.BatchSource] with one call for all accounts. Answers are matched by account id.
func (c *Client) BatchBalances(ctx context.Context, accountIDs []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	send := func(ctx context.Context) (*http.Response, error) {
		body, err := json.Marshal(c.request(accountIDs...))
		if err != nil {
			return nil, err
		}
		return c.api.GetBalancesWithBody(ctx, c.params(body), "application/json", bytes.NewReader(body))
	}
	return call.Batch(ctx, c.connection, accountIDs, psu, send, func(body batch) ([]adapters.AccountBalances, error) {
		return toResults(string(c.credentials().BankCode), accountIDs, body)
	})
}

// params signs the very bytes that are sent.
func (c *Client) params(body []byte) *api.GetBalancesParams {
	return &api.GetBalancesParams{
		ClientID:   string(c.credentials().ClientID),
		ClientCode: string(c.credentials().ClientCode),
		Signature:  sign(body, string(c.credentials().SignatureKey)),
	}
}

func (c *Client) request(accountIDs ...string) api.BalanceRequest {
	request := api.BalanceRequest{
		DateTimeStamp: c.connection.Now().UTC().Format(timeForm),
		RequestID:     call.NewRequestID(),
		MerchantID:    string(c.credentials().MerchantID),
	}
	for _, id := range accountIDs {
		request.Banks = append(request.Banks, api.BankAccount{
			Code:      string(c.credentials().BankCode),
			ConsentID: string(c.credentials().ConsentID),
			AccountID: id,
		})
	}
	return request
}
