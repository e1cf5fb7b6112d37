package neonomics

import (
	"cmp"
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/neonomics"
)

// accountList is [api.AccountList], of which one broken account spoils no other.
type accountList []call.Element[api.ListedAccount]

// Accounts implements [adapters.Source].
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	return call.Accounts(ctx, c.endpoint, psu, c.page(psu), toAccounts)
}

// AllBalances implements [adapters.Source] with the same call: the list always carries balances.
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	return call.AllBalances(ctx, c.endpoint, psu, c.page(psu), toAllBalances)
}

func (c *Client) page(psu adapters.PSU) call.Page {
	return func(int) call.Request { return accounts.With((*api.GetAccountsParams)(c.params(psu))) }
}

func toAccounts(body accountList) (call.Listed[adapters.Account], error) {
	return call.ListAccounts("", body, toAccount)
}

func toAccount(account api.ListedAccount) (adapters.Account, error) {
	if account.ID == "" {
		return adapters.Account{}, call.Missing("id")
	}
	mapped := adapters.Account{
		ID:         account.ID,
		IBAN:       call.Text(account.IBAN),
		BBAN:       call.Text(account.BBAN),
		Name:       cmp.Or(call.Text(account.DisplayName), call.Text(account.AccountName)),
		HolderName: call.Text(account.OwnerName),
		Type:       call.Text(account.AccountType),
	}
	if number := call.Text(account.SortCodeAccountNumber); number != "" {
		mapped.Identifiers = []adapters.AccountIdentifier{{Scheme: "sortCodeAccountNumber", Value: number}}
	}
	return mapped, nil
}

func toAllBalances(body accountList) (call.Listed[adapters.AccountBalances], error) {
	return call.ListBalances("", body, toAccount, toListedBalances)
}

func toListedBalances(account api.ListedAccount) ([]adapters.Balance, error) {
	if account.Balances == nil {
		return nil, call.NoBalances("balances")
	}
	return call.Each("balances", account.Balances, func(balance api.Balance) (adapters.Balance, error) {
		mapped, err := toBalance(balance)
		mapped.IBAN, mapped.BBAN = call.Text(account.IBAN), call.Text(account.BBAN)
		return mapped, err
	})
}
