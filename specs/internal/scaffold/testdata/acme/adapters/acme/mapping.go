package acme

import (
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/acme"
)

// codes are the documented error codes.
var codes = map[string]adapters.Kind{
	"A1": adapters.ErrUnauthorized,
	"A2": adapters.ErrConsentRequired,
}

// form is that of the error body.
var form = call.Form{
	Code: []string{"code"}, Message: []string{"reason"}, RequestID: []string{"ticket"}, Kinds: codes,
}

// types are the documented kinds of funds.
var types = map[string]adapters.BalanceType{
	"BOOKED": adapters.BalanceTypeClosingBooked,
	"FREE":   adapters.BalanceTypeInterimAvailable,
}

// toBalances maps the answer for the account asked for.
func toBalances(asked string, body api.Funds) ([]adapters.Balance, error) {
	if body.Holding != asked {
		return nil, call.Mismatch("holding")
	}
	return call.Each("funds", body.Funds, func(fund api.Fund) (adapters.Balance, error) {
		mapped, err := toBalance(fund, body.Number)
		mapped.AccountID = body.Holding
		return mapped, err
	})
}

// toBalance maps funds. Left out: clerk.
func toBalance(fund api.Fund, number *string) (adapters.Balance, error) {
	money, err := call.ToMoney("sum", fund.Sum, "currency", fund.Currency)
	if err == nil {
		money, err = money.Signed("sum", "side", string(fund.Side), string(api.FundSideCREDIT), string(api.FundSideDEBIT))
	}
	asOf, warnings := call.ToTime("counted", fund.Counted)
	return adapters.Balance{
		BBAN:         call.Text(number),
		Type:         toType(fund.Kind),
		ProviderType: fund.Kind,
		Amount:       money.Amount,
		Currency:     money.Currency,
		AsOf:         asOf,
		Warnings:     warnings,
	}, err
}

func toType(kind string) adapters.BalanceType {
	if known, ok := types[kind]; ok {
		return known
	}
	return adapters.ParseBalanceType(kind)
}

// refusal reads the error body.
func refusal(answer call.Answer) call.Refusal { return answer.Refusal(form) }
