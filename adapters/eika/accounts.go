package eika

import (
	"cmp"
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/eika"
)

// accountList is [api.AccountList], of which one broken account spoils no other.
type accountList struct {
	Accounts []call.Element[api.ListedAccount] `json:"accounts"`
}

// Accounts implements [adapters.Source].
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	return call.Accounts(ctx, c.endpoint, psu, c.page(psu, nil), toAccounts)
}

// AllBalances implements [adapters.Source] with withBalance=true. The portals promise the booking balance of each account
// only, so each balance has [adapters.WarningListed]. A consent without balances is refused.
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	withBalance := true
	return call.AllBalances(ctx, c.endpoint, psu, c.page(psu, &withBalance), toAllBalances)
}

func (c *Client) page(psu adapters.PSU, withBalance *bool) call.Page {
	return func(int) call.Request {
		params := call.Like[api.GetAccountsParams](c.params(psu))
		params.WithBalance = withBalance
		return accounts.With(params)
	}
}

func toAccounts(body accountList) (call.Listed[adapters.Account], error) {
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

func toAllBalances(body accountList) (call.Listed[adapters.AccountBalances], error) {
	return call.ListBalances("accounts", body.Accounts, toAccount, toListedBalances)
}

func toListedBalances(account api.ListedAccount) ([]adapters.Balance, error) {
	if account.Balances == nil {
		return nil, call.NoBalances("balances")
	}
	named := &api.Account{BBAN: account.BBAN, IBAN: account.IBAN, Currency: account.Currency}
	return call.Partly(toBalances(accountBalances{Account: named, Balances: account.Balances}))
}
