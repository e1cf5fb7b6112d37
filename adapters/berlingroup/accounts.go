package berlingroup

import (
	"cmp"
	"context"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	api "github.com/openbalances/openbalances/gen/berlingroup"
)

// accountList is [api.AccountList], of which one broken account spoils no other.
type accountList struct {
	Accounts []call.Element[api.Account] `json:"accounts"`
}

// cardList is [api.CardAccountList], likewise.
type cardList struct {
	CardAccounts []call.Element[api.CardAccount] `json:"cardAccounts"`
}

// Accounts implements [adapters.Source].
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	if c.dialect.cards {
		return call.Accounts(ctx, c.endpoint, psu, c.page(psu, false), func(body cardList) (call.Listed[adapters.Account], error) {
			return call.ListAccounts("cardAccounts", body.CardAccounts, toCardAccount)
		})
	}
	return call.Accounts(ctx, c.endpoint, psu, c.page(psu, false), func(body accountList) (call.Listed[adapters.Account], error) {
		return call.ListAccounts("accounts", body.Accounts, toAccount)
	})
}

// AllBalances implements [adapters.Source] with withBalance=true, which a bank may ignore. It need not list all balances of
// an account, so each balance has [adapters.WarningListed]. Card accounts are asked for without it.
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	if c.dialect.cards {
		return call.AllBalances(ctx, c.endpoint, psu, c.page(psu, false), func(body cardList) (call.Listed[adapters.AccountBalances], error) {
			return call.ListBalances("cardAccounts", body.CardAccounts, toCardAccount, c.dialect.toListedCardBalances)
		})
	}
	page := c.page(psu, !c.dialect.WithoutWithBalance)
	return call.AllBalances(ctx, c.endpoint, psu, page, func(body accountList) (call.Listed[adapters.AccountBalances], error) {
		return call.ListBalances("accounts", body.Accounts, toAccount, c.dialect.toListedBalances)
	})
}

func (c *Client) page(psu adapters.PSU, withBalance bool) call.Page {
	return func(int) call.Request {
		if c.dialect.cards {
			return cardAccounts.With(call.Like[api.GetCardAccountsParams](c.params(psu)))
		}
		params := call.Like[api.GetAccountsParams](c.params(psu))
		if withBalance {
			params.WithBalance = &withBalance
		}
		return accounts.With(params)
	}
}

// toAccount maps a listed account. Left out: who may use it (usage, ownerNames, psuName), bic, which is the bank's, details,
// linkedAccounts, product beside a type, displayName beside a name, and _links.
func toAccount(account api.Account) (adapters.Account, error) {
	if account.ResourceID == "" {
		return adapters.Account{}, call.Missing("resourceId")
	}
	return adapters.Account{
		ID:          account.ResourceID,
		IBAN:        call.Text(account.IBAN),
		BBAN:        call.Text(account.BBAN),
		Name:        cmp.Or(call.Text(account.Name), call.Text(account.DisplayName)),
		HolderName:  call.Text(account.OwnerName),
		State:       xs2a.State(account.Status),
		Status:      call.Text(account.Status),
		Currency:    call.Text(account.Currency),
		Type:        cmp.Or(call.Text(account.CashAccountType), call.Text(account.Product)),
		Identifiers: identifiers("msisdn", account.Msisdn),
	}, nil
}

func (d dialect) toListedBalances(account api.Account) ([]adapters.Balance, error) {
	if account.Balances == nil {
		return nil, call.NoBalances("balances")
	}
	named := &api.AccountReference{BBAN: account.BBAN, IBAN: account.IBAN, Currency: account.Currency}
	return call.Partly(d.toBalances(accountBalances{Account: named, Balances: account.Balances}))
}

// toCardAccount maps a listed card account. Left out is what [toAccount] leaves out, and creditLimit.
func toCardAccount(account api.CardAccount) (adapters.Account, error) {
	mapped, err := toAccount(*call.Like[api.Account](&account))
	mapped.Identifiers = identifiers("maskedPan", account.MaskedPan)
	return mapped, err
}

func (d dialect) toListedCardBalances(account api.CardAccount) ([]adapters.Balance, error) {
	if account.Balances == nil {
		return nil, call.NoBalances("balances")
	}
	return call.Partly(d.toBalances(accountBalances{
		Account: &api.AccountReference{Currency: account.Currency}, DebitAccounting: account.DebitAccounting, Balances: account.Balances,
	}))
}

func identifiers(scheme string, number *string) []adapters.AccountIdentifier {
	if call.Text(number) == "" {
		return nil
	}
	return []adapters.AccountIdentifier{{Scheme: scheme, Value: *number}}
}
