package neonomics

import (
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/neonomics"
)

// codes are the documented error codes of this call.
var codes = map[string]adapters.Kind{
	"1426": adapters.ErrConsentRequired,
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
		return adapters.Expected
	}
	return adapters.ParseBalanceType(text)
}

// refusal reads the error body. Left out: source, type and timestamp, which repeat status, code and time; a link's
// verb and meta, because the address says the same.
func refusal(answer call.Answer) call.Refusal {
	var fallback adapters.Kind
	var origin adapters.Origin
	switch answer.Status {
	case statusCallersFault:
		fallback = adapters.ErrInvalidArgument
	case statusBanksFault:
		origin = adapters.OriginBank
	}
	var body api.Error
	if call.Decode(answer.Body, &body) != nil {
		return call.Refusal{Kind: fallback, Origin: origin}
	}
	kind, known := codes[body.ErrorCode]
	if !known {
		kind = fallback
	}
	return call.Refusal{
		Kind: kind, Origin: origin, Known: known, Code: body.ErrorCode, Message: body.Message, RequestID: body.ID, Links: links(body.Links),
	}
}

// The private statuses that say who is to blame: the sender of the request, or the bank behind Neonomics.
const (
	statusCallersFault = 510
	statusBanksFault   = 530
)

func links(sent []api.Link) map[string]string {
	named := make(map[string]string, len(sent))
	for _, link := range sent {
		if link.Rel != "" && link.Href != "" {
			named[link.Rel] = link.Href
		}
	}
	return named
}
