package onesingleview

import (
	"cmp"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
)

// codes are the documented error codes.
var codes = map[string]adapters.Kind{
	"APIERR400": adapters.ErrInvalidArgument,
	"APIERR401": adapters.ErrUnauthorized,
	"APIERR500": adapters.ErrUnavailable,
}

// states holds the one text that has been seen.
var states = map[string]adapters.AccountState{"Active": adapters.AccountEnabled}

// prefix is what the sandbox puts before indicators and types, and the documentation's own sample does not.
const prefix = "KSAOB."

// answer is [api.AccountBalances], of which one broken part spoils no other.
type answer struct {
	api.Error
	Payload []call.Element[api.BankBalances] `json:"payload"`
}

// toResults maps the parts of the answer for the accounts asked for.
func toResults(bank string, asked []string, body answer) ([]adapters.AccountBalances, error) {
	if err := inBody(body.Error); err != nil {
		return nil, err
	}
	names := func(part api.BankBalances, id string) bool { return part.Code == bank && part.Data.AccountID == id }
	toBalances := func(part api.BankBalances, _ string) ([]adapters.Balance, error) {
		return call.Each("payload.data.balance", part.Data.Balance, func(balance api.Balance) (adapters.Balance, error) {
			mapped, err := toBalance(balance)
			mapped.AccountID = part.Data.AccountID
			return mapped, err
		})
	}
	absent := func() error { return call.Broken("payload", "holds nothing about the account") }
	return call.Match("payload", body.Payload, asked, names, toBalances, absent)
}

func toBalance(balance api.Balance) (adapters.Balance, error) {
	money, err := toMoney(balance)
	if err != nil {
		return adapters.Balance{}, err
	}
	lines, err := toCreditLines(balance.CreditLine)
	asOf, warnings := call.ToTime("dateTime", balance.DateTime)
	return adapters.Balance{
		Type:         adapters.ParseBalanceType(strings.TrimPrefix(balance.Type, prefix)),
		ProviderType: balance.Type,
		Amount:       money.Amount,
		Currency:     money.Currency,
		CreditLines:  lines,
		AsOf:         asOf,
		Warnings:     warnings,
	}, err
}

func toMoney(balance api.Balance) (call.Money, error) {
	money, err := call.ToMoney("amount.amount", balance.Amount.Amount, "amount.currency", balance.Amount.Currency)
	if err != nil {
		return call.Money{}, err
	}
	indicator := strings.TrimPrefix(string(balance.CreditDebitIndicator), prefix)
	return money.Signed("amount.amount", "creditDebitIndicator", indicator,
		string(api.CreditDebitIndicatorCredit), string(api.CreditDebitIndicatorDebit))
}

// toCreditLines maps the lines; an indicator that is absent is not stated.
func toCreditLines(sent []api.CreditLine) ([]adapters.CreditLine, error) {
	var lines []adapters.CreditLine
	for i, line := range sent {
		mapped := adapters.CreditLine{Included: line.Included, Type: call.Text(line.Type)}
		if line.Amount != nil {
			money, err := call.ToMoney("amount.amount", line.Amount.Amount, "amount.currency", line.Amount.Currency)
			if err != nil {
				return nil, call.At("creditLine", i, err)
			}
			mapped.Amount, mapped.Currency = &money.Amount, money.Currency
		}
		lines = append(lines, mapped)
	}
	return lines, nil
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
