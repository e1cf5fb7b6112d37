package tokenio

import (
	"cmp"
	"net/http"
	"strconv"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/tokenio"
)

// codes are the documented error codes. UNIMPLEMENTED says that the bank does not offer the call, or has not enabled it.
var codes = map[string]adapters.Kind{
	"PermissionDenied":    adapters.ErrConsentRequired,
	"NOT_FOUND":           adapters.ErrNotFound,
	"RESOURCE_EXHAUSTED":  adapters.ErrRateLimited,
	"InternalServerError": adapters.ErrUnavailable,
	"UNIMPLEMENTED":       adapters.ErrForbidden,
	"UNAVAILABLE":         adapters.ErrUnavailable,
	"DEADLINE_EXCEEDED":   adapters.ErrUnavailable,
}

// form is that of the error body.
var form = call.Form{
	Inside: "error", Code: []string{"errorCode"}, Message: []string{"message"}, RequestID: []string{"tokenTraceId"}, Kinds: codes,
}

// statuses are the refusals inside a 200.
var statuses = map[string]adapters.Kind{
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
	refusal, _ := stated(string(*status))
	return refusal.Error(adapters.ErrProtocol)
}

// stated is what a status in a 200 means, and whether it is documented as a refusal.
func stated(status string) (refusal call.Refusal, known bool) {
	refusal = call.Refusal{Kind: statuses[status], Code: status}
	if refusal.Kind != "" {
		refusal.Known = status
	}
	return refusal, refusal.Kind != ""
}

// reported reads the status of a 200 that cannot be used.
func reported(answer call.Answer) (call.Refusal, bool) { return stated(answer.Member("status")) }

func parts(balance *api.Balance) []part {
	var all []part
	if balance.Current != nil {
		all = append(all, part{"balance.current", adapters.BalanceTypeInterimBooked, "current", balance.Current, balance.UpdatedAtMs})
	}
	if balance.Available != nil {
		all = append(all, part{"balance.available", adapters.BalanceTypeInterimAvailable, "available", balance.Available, balance.UpdatedAtMs})
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

// refusal reads the error body, and the header and the statuses that say more.
func refusal(answer call.Answer) call.Refusal {
	refusal := answer.Refusal(form)
	if answer.Header.Get("token-external-error") == "true" || answer.Status == http.StatusGatewayTimeout {
		refusal.Origin = adapters.OriginBank
	}
	if answer.Status == http.StatusNotImplemented {
		refusal.Kind = cmp.Or(refusal.Kind, codes["UNIMPLEMENTED"])
	}
	return refusal
}
