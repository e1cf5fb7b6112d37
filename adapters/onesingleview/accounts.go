package onesingleview

import (
	"cmp"
	"context"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
)

// accountList is [api.AccountList] or [api.BalanceList], of which one broken account spoils no other.
type accountList[E any] struct {
	Success *bool                           `json:"success"`
	Payload []call.Element[bankAccounts[E]] `json:"payload"`
}

type bankAccounts[E any] struct {
	Code string `json:"code"`
	Data struct {
		Account []call.Element[E] `json:"account"`
	} `json:"data"`
}

// Accounts implements [adapters.Source].
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	page := func(int) call.Request {
		body := call.JSON(c.listRequest())
		return accounts.Send(call.Like[api.GetAccountsParams](c.params(body)), body)
	}
	return call.Accounts(ctx, c.endpoint, psu, page, func(body accountList[api.ListedAccount]) (call.Listed[adapters.Account], error) {
		return toAccounts(string(c.credentials.Open().BankCode), body)
	})
}

// AllBalances implements [adapters.Source] with a call of its own.
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	page := func(int) call.Request {
		request := call.Like[api.BalanceListRequest](c.listRequest())
		check := true
		request.BalanceCheck = &check
		body := call.JSON(request)
		return allBalances.Send(call.Like[api.GetAllBalancesParams](c.params(body)), body)
	}
	return call.AllBalances(ctx, c.endpoint, psu, page, func(body accountList[api.ListedBalances]) (call.Listed[adapters.AccountBalances], error) {
		return toAllBalances(string(c.credentials.Open().BankCode), body)
	})
}

func (c *Client) listRequest() *api.AccountListRequest {
	own := c.credentials.Open()
	return &api.AccountListRequest{
		DateTimeStamp: c.endpoint.Now().UTC().Format(timeForm),
		RequestID:     call.NewRequestID(),
		MerchantID:    string(own.MerchantID),
		Banks:         []api.BankConsent{{Code: string(own.BankCode), ConsentID: string(own.ConsentID)}},
	}
}

// ofBank returns the accounts of the one payload of the bank; payloads of other banks are left out.
func (l accountList[E]) ofBank(bank string) ([]call.Element[E], error) {
	if err := failed(l.Success); err != nil {
		return nil, err
	}
	part, err := call.Find("payload", l.Payload, func(part bankAccounts[E]) bool { return part.Code == bank },
		func() error { return call.Broken("payload", "holds nothing about the bank") })
	return part.Data.Account, err
}

func toAccounts(bank string, body accountList[api.ListedAccount]) (call.Listed[adapters.Account], error) {
	accounts, err := body.ofBank(bank)
	if err != nil {
		return call.Listed[adapters.Account]{}, err
	}
	return call.ListAccounts("payload.data.account", accounts, toAccount)
}

// toAccount maps a listed account. Left out: the names beside the one that is shown.
func toAccount(account api.ListedAccount) (adapters.Account, error) {
	if account.AccountID == "" {
		return adapters.Account{}, call.Missing("accountId")
	}
	return adapters.Account{
		ID:         account.AccountID,
		Name:       call.Text(account.Nickname),
		HolderName: cmp.Or(call.Text(account.AccountHolderName), call.Text(account.AccountHolderShortName)),
		State:      states[strings.TrimPrefix(call.Text(account.Status), prefix)],
		Status:     call.Text(account.Status),
		Currency:   call.Text(account.Currency),
		Type:       call.Text(account.AccountType),
	}, nil
}

// toAllBalances maps the accounts with their balances. Left out: overAllBalance, which belongs to no account.
func toAllBalances(bank string, body accountList[api.ListedBalances]) (call.Listed[adapters.AccountBalances], error) {
	accounts, err := body.ofBank(bank)
	if err != nil {
		return call.Listed[adapters.AccountBalances]{}, err
	}
	return call.ListBalances("payload.data.account", accounts, toBalancesAccount, toListedBalances)
}

// toBalancesAccount maps what a list with balances says about an account.
func toBalancesAccount(account api.ListedBalances) (adapters.Account, error) {
	if account.AccountID == "" {
		return adapters.Account{}, call.Missing("accountId")
	}
	return adapters.Account{ID: account.AccountID, HolderName: call.Text(account.AccountHolderName)}, nil
}

func toListedBalances(account api.ListedBalances) ([]adapters.Balance, error) {
	if account.Balance == nil {
		return nil, call.NoBalances("balance")
	}
	return call.Each("balance", account.Balance, toBalance)
}
