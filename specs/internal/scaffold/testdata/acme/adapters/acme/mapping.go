package acme

import (
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/acme"
	"github.com/shopspring/decimal"
)

// codes are the documented error codes.
var codes = map[string]adapters.Kind{
	"A1": adapters.ErrUnauthorized,
	"A2": adapters.ErrConsentRequired,
}

// types are the documented kinds of funds.
var types = map[string]adapters.BalanceType{
	"BOOKED": adapters.ClosingBooked,
	"FREE":   adapters.InterimAvailable,
}

// toBalances maps the answer for the account asked for. Every field of it is mapped.
func toBalances(asked string, body api.Funds) ([]adapters.Balance, error) {
	if body.Holding != asked {
		return nil, call.Mismatch("holding")
	}
	if body.Funds == nil {
		return nil, call.Missing("funds")
	}
	balances := make([]adapters.Balance, 0, len(body.Funds))
	for i, fund := range body.Funds {
		mapped, err := toBalance(fund)
		if err != nil {
			return nil, call.At("funds", i, err)
		}
		mapped.BBAN = call.Text(body.Number)
		balances = append(balances, mapped)
	}
	return balances, nil
}

func toBalance(fund api.Fund) (adapters.Balance, error) {
	amount, err := toAmount(fund)
	return adapters.Balance{
		Type:         toType(fund.Kind),
		ProviderType: fund.Kind,
		Amount:       amount,
		Currency:     fund.Currency,
	}, err
}

func toType(kind string) adapters.BalanceType {
	if known, ok := types[kind]; ok {
		return known
	}
	return adapters.Unknown
}

// toAmount gives the sum the sign of its side.
func toAmount(fund api.Fund) (decimal.Decimal, error) {
	amount, err := call.Amount("sum", fund.Sum)
	switch {
	case err != nil:
		return decimal.Decimal{}, err
	case amount.IsNegative():
		return decimal.Decimal{}, call.Broken("sum", "has a sign besides side")
	case fund.Side == api.FundSideCREDIT:
		return amount, nil
	case fund.Side == api.FundSideDEBIT:
		return amount.Neg(), nil
	}
	return decimal.Decimal{}, call.Broken("side", "neither CREDIT nor DEBIT")
}

// refusal reads the error body.
func refusal(answer call.Answer) call.Refusal {
	var body api.Trouble
	if call.Decode(answer.Body, &body) != nil {
		return call.Refusal{}
	}
	kind, known := codes[body.Code]
	return call.Refusal{
		Kind: kind, Known: known, Code: body.Code, Message: call.Text(body.Reason), RequestID: call.Text(body.Ticket),
	}
}
