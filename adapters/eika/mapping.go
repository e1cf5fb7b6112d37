package eika

import (
	"bytes"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	api "github.com/openbalances/openbalances/gen/eika"
)

// codes are the documented error codes, of which a 403 may have others.
var codes = map[string]adapters.Kind{
	"FORMAT_ERROR":     adapters.ErrInvalidArgument,
	"RESOURCE_UNKNOWN": adapters.ErrNotFound,
	"ACCESS_EXCEEDED":  adapters.ErrRateLimited,
	"SYSTEM_ERROR":     adapters.ErrUnavailable,
	"SERVICE_BLOCKED":  adapters.ErrForbidden,
	"CONSENT_INVALID":  adapters.ErrConsentRequired,
	"CONSENT_EXPIRED":  adapters.ErrConsentRequired,
	consentUnknown:     adapters.ErrConsentRequired,
}

const consentUnknown = "CONSENT_UNKNOWN"

// form is that of the error body. Left out: system, which never varies, and status, which repeats a default of the
// platform rather than the answer's own.
var form = call.Form{
	Code: []string{"code"}, Message: []string{"message"}, RequestID: []string{"id"}, Kinds: codes, Consents: xs2a.Form.Consents,
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
		Warnings:      append(xs2a.OtherCurrency(account.Currency, balance.BalanceAmount.Currency), odd...),
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

// refusal reads the error body and the links. A link scaRedirect means that the PSU has to authenticate there. The form
// of a 403 is not documented, only that it holds CONSENT_UNKNOWN if the PSU has revoked the consent.
func refusal(answer call.Answer) call.Refusal {
	refusal := answer.Refusal(form)
	switch {
	case refusal.Kind != "":
	case refusal.Links["scaRedirect"] != "":
		refusal.Kind = adapters.ErrConsentRequired
	case answer.Status == http.StatusForbidden && bytes.Contains(answer.Body, []byte(consentUnknown)):
		refusal.Kind, refusal.Consent = adapters.ErrConsentRequired, adapters.ErrConsentUnknown
	}
	return refusal
}
