package neonomics

import (
	"cmp"
	"context"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/neonomics"
)

var (
	_ adapters.AccountLister = (*Client)(nil)
	_ adapters.BalanceLister = (*Client)(nil)
)

// accountList is [api.AccountList], of which one broken account spoils no other.
type accountList []call.Element[api.ListedAccount]

// Accounts implements [adapters.AccountLister].
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	return call.Accounts(ctx, c.connection, psu, c.sendList(psu), toAccounts)
}

// AllBalances implements [adapters.BalanceLister] with the same call: the list always carries balances.
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	return call.AllBalances(ctx, c.connection, psu, c.sendList(psu), toAllBalances)
}

func (c *Client) sendList(psu adapters.PSU) call.SendPage {
	return func(ctx context.Context, _ int) (*http.Response, error) {
		return c.api.GetAccounts(ctx, (*api.GetAccountsParams)(c.params(psu)))
	}
}

func toAccounts(body accountList) (call.List[adapters.Account], error) {
	return call.ListAccounts("", body, toAccount)
}

// toAccount maps a listed account. Left out: balances, and the names beside the one that is shown.
func toAccount(account api.ListedAccount) (adapters.Account, error) {
	if account.ID == "" {
		return adapters.Account{}, call.Missing("id")
	}
	mapped := adapters.Account{
		ID:   account.ID,
		IBAN: call.Text(account.IBAN),
		BBAN: call.Text(account.BBAN),
		Name: cmp.Or(call.Text(account.DisplayName), call.Text(account.AccountName), call.Text(account.OwnerName)),
		Type: call.Text(account.AccountType),
	}
	if number := call.Text(account.SortCodeAccountNumber); number != "" {
		mapped.Identifiers = []adapters.AccountIdentifier{{Scheme: "sortCodeAccountNumber", Value: number}}
	}
	return mapped, nil
}

func toAllBalances(body accountList) (call.List[adapters.AccountBalances], error) {
	return call.ListBalances("", body, toListedBalances)
}

func toListedBalances(account api.ListedAccount) (string, []adapters.Balance, error) {
	if account.ID == "" {
		return "", nil, call.Missing("id")
	}
	if account.Balances == nil {
		return account.ID, nil, call.NotListed("balances")
	}
	balances, err := toBalances(account.Balances)
	for i := range balances {
		balances[i].IBAN, balances[i].BBAN = call.Text(account.IBAN), call.Text(account.BBAN)
	}
	return account.ID, balances, err
}
