package onesingleview

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
)

var (
	_ adapters.AccountLister = (*Client)(nil)
	_ adapters.BalanceLister = (*Client)(nil)
)

// accountList is [api.AccountList] or [api.BalanceList], of which one broken account spoils no other.
type accountList[E any] struct {
	api.Error
	Payload []bankAccounts[E] `json:"payload"`
}

type bankAccounts[E any] struct {
	Code string `json:"code"`
	Data struct {
		Account []call.Element[E] `json:"account"`
	} `json:"data"`
	Meta *api.Meta `json:"meta"`
}

// Accounts implements [adapters.AccountLister] for the accounts of the one bank and consent.
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	send := func(ctx context.Context, _ int) (*http.Response, error) {
		body, err := json.Marshal(c.listRequest())
		if err != nil {
			return nil, err
		}
		params := (*api.GetAccountsParams)(c.params(body))
		return c.api.GetAccountsWithBody(ctx, params, "application/json", bytes.NewReader(body))
	}
	return call.Accounts(ctx, c.connection, psu, send, func(body accountList[api.ListedAccount]) (call.List[adapters.Account], error) {
		return toAccounts(string(c.credentials().BankCode), body)
	})
}

// AllBalances implements [adapters.BalanceLister] with a balance check, for which the consent has to be made.
func (c *Client) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	send := func(ctx context.Context, _ int) (*http.Response, error) {
		body, err := json.Marshal(toBalanceCheck(c.listRequest()))
		if err != nil {
			return nil, err
		}
		params := (*api.GetAllBalancesParams)(c.params(body))
		return c.api.GetAllBalancesWithBody(ctx, params, "application/json", bytes.NewReader(body))
	}
	return call.AllBalances(ctx, c.connection, psu, send, func(body accountList[api.ListedBalances]) (call.List[adapters.AccountBalances], error) {
		return toAllBalances(string(c.credentials().BankCode), body)
	})
}

func (c *Client) listRequest() api.AccountListRequest {
	return api.AccountListRequest{
		DateTimeStamp: c.connection.Now().UTC().Format(timeForm),
		RequestID:     call.NewRequestID(),
		MerchantID:    string(c.credentials().MerchantID),
		Banks:         []api.BankConsent{{Code: string(c.credentials().BankCode), ConsentID: string(c.credentials().ConsentID)}},
	}
}

func toBalanceCheck(request api.AccountListRequest) api.BalanceListRequest {
	yes := true
	return api.BalanceListRequest{
		DateTimeStamp: request.DateTimeStamp,
		RequestID:     request.RequestID,
		MerchantID:    request.MerchantID,
		BalanceCheck:  &yes,
		Banks:         request.Banks,
	}
}

// ofBank returns the accounts of the one payload of the bank; payloads of other banks are left out.
func (l accountList[E]) ofBank(bank string) ([]call.Element[E], error) {
	if err := inBody(l.Error); err != nil {
		return nil, err
	}
	var found *bankAccounts[E]
	for i := range l.Payload {
		switch {
		case l.Payload[i].Code != bank:
		case found != nil:
			return nil, call.Broken("payload", "names the bank twice")
		default:
			found = &l.Payload[i]
		}
	}
	if found == nil {
		return nil, call.Broken("payload", "holds nothing about the bank")
	}
	if found.Meta != nil && found.Meta.TotalPages != nil && *found.Meta.TotalPages > 1 {
		return nil, call.Broken("payload.meta.totalPages", "more pages than can be asked for")
	}
	return found.Data.Account, nil
}

func toAccounts(bank string, body accountList[api.ListedAccount]) (call.List[adapters.Account], error) {
	accounts, err := body.ofBank(bank)
	if err != nil {
		return call.List[adapters.Account]{}, err
	}
	return call.ListAccounts("payload.data.account", accounts, toAccount)
}

// toAccount maps a listed account. Left out: the names beside the one that is shown.
func toAccount(account api.ListedAccount) (adapters.Account, error) {
	if account.AccountID == "" {
		return adapters.Account{}, call.Missing("accountId")
	}
	return adapters.Account{
		ID:       account.AccountID,
		Name:     cmp.Or(call.Text(account.Nickname), call.Text(account.AccountHolderName), call.Text(account.AccountHolderShortName)),
		Status:   call.Text(account.Status),
		Currency: call.Text(account.Currency),
		Type:     call.Text(account.AccountType),
	}, nil
}

// toAllBalances maps the accounts with their balances. Left out: overAllBalance, which belongs to no account.
func toAllBalances(bank string, body accountList[api.ListedBalances]) (call.List[adapters.AccountBalances], error) {
	accounts, err := body.ofBank(bank)
	if err != nil {
		return call.List[adapters.AccountBalances]{}, err
	}
	return call.ListBalances("payload.data.account", accounts, toListedBalances)
}

func toListedBalances(account api.ListedBalances) (string, []adapters.Balance, error) {
	if account.AccountID == "" {
		return "", nil, call.Missing("accountId")
	}
	if account.Balance == nil {
		return account.AccountID, nil, call.NotListed("balance")
	}
	balances, err := toEach("balance", account.Balance)
	return account.AccountID, balances, err
}
