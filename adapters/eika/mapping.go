package eika

import (
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/eika"
)

// codes are the documented error codes.
var codes = map[string]adapters.Kind{
	"FORMAT_ERROR":     adapters.ErrInvalidArgument,
	"RESOURCE_UNKNOWN": adapters.ErrNotFound,
	"ACCESS_EXCEEDED":  adapters.ErrRateLimited,
	"SYSTEM_ERROR":     adapters.ErrUnavailable,
}

// accountBalances is [api.AccountBalances] without _links, which repeat the request's address.
type accountBalances struct {
	Account  *api.Account  `json:"account"`
	Balances []api.Balance `json:"balances"`
}

// toBalances maps the answer, which does not name the id of its account.
func toBalances(body accountBalances) ([]adapters.Balance, error) {
	account := body.Account
	if account == nil {
		account = &api.Account{}
	}
	return call.Each("balances", body.Balances, func(balance api.Balance) (adapters.Balance, error) {
		return toBalance(balance, account)
	})
}

func toBalance(balance api.Balance, account *api.Account) (adapters.Balance, error) {
	money, err := call.ToMoney("balanceAmount.amount", balance.BalanceAmount.Amount, "balanceAmount.currency", balance.BalanceAmount.Currency)
	date, odd := call.ToDate("referenceDate", balance.ReferenceDate)
	mapped := adapters.Balance{
		IBAN:          call.Text(account.IBAN),
		BBAN:          call.Text(account.BBAN),
		Type:          adapters.ParseBalanceType(string(balance.BalanceType)),
		ProviderType:  string(balance.BalanceType),
		Amount:        money.Amount,
		Currency:      money.Currency,
		ReferenceDate: date,
		Warnings:      append(warnings(balance, account), odd...),
	}
	if changed := balance.LastChangeDateTime; changed != nil {
		mapped.AsOf, odd = call.ToTime("lastChangeDateTime", *changed)
		mapped.Warnings = append(mapped.Warnings, odd...)
	}
	if balance.CreditLimitIncluded != nil {
		mapped.CreditLines = []adapters.CreditLine{{Included: balance.CreditLimitIncluded}}
	}
	return mapped, err
}

func warnings(balance api.Balance, account *api.Account) []string {
	if account.Currency == nil || *account.Currency == balance.BalanceAmount.Currency {
		return nil
	}
	return []string{adapters.WarningAccountCurrency}
}

// refusal reads the error body, or for a 401 and 403 the links. Left out: system, which never varies, and status,
// which repeats a default of the platform rather than the answer's own.
func refusal(answer call.Answer) call.Refusal {
	if answer.Status == http.StatusUnauthorized {
		return challenge(answer)
	}
	var body api.Error
	if call.Decode(answer.Body, &body) != nil {
		return call.Refusal{}
	}
	code := call.Text(body.Code)
	kind, known := codes[code]
	if answer.Status == http.StatusForbidden {
		kind = adapters.ErrConsentRequired // the PSU has revoked the consent
	}
	return call.Refusal{Kind: kind, Known: known, Code: code, Message: call.Text(body.Message), RequestID: call.Text(body.ID)}
}

// challenge reads the body of a 401: with a link the PSU has to authenticate there, without one nothing is known.
func challenge(answer call.Answer) call.Refusal {
	var body api.Challenge
	if call.Decode(answer.Body, &body) != nil || body.UnderscoreLinks == nil {
		return call.Refusal{}
	}
	links := make(map[string]string, len(*body.UnderscoreLinks))
	for name, link := range *body.UnderscoreLinks {
		if address := call.Text(link.Href); address != "" {
			links[name] = address
		}
	}
	if len(links) == 0 {
		return call.Refusal{}
	}
	return call.Refusal{Kind: adapters.ErrConsentRequired, Links: links}
}
