package onesingleview

import (
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/onesingleview"
)

// codes are the documented error codes: those of the API, and those of the layer in front of it.
var codes = map[string]adapters.Kind{
	"APIERR400": adapters.ErrInvalidArgument,
	"APIERR401": adapters.ErrUnauthorized,
	"APIERR500": adapters.ErrUnavailable,

	"MW-001": adapters.ErrNotFound,
	"MW-400": adapters.ErrInvalidArgument,
	"MW-401": adapters.ErrUnauthorized,
	"MW-403": adapters.ErrForbidden,
	"MW-404": adapters.ErrNotFound,
	"MW-405": adapters.ErrInvalidArgument,
	"MW-406": adapters.ErrInvalidArgument,
	"MW-415": adapters.ErrInvalidArgument,
	"MW-429": adapters.ErrRateLimited,
	"MW-500": adapters.ErrUnavailable,
	"MW-503": adapters.ErrUnavailable,
	"MW-504": adapters.ErrUnavailable,
}

// form is that of the error body, which no page shows whole: all names that the provider is known to use.
var form = call.Form{
	Code:      []string{"errorCode", "code"},
	Message:   []string{"message", "errorMessage", "error", "errors"},
	RequestID: []string{"correlationId"},
	Kinds:     codes,
}

// states holds the one text that has been seen.
var states = map[string]adapters.AccountState{"Active": adapters.AccountStateEnabled}

// prefix is what the sandbox puts before indicators and types, and the documentation's own sample does not.
const prefix = "KSAOB."

// answer is [api.AccountBalances], of which one broken part spoils no other.
type answer struct {
	Success *bool                            `json:"success"`
	Payload []call.Element[api.BankBalances] `json:"payload"`
}

// toResults maps the parts of the answer for the accounts asked for.
func toResults(bank string, asked []string, body answer) ([]adapters.AccountBalances, error) {
	if err := failed(body.Success); err != nil {
		return nil, err
	}
	names := func(part api.BankBalances, id string) bool { return part.Code == bank && part.Data.AccountID == id }
	toBalances := func(part api.BankBalances, _ string) ([]adapters.Balance, error) {
		return call.Each("data.balance", part.Data.Balance, func(balance api.Balance) (adapters.Balance, error) {
			mapped, err := toBalance(balance)
			mapped.AccountID = part.Data.AccountID
			return mapped, err
		})
	}
	absent := func(id string) error {
		for i, part := range body.Payload {
			if part.Value.Data.AccountID == id {
				return call.At("payload", i, call.Broken("code", "not the bank that was asked for"))
			}
		}
		return call.Broken("payload", "holds nothing about the account")
	}
	return call.Match("payload", body.Payload, asked, names, toBalances, absent)
}

func toBalance(balance api.Balance) (adapters.Balance, error) {
	money, err := toMoney(balance)
	if err != nil {
		return adapters.Balance{}, err
	}
	lines, err := call.All("creditLine", balance.CreditLine, toCreditLine)
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

// toCreditLine maps a line; an indicator that is absent is not stated.
func toCreditLine(line api.CreditLine) (adapters.CreditLine, error) {
	mapped := adapters.CreditLine{Included: line.Included, Type: call.Text(line.Type)}
	if line.Amount == nil {
		return mapped, nil
	}
	money, err := call.ToMoney("amount.amount", line.Amount.Amount, "amount.currency", line.Amount.Currency)
	mapped.Amount, mapped.Currency = &money.Amount, money.Currency
	return mapped, err
}

func refusal(answer call.Answer) call.Refusal { return answer.Refusal(form) }

// failed says that a 200 is no success; what else its body says, reported reads.
func failed(success *bool) error {
	switch {
	case success == nil:
		return call.Missing("success")
	case !*success:
		return call.Broken("success", "not true")
	}
	return nil
}

// reported reads the failure that a 200 holds unless it says success.
func reported(answer call.Answer) (call.Refusal, bool) {
	if answer.Member("success") == "true" {
		return call.Refusal{}, false
	}
	refusal := answer.Refusal(form)
	return refusal, refusal.Code != "" || refusal.Message != ""
}
