package mypos

import (
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	api "github.com/openbalances/openbalances/gen/mypos"
)

// accountList is [api.AccountList], of which one broken account spoils no other. What it says about pages is for package
// call.
type accountList struct {
	Accounts []call.Element[api.ListedAccount] `json:"accounts"`
}

// Accounts implements [adapters.Source]. Further pages are asked for by their number, which is inferred.
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	return call.Accounts(ctx, c.endpoint, psu, c.page(psu, nil), toAccounts)
}

// AllBalances implements [adapters.Source] with withBalance=true, which the provider may ignore. The page promises the
// booking balance of each account only, so each balance has [adapters.WarningListed].
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	withBalance := true
	return call.AllBalances(ctx, c.endpoint, psu, c.page(psu, &withBalance), toAllBalances)
}

func (c *Client) page(psu adapters.PSU, withBalance *bool) call.Page {
	return func(page int) call.Request {
		params := call.Like[api.GetAccountsParams](c.params(psu))
		params.WithBalance = withBalance
		if page > 1 {
			params.Page = &page
		}
		return accounts.With(params)
	}
}

func toAccounts(body accountList) (call.Listed[adapters.Account], error) {
	list, err := call.ListAccounts("accounts", body.Accounts, toAccount)
	list.Numbered = true
	return list, err
}

func toAccount(account api.ListedAccount) (adapters.Account, error) {
	if account.AccountNumber == "" {
		return adapters.Account{}, call.Missing("accountNumber")
	}
	return adapters.Account{
		ID:       account.AccountNumber,
		IBAN:     call.Text(account.IBAN),
		Name:     call.Text(account.Name),
		State:    xs2a.State(account.Status),
		Status:   call.Text(account.Status),
		Currency: call.Text(account.Currency),
		Type:     call.Text(account.CashAccountType),
	}, nil
}

func toAllBalances(body accountList) (call.Listed[adapters.AccountBalances], error) {
	list, err := call.ListBalances("accounts", body.Accounts, toAccount, toListedBalances)
	list.Numbered = true
	return list, err
}

func toListedBalances(account api.ListedAccount) ([]adapters.Balance, error) {
	if account.Balances == nil {
		return call.Partly(toSingleBalance(account))
	}
	return call.Partly(call.Each("balances", account.Balances, func(balance api.Balance) (adapters.Balance, error) {
		return toBalance(balance, account.IBAN)
	}))
}

// toSingleBalance maps the number that an account may have instead of a list. Its type is unknown, because one page
// calls it booked and another one available.
func toSingleBalance(account api.ListedAccount) ([]adapters.Balance, error) {
	if account.Balance == nil || !account.Balance.Valid {
		return nil, call.NoBalances("balances")
	}
	money, err := call.ToMoney("balance", *account.Balance, "currency", call.Text(account.Currency))
	return []adapters.Balance{{
		IBAN:         call.Text(account.IBAN),
		Type:         adapters.BalanceTypeUnknown,
		ProviderType: "balance",
		Amount:       money.Amount,
		Currency:     money.Currency,
	}}, err
}
