package ukob

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/call"
)

// quirks are those that the standard has a use for.
var quirks = []string{"keyHeader", "headers", "types", "cardIndicator", "financialId", "links", "withoutBulk", "listedOnce"}

// problem is what the bank demands and the credentials lack, or the other way round: the credential and why.
func (c Credentials) problem(profile bank.Profile) (field, problem string) {
	switch key := profile.KeyProblem(c.APIKey != ""); {
	case key != "":
		return "credentials.apiKey", key
	case profile.FinancialID && c.FinancialID == "":
		return "credentials.financialId", "missing; the bank demands one"
	case !slices.Contains([]string{"", "true", "false"}, c.CardAccounts):
		return "credentials.cardAccounts", "neither true nor false"
	case profile.CardIndicator != "" && c.CardAccounts == "":
		return "credentials.cardAccounts", "missing; the bank may call debts of cards Credit, so it has to be known which accounts are cards"
	}
	return "", ""
}

// customs returns the editor that makes a request of the standard one of the bank.
func customs(quirks bank.Quirks, key adapters.Secret) call.Editor {
	return func(_ context.Context, request *http.Request) error {
		quirks.Complete(request, key)
		return nil
	}
}

// cardTypes are the types of accounts on which the holder owes what the card was used for, otherTypes those of the standard's
// lists that are no such accounts.
var (
	cardTypes  = []string{"ChargeCard", "CreditCard", "CARD"}
	otherTypes = []string{
		"CurrentAccount", "EMoney", "Loan", "Mortgage", "PrePaidCard", "Savings", "Wallet",
		"CACC", "CASH", "CHAR", "CISH", "COMM", "CPAC", "LLSV", "LOAN", "MGLD", "MOMA", "MORT", "NFCA", "NREX", "ODFT", "ONDP",
		"OTHR", "SACC", "SLRY", "SVGS", "TAXE", "TRAN", "TRAS", "VACC", "WALT",
	}
)

// isCard tells whether an account is a card account. One of another type than the standard's may be either.
func isCard(account adapters.Account) (bool, error) {
	is := func(name string) bool { return strings.EqualFold(name, account.Type) }
	switch {
	case slices.ContainsFunc(cardTypes, is):
		return true, nil
	case slices.ContainsFunc(otherTypes, is):
		return false, nil
	}
	return false, call.Broken("AccountSubType", "missing or not of the standard, so that the account may be a card or not")
}
