package eika

import (
	"cmp"
	"context"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/eika"
)

var (
	_ adapters.AccountLister = (*Client)(nil)
	_ adapters.BalanceLister = (*Client)(nil)
)

// accountList is [api.AccountList], of which one broken account spoils no other.
type accountList struct {
	Accounts []call.Element[api.ListedAccount] `json:"accounts"`
}

// Accounts implements [adapters.AccountLister].
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	return call.Accounts(ctx, c.connection, psu, c.sendList(psu, nil), toAccounts)
}

// AllBalances implements [adapters.BalanceLister] with withBalance=true. A consent without balances is refused.
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	withBalance := true
	return call.AllBalances(ctx, c.connection, psu, c.sendList(psu, &withBalance), toAllBalances)
}

func (c *Client) sendList(psu adapters.PSU, withBalance *bool) call.SendPage {
	return func(ctx context.Context, _ int) (*http.Response, error) {
		params := toListParams(c.params(psu))
		params.WithBalance = withBalance
		return c.api.GetAccounts(ctx, params)
	}
}

func toListParams(params *api.GetBalancesParams) *api.GetAccountsParams {
	return &api.GetAccountsParams{
		XRequestID:              params.XRequestID,
		Date:                    params.Date,
		TPPSignatureCertificate: params.TPPSignatureCertificate,
		PSUID:                   params.PSUID,
		PSUCorporateID:          params.PSUCorporateID,
		TPPSessionID:            params.TPPSessionID,
		TPPRedirectURI:          params.TPPRedirectURI,
		PSUIPAddress:            params.PSUIPAddress,
		PSUIPPort:               params.PSUIPPort,
		PSUUserAgent:            params.PSUUserAgent,
		PSUAccept:               params.PSUAccept,
		PSUAcceptCharset:        params.PSUAcceptCharset,
		PSUAcceptEncoding:       params.PSUAcceptEncoding,
		PSUAcceptLanguage:       params.PSUAcceptLanguage,
		PSUHttpMethod:           params.PSUHttpMethod,
		PSUDeviceID:             params.PSUDeviceID,
		PSUGeoLocation:          params.PSUGeoLocation,
	}
}

func toAccounts(body accountList) (call.List[adapters.Account], error) {
	return call.ListAccounts("accounts", body.Accounts, toAccount)
}

// toAccount maps a listed account. Left out: bic, which is the bank's, product beside a type, and _links.
func toAccount(account api.ListedAccount) (adapters.Account, error) {
	if account.ResourceID == "" {
		return adapters.Account{}, call.Missing("resourceId")
	}
	return adapters.Account{
		ID:       account.ResourceID,
		IBAN:     call.Text(account.IBAN),
		BBAN:     call.Text(account.BBAN),
		Name:     call.Text(account.Name),
		Currency: call.Text(account.Currency),
		Type:     cmp.Or(call.Text(account.CashAccountType), call.Text(account.Product)),
	}, nil
}

func toAllBalances(body accountList) (call.List[adapters.AccountBalances], error) {
	return call.ListBalances("accounts", body.Accounts, toListedBalances)
}

func toListedBalances(account api.ListedAccount) (string, []adapters.Balance, error) {
	if account.ResourceID == "" {
		return "", nil, call.Missing("resourceId")
	}
	if account.Balances == nil {
		return account.ResourceID, nil, call.NotListed("balances")
	}
	named := &api.Account{BBAN: account.BBAN, IBAN: account.IBAN, Currency: account.Currency}
	balances, err := toBalances(accountBalances{Account: named, Balances: account.Balances})
	return account.ResourceID, balances, err
}
