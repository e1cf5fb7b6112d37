package ukob

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/ukob"
)

// accountList is [api.Accounts], of which one broken account is named.
type accountList struct {
	Data struct {
		Account []call.Element[api.Account] `json:"Account"`
	} `json:"Data"`
	Links *api.Links `json:"Links"`
}

// Next implements [call.Linked].
func (l accountList) Next() (field, link string) { return nextPage(l.Links) }

// Join implements [call.Linked].
func (l accountList) Join(next accountList) accountList {
	next.Data.Account = append(l.Data.Account, next.Data.Account...)
	return next
}

// Accounts implements [adapters.Source]. Where the credentials say whether the accounts are cards, others are left out.
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	page := func(int) call.Request { return accounts.With(call.Like[api.GetAccountsParams](c.params(psu))) }
	all, err := call.Accounts(ctx, c.endpoint, psu, page, c.dialect.toAccounts)
	var refused *adapters.Error
	if c.dialect.ListedOnce && errors.As(err, &refused) && refused.Kind == adapters.ErrForbidden {
		told := *refused
		told.Detail = "the bank lists accounts only soon after the consent; their ids have to be kept"
		return nil, &told
	}
	return slices.DeleteFunc(all, func(account adapters.Account) bool { return c.dialect.isOther(account) }), err
}

func (d dialect) toAccounts(body accountList) (call.Listed[adapters.Account], error) {
	return call.ListAccounts("Data.Account", body.Data.Account, func(account api.Account) (adapters.Account, error) {
		mapped, err := toAccount(account)
		if err == nil && d.cards != "" {
			_, err = isCard(mapped)
		}
		return mapped, err
	})
}

// isOther reports whether an account is not one of those that the credentials are for.
func (d dialect) isOther(account adapters.Account) bool {
	card, _ := isCard(account) // has been judged
	return d.cards != "" && card != (d.cards == "true")
}

// toAccount maps a listed account. Left out: who holds it (AccountType, AccountCategory), Description, dates, SwitchStatus,
// statements, Servicer, and of its numbers SecondaryIdentification and LEI.
func toAccount(account api.Account) (adapters.Account, error) {
	if account.AccountID == "" {
		return adapters.Account{}, call.Missing("AccountId")
	}
	mapped := adapters.Account{
		ID:       account.AccountID,
		Name:     call.Text(account.Nickname),
		State:    states[call.Text(account.Status)],
		Status:   call.Text(account.Status),
		Currency: call.Text(account.Currency),
		Type:     cmp.Or(call.Text(account.AccountSubType), call.Text(account.AccountTypeCode)),
	}
	for i, number := range account.Account {
		if err := identify(&mapped, number); err != nil {
			return adapters.Account{}, call.At("Account", i, err)
		}
	}
	return mapped, nil
}

// states are those that say whether the account can be used.
var states = map[string]adapters.AccountState{
	"Enabled": adapters.AccountStateEnabled, "Disabled": adapters.AccountStateBlocked, "Deleted": adapters.AccountStateClosed,
}

// identify adds one number of the account. The scheme is one of UK.OBIE, of the bank, or has no namespace.
func identify(account *adapters.Account, number api.AccountNumber) error {
	switch {
	case number.SchemeName == "":
		return call.Missing("SchemeName")
	case number.Identification == "":
		return call.Missing("Identification")
	}
	account.HolderName = cmp.Or(account.HolderName, call.Text(number.Name))
	switch kind := strings.ToUpper(number.SchemeName[strings.LastIndex(number.SchemeName, ".")+1:]); {
	case kind == "IBAN" && account.IBAN == "":
		account.IBAN = number.Identification
	case kind == "BBAN" && account.BBAN == "":
		account.BBAN = number.Identification
	default:
		account.Identifiers = append(account.Identifiers, adapters.AccountIdentifier{Scheme: number.SchemeName, Value: number.Identification})
	}
	return nil
}
