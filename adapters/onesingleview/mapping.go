package onesingleview

import (
	"cmp"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
	"github.com/shopspring/decimal"
)

// codes are the documented error codes.
var codes = map[string]adapters.Kind{
	"APIERR400": adapters.ErrInvalidArgument,
	"APIERR401": adapters.ErrUnauthorized,
	"APIERR500": adapters.ErrUnavailable,
}

// prefix is what the sandbox puts before indicators and types, and the documentation's own sample does not.
const prefix = "KSAOB."

// toBalances maps the payload of the account asked for; payloads of other accounts are left out. So are links and meta,
// which repeat the request's address and count pages that cannot be asked for.
func toBalances(bank, asked string, body api.AccountBalances) ([]adapters.Balance, error) {
	if !body.Success {
		failure := toRefusal(api.Error{Code: body.Code, Error: body.Error, ErrorCode: body.ErrorCode, Errors: body.Errors, Message: body.Message})
		return nil, failure.Error(adapters.ErrProtocol)
	}
	payload, err := find(bank, asked, body.Payload)
	if err != nil {
		return nil, err
	}
	return toEach("payload.data.balance", payload.Data.Balance)
}

// toEach maps a list, which the answer calls name.
func toEach(name string, list []api.Balance) ([]adapters.Balance, error) {
	if list == nil {
		return nil, call.Missing(name)
	}
	balances := make([]adapters.Balance, 0, len(list))
	for i, balance := range list {
		mapped, err := toBalance(balance)
		if err != nil {
			return nil, call.At(name, i, err)
		}
		balances = append(balances, mapped)
	}
	return balances, nil
}

// find returns the one payload of the account.
func find(bank, asked string, payloads []api.BankBalances) (*api.BankBalances, error) {
	var found *api.BankBalances
	for i := range payloads {
		switch {
		case payloads[i].Code != bank || payloads[i].Data.AccountID != asked:
		case found != nil:
			return nil, call.Broken("payload", "names the account twice")
		default:
			found = &payloads[i]
		}
	}
	if found == nil {
		return nil, call.Broken("payload", "holds nothing about the account")
	}
	return found, nil
}

func toBalance(balance api.Balance) (adapters.Balance, error) {
	amount, err := toAmount(balance)
	if err != nil {
		return adapters.Balance{}, err
	}
	lines, err := toCreditLines(balance.CreditLine)
	asOf, warnings := toTime(balance.DateTime)
	return adapters.Balance{
		Type:         adapters.ParseBalanceType(strings.TrimPrefix(balance.Type, prefix)),
		ProviderType: balance.Type,
		Amount:       amount,
		Currency:     balance.Amount.Currency,
		CreditLines:  lines,
		AsOf:         asOf,
		Warnings:     warnings,
	}, err
}

// toAmount gives the unsigned amount the sign of its indicator.
func toAmount(balance api.Balance) (decimal.Decimal, error) {
	amount, err := call.Amount("amount.amount", balance.Amount.Amount)
	if err != nil {
		return decimal.Decimal{}, err
	}
	if amount.IsNegative() {
		return decimal.Decimal{}, call.Broken("amount.amount", "has a sign besides creditDebitIndicator")
	}
	switch strings.TrimPrefix(string(balance.CreditDebitIndicator), prefix) {
	case string(api.CreditDebitIndicatorCredit):
		return amount, nil
	case string(api.CreditDebitIndicatorDebit):
		return amount.Neg(), nil
	case "":
		return decimal.Decimal{}, call.Missing("creditDebitIndicator")
	}
	return decimal.Decimal{}, call.Broken("creditDebitIndicator", "neither credit nor debit")
}

func toCreditLines(sent []api.CreditLine) ([]adapters.CreditLine, error) {
	var lines []adapters.CreditLine
	for i, line := range sent {
		mapped := adapters.CreditLine{Included: line.Included, Type: call.Text(line.Type)}
		if line.Amount != nil {
			if !line.Amount.Amount.Valid {
				return nil, call.At("creditLine", i, call.Missing("amount.amount"))
			}
			mapped.Amount, mapped.Currency = line.Amount.Amount, line.Amount.Currency
		}
		lines = append(lines, mapped)
	}
	return lines, nil
}

// toTime reads a full RFC 3339 time; the documentation's form has a zone, real banks sometimes leave it out.
func toTime(text string) (time.Time, []string) {
	asOf, err := time.Parse(time.RFC3339, text)
	asOf = asOf.UTC()
	if err != nil || asOf.Year() < 1 || asOf.Year() > 9999 { // in UTC, where RFC 3339 ends there too
		return time.Time{}, []string{"dateTime is not an unambiguous time"}
	}
	return asOf, nil
}

// refusal reads the error body, whose form is not documented: it takes the names that the provider is known to use.
func refusal(answer call.Answer) call.Refusal {
	var body api.Error
	if call.Decode(answer.Body, &body) != nil {
		return call.Refusal{}
	}
	return toRefusal(body)
}

// inBody is the failure that a 200 holds unless it says success; nil if it does.
func inBody(body api.Error) error {
	if body.Success != nil && *body.Success {
		return nil
	}
	return toRefusal(body).Error(adapters.ErrProtocol)
}

func toRefusal(body api.Error) call.Refusal {
	code := cmp.Or(call.Text(body.ErrorCode), call.Text(body.Code))
	kind, known := codes[code]
	return call.Refusal{Kind: kind, Known: known, Code: code, Message: message(body)}
}

func message(body api.Error) string {
	texts := []string{call.Text(body.Message)}
	for _, value := range append([]any{body.Error}, body.Errors...) {
		text, _ := value.(string)
		texts = append(texts, text)
	}
	return cmp.Or(texts...)
}
