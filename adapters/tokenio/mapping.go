package tokenio

import (
	"net/http"
	"strconv"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/tokenio"
)

// codes are the documented error codes that have a kind of their own, and the refusals inside a 200.
var codes = map[string]adapters.Kind{
	"PermissionDenied":    adapters.ErrConsentRequired,
	"NOT_FOUND":           adapters.ErrNotFound,
	"RESOURCE_EXHAUSTED":  adapters.ErrRateLimited,
	"InternalServerError": adapters.ErrUnavailable,
	"UNIMPLEMENTED":       adapters.ErrUnavailable,
	"UNAVAILABLE":         adapters.ErrUnavailable,
	"DEADLINE_EXCEEDED":   adapters.ErrUnavailable,

	string(api.RequestStatusInvalidRequest):       adapters.ErrInvalidArgument,
	string(api.RequestStatusMoreSignaturesNeeded): adapters.ErrConsentRequired,
}

// part is one balance of the answer and the field it stands in.
type part struct {
	field       string
	balanceType adapters.BalanceType
	text        string
	money       *api.Money
	updatedAt   *string
}

// toBalances maps the answer for the account asked for. Every field of it is mapped.
func toBalances(asked string, body api.AccountBalances) ([]adapters.Balance, error) {
	if err := statusError(body.Status); err != nil {
		return nil, err
	}
	if body.Balance == nil {
		return nil, call.Missing("balance")
	}
	if id := call.Text(body.Balance.AccountID); id != "" && id != asked {
		return nil, call.Mismatch("balance.accountId")
	}
	all := parts(body.Balance)
	if len(all) == 0 {
		return nil, call.Broken("balance", "holds neither current, available nor otherBalances")
	}
	balances := make([]adapters.Balance, 0, len(all))
	for _, part := range all {
		mapped, err := toBalance(part)
		if err != nil {
			return nil, err
		}
		mapped.AccountID = call.Text(body.Balance.AccountID)
		balances = append(balances, mapped)
	}
	return balances, nil
}

// statusError returns the failure that a 200 reports. The status is the enumeration's zero value, and so absent, only
// if the provider never set it.
func statusError(status *api.RequestStatus) error {
	if status == nil {
		return call.Missing("status")
	}
	if *status == api.RequestStatusSuccessfulRequest {
		return nil
	}
	kind, known := codes[string(*status)]
	return call.Refusal{Kind: kind, Known: known, Code: string(*status)}.Error(adapters.ErrProtocol)
}

func parts(balance *api.Balance) []part {
	var all []part
	if balance.Current != nil {
		all = append(all, part{"balance.current", adapters.InterimBooked, "current", balance.Current, balance.UpdatedAtMs})
	}
	if balance.Available != nil {
		all = append(all, part{"balance.available", adapters.InterimAvailable, "available", balance.Available, balance.UpdatedAtMs})
	}
	for i, other := range balance.OtherBalances {
		text := call.Text(other.Type)
		field := "balance.otherBalances[" + strconv.Itoa(i) + "].amount"
		all = append(all, part{field, adapters.ParseBalanceType(text), text, other.Amount, other.UpdatedAtMs})
	}
	return all
}

func toBalance(part part) (adapters.Balance, error) {
	if part.money == nil {
		return adapters.Balance{}, call.Missing(part.field)
	}
	money, err := call.ToMoney(part.field+".value", part.money.Value, part.field+".currency", part.money.Currency)
	asOf, warnings := call.ToMilliseconds("updatedAtMs", part.updatedAt)
	return adapters.Balance{
		Type:         part.balanceType,
		ProviderType: part.text,
		Amount:       money.Amount,
		Currency:     money.Currency,
		AsOf:         asOf,
		Warnings:     warnings,
	}, err
}

// refusal reads the error body.
func refusal(answer call.Answer) call.Refusal {
	var origin adapters.Origin
	if answer.Header.Get("token-external-error") == "true" || answer.Status == http.StatusGatewayTimeout {
		origin = adapters.OriginBank
	}
	var body api.Error
	if call.Decode(answer.Body, &body) != nil || body.Error == nil {
		return call.Refusal{Origin: origin}
	}
	code := call.Text(body.Error.ErrorCode)
	kind, known := codes[code]
	return call.Refusal{
		Kind: kind, Origin: origin, Known: known, Code: code, Message: call.Text(body.Error.Message), RequestID: call.Text(body.Error.TokenTraceID),
	}
}
