package mypos

import (
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/mypos"
)

// codes are Berlin Group's error codes that have a kind of their own.
var codes = map[string]adapters.Kind{
	"FORMAT_ERROR":          adapters.ErrInvalidArgument,
	"CONSENT_INVALID":       adapters.ErrConsentRequired,
	"CONSENT_EXPIRED":       adapters.ErrConsentRequired,
	"CONSENT_UNKNOWN":       adapters.ErrConsentRequired,
	"TOKEN_INVALID":         adapters.ErrUnauthorized,
	"TOKEN_EXPIRED":         adapters.ErrUnauthorized,
	"TOKEN_UNKNOWN":         adapters.ErrUnauthorized,
	"CERTIFICATE_INVALID":   adapters.ErrUnauthorized,
	"CERTIFICATE_EXPIRED":   adapters.ErrUnauthorized,
	"RESOURCE_UNKNOWN":      adapters.ErrNotFound,
	"ACCESS_EXCEEDED":       adapters.ErrRateLimited,
	"INTERNAL_SERVER_ERROR": adapters.ErrUnavailable,
	"SERVICE_UNAVAILABLE":   adapters.ErrUnavailable,
}

// states are Berlin Group's.
var states = map[string]adapters.AccountState{
	"enabled": adapters.AccountStateEnabled, "blocked": adapters.AccountStateBlocked, "deleted": adapters.AccountStateClosed,
}

// consents are the codes that say what has become of the consent.
var consents = map[string]adapters.ConsentState{
	"CONSENT_EXPIRED": adapters.ErrConsentExpired,
	"CONSENT_UNKNOWN": adapters.ErrConsentUnknown,
}

// form is that of the error body.
var form = call.Form{
	Inside: "tppMessages", Code: []string{"code"}, Message: []string{"text"}, Kinds: codes, Consents: consents,
}

// accountBalances is [api.AccountBalances], whose account may be missing after all.
type accountBalances struct {
	Account  *api.Account  `json:"account"`
	Balances []api.Balance `json:"balances"`
}

// toBalances maps the answer for the account asked for.
func toBalances(asked string, body accountBalances) ([]adapters.Balance, error) {
	switch {
	case body.Account == nil:
		return nil, call.Missing("account")
	case body.Account.AccountNumber == "":
		return nil, call.Missing("account.accountNumber")
	case body.Account.AccountNumber != asked:
		return nil, call.Mismatch("account.accountNumber")
	}
	return call.Each("balances", body.Balances, func(balance api.Balance) (adapters.Balance, error) {
		mapped, err := toBalance(balance, body.Account.IBAN)
		mapped.AccountID = body.Account.AccountNumber
		return mapped, err
	})
}

func toBalance(balance api.Balance, iban *string) (adapters.Balance, error) {
	money, err := call.ToMoney("amount", balance.Amount, "currency", balance.Currency)
	return adapters.Balance{
		IBAN:         call.Text(iban),
		Type:         balanceType(balance.BalanceType),
		ProviderType: balance.BalanceType,
		Amount:       money.Amount,
		Currency:     money.Currency,
	}, err
}

func balanceType(text string) adapters.BalanceType {
	if text == "available" {
		return adapters.BalanceTypeInterimAvailable
	}
	return adapters.ParseBalanceType(text)
}

// refusal reads Berlin Group's error body; its first error counts.
func refusal(answer call.Answer) call.Refusal { return answer.Refusal(form) }
