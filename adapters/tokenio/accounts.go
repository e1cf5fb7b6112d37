package tokenio

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/tokenio"
)

// accountList is [api.AccountList] with its elements read apart, as in the other adapters.
type accountList struct {
	Accounts []call.Element[api.Account] `json:"accounts"`
}

// Accounts implements [adapters.Source].
func (c *Client) Accounts(ctx context.Context, psu adapters.PSU) ([]adapters.Account, error) {
	request := c.checked(psu, accounts.With((*api.GetAccountsParams)(c.params(psu))))
	return call.Accounts(ctx, c.endpoint, psu, func(int) call.Request { return request }, toAccounts)
}

func toAccounts(body accountList) (call.Listed[adapters.Account], error) {
	return call.ListAccounts("accounts", body.Accounts, toAccount)
}

// toAccount maps a listed account. Left out: isLocked, accountFeatures, bic, identifier, which repeats the kind
// of a number, and what depends on the bank: metadata and ProviderAccountDetails.
func toAccount(account api.Account) (adapters.Account, error) {
	if account.ID == "" {
		return adapters.Account{}, call.Missing("id")
	}
	details := account.AccountDetails
	if details == nil {
		details = &api.AccountDetails{}
	}
	mapped := adapters.Account{
		ID:         account.ID,
		Name:       call.Text(account.Name),
		Bank:       account.BankID,
		HolderName: call.Text(details.AccountHolderName),
		State:      states[call.Text(details.Status)],
		Status:     call.Text(details.Status),
		Currency:   call.Text(details.Currency),
		Type:       accountType(details.Type),
	}
	for _, identifier := range details.AccountIdentifiers {
		identify(&mapped, identifier)
	}
	return mapped, nil
}

// states are the texts of the two statuses that have been seen.
var states = map[string]adapters.AccountState{
	"open": adapters.AccountStateEnabled, "Open": adapters.AccountStateEnabled,
	"active": adapters.AccountStateEnabled, "Active": adapters.AccountStateEnabled,
	"closed": adapters.AccountStateClosed, "Closed": adapters.AccountStateClosed,
}

// identify adds the numbers of one identifier, such as {"gbDomestic": {"accountNumber": "...", "sortCode": "..."}}.
func identify(account *adapters.Account, identifier api.AccountIdentifier) {
	for _, kind := range slices.Sorted(maps.Keys(identifier)) {
		for _, part := range slices.Sorted(maps.Keys(identifier[kind])) {
			value := identifier[kind][part]
			scheme := kind + "." + part
			switch {
			case value == "":
			case scheme == "iban.iban" && account.IBAN == "":
				account.IBAN = value
			case scheme == "bban.bban" && account.BBAN == "":
				account.BBAN = value
			case kind == part:
				account.Identifiers = append(account.Identifiers, adapters.AccountIdentifier{Scheme: kind, Value: value})
			default:
				account.Identifiers = append(account.Identifiers, adapters.AccountIdentifier{Scheme: scheme, Value: value})
			}
		}
	}
}

// accountType reads a text, or a list of them. Anything else is no reason to refuse the account.
func accountType(sent any) string {
	if text, ok := sent.(string); ok {
		return text
	}
	var texts []string
	list, _ := sent.([]any)
	for _, element := range list {
		if text, ok := element.(string); ok {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, ", ")
}
