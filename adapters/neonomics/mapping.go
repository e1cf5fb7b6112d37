package neonomics

import (
	"cmp"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/neonomics"
)

// codes are the documented error codes.
var codes = map[string]adapters.Kind{
	"1426": adapters.ErrConsentRequired,
	"1428": adapters.ErrInvalidArgument,
}

// form is that of the error body. Left out: source, type and timestamp, which repeat status, code and time; a link's
// verb and meta, because the address says the same.
var form = call.Form{
	Code: []string{"errorCode"}, Message: []string{"message"}, RequestID: []string{"id"}, Kinds: codes,
}

// toBalances maps the answer, which names no account.
func toBalances(body api.AccountBalances) ([]adapters.Balance, error) {
	return call.Each("", body, toBalance)
}

func toBalance(balance api.Balance) (adapters.Balance, error) {
	money, err := call.ToMoney("amount", balance.Amount, "currency", balance.Currency)
	return adapters.Balance{
		Type:         balanceType(balance.Type),
		ProviderType: balance.Type,
		Amount:       money.Amount,
		Currency:     money.Currency,
	}, err
}

// balanceType knows the one code seen that is not ISO 20022's.
func balanceType(text string) adapters.BalanceType {
	if text == "EXPN" {
		return adapters.BalanceTypeExpected
	}
	return adapters.ParseBalanceType(text)
}

// The private statuses that say who is to blame: the sender of the request, or the bank behind Neonomics.
const (
	statusCallersFault = 510
	statusBanksFault   = 530
)

// refusal reads the error body, and the private statuses.
func refusal(answer call.Answer) call.Refusal {
	refusal := answer.Refusal(form)
	switch answer.Status {
	case statusCallersFault:
		refusal.Kind = cmp.Or(refusal.Kind, adapters.ErrInvalidArgument)
	case statusBanksFault:
		refusal.Origin = adapters.OriginBank
	}
	return refusal
}
