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

// toBalances maps the answer for the account asked for. Every field of it is mapped.
func toBalances(asked string, body api.AccountBalances) ([]adapters.Balance, error) {
	if body.Account.AccountNumber != asked {
		return nil, call.Mismatch("account.accountNumber")
	}
	if body.Balances == nil {
		return nil, call.Missing("balances")
	}
	balances := make([]adapters.Balance, 0, len(body.Balances))
	for i, balance := range body.Balances {
		mapped, err := toBalance(balance)
		if err != nil {
			return nil, call.At("balances", i, err)
		}
		mapped.IBAN = call.Text(body.Account.IBAN)
		balances = append(balances, mapped)
	}
	return balances, nil
}

func toBalance(balance api.Balance) (adapters.Balance, error) {
	amount, err := call.Amount("amount", balance.Amount)
	return adapters.Balance{
		Type:         balanceType(balance.BalanceType),
		ProviderType: balance.BalanceType,
		Amount:       amount,
		Currency:     balance.Currency,
	}, err
}

func balanceType(text string) adapters.BalanceType {
	if text == "available" {
		return adapters.InterimAvailable
	}
	return adapters.ParseBalanceType(text)
}

// refusal reads Berlin Group's error body; its first message counts.
func refusal(answer call.Answer) call.Refusal {
	var body api.Error
	if call.Decode(answer.Body, &body) != nil || len(body.TPPMessages) == 0 {
		return call.Refusal{}
	}
	first := body.TPPMessages[0]
	kind, known := codes[first.Code]
	return call.Refusal{Kind: kind, Known: known, Code: first.Code, Message: call.Text(first.Text)}
}
