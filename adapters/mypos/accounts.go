package mypos

import (
	"cmp"
	"context"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/mypos"
)

var (
	_ adapters.AccountLister = (*Client)(nil)
	_ adapters.BalanceLister = (*Client)(nil)
)

// accountList is [api.AccountList], of which one broken account spoils no other.
type accountList struct {
	Accounts   []call.Element[api.ListedAccount] `json:"accounts"`
	Pagination *api.Pagination                   `json:"pagination"`
}

// Accounts implements [adapters.AccountLister]. Further pages are asked for by their number, which is inferred.
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	return call.Accounts(ctx, c.connection, psu, c.sendList(psu, nil), toAccounts)
}

// AllBalances implements [adapters.BalanceLister] with withBalance=true, which the provider may ignore.
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	withBalance := true
	return call.AllBalances(ctx, c.connection, psu, c.sendList(psu, &withBalance), toAllBalances)
}

func (c *Client) sendList(psu adapters.PSU, withBalance *bool) call.SendPage {
	return func(ctx context.Context, page int) (*http.Response, error) {
		params := toListParams(c.params(psu))
		params.WithBalance = withBalance
		if page > 1 {
			params.Page = &page
		}
		return c.api.GetAccounts(ctx, params)
	}
}

func toListParams(params *api.GetBalancesParams) *api.GetAccountsParams {
	return &api.GetAccountsParams{
		XRequestID:     params.XRequestID,
		ConsentID:      params.ConsentID,
		APIKey:         params.APIKey,
		PSUIPAddress:   params.PSUIPAddress,
		PSUIPPort:      params.PSUIPPort,
		PSUDeviceID:    params.PSUDeviceID,
		PSUGeoLocation: params.PSUGeoLocation,
	}
}

func toAccounts(body accountList) (call.List[adapters.Account], error) {
	list, err := call.ListAccounts("accounts", body.Accounts, toAccount)
	if err == nil {
		list.Total, err = total(body.Pagination)
	}
	return list, err
}

// toAccount maps a listed account. Left out: balance and balances.
func toAccount(account api.ListedAccount) (adapters.Account, error) {
	if account.AccountNumber == "" {
		return adapters.Account{}, call.Missing("accountNumber")
	}
	return adapters.Account{
		ID:       account.AccountNumber,
		IBAN:     call.Text(account.IBAN),
		Name:     call.Text(account.Name),
		Status:   call.Text(account.Status),
		Currency: call.Text(account.Currency),
		Type:     call.Text(account.CashAccountType),
	}, nil
}

// total is how many accounts all pages have. An answer that speaks of pages has to say it, or accounts could be missing.
func total(pagination *api.Pagination) (int, error) {
	if pagination == nil {
		return 0, nil
	}
	total := cmp.Or(pagination.TotalCount, pagination.Total)
	if total == nil {
		return 0, call.Missing("pagination.totalCount")
	}
	return *total, nil
}

func toAllBalances(body accountList) (call.List[adapters.AccountBalances], error) {
	list, err := call.ListBalances("accounts", body.Accounts, toListedBalances)
	if err == nil {
		list.Total, err = total(body.Pagination)
	}
	return list, err
}

func toListedBalances(account api.ListedAccount) (string, []adapters.Balance, error) {
	if account.AccountNumber == "" {
		return "", nil, call.Missing("accountNumber")
	}
	if account.Balances == nil {
		balances, err := toSingleBalance(account)
		return account.AccountNumber, balances, err
	}
	named := api.Account{AccountNumber: account.AccountNumber, IBAN: account.IBAN}
	balances, err := toBalances(account.AccountNumber, api.AccountBalances{Account: named, Balances: account.Balances})
	return account.AccountNumber, balances, err
}

// toSingleBalance maps the number that an account may have instead of a list. Its type is unknown, because one page
// calls it booked and another one available.
func toSingleBalance(account api.ListedAccount) ([]adapters.Balance, error) {
	if account.Balance == nil || !account.Balance.Valid {
		return nil, call.NotListed("balances")
	}
	return []adapters.Balance{{
		Type:         adapters.Unknown,
		ProviderType: "balance",
		Amount:       account.Balance.Decimal,
		Currency:     call.Text(account.Currency),
		IBAN:         call.Text(account.IBAN),
	}}, nil
}
