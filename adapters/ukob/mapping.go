package ukob

import (
	"cmp"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	api "github.com/openbalances/openbalances/gen/ukob"
	"github.com/shopspring/decimal"
)

// codes are the standard's error codes that have a kind: the names of version 3.1, and the codes of version 4.0.
var codes = map[string]adapters.Kind{
	"UK.OBIE.UnexpectedError": adapters.ErrUnavailable, "U000": adapters.ErrUnavailable,
	"UK.OBIE.Field.Expected": adapters.ErrInvalidArgument, "U001": adapters.ErrInvalidArgument,
	"UK.OBIE.Field.Invalid": adapters.ErrInvalidArgument, "U002": adapters.ErrInvalidArgument,
	"UK.OBIE.Field.InvalidDate": adapters.ErrInvalidArgument, "U003": adapters.ErrInvalidArgument,
	"UK.OBIE.Field.Missing": adapters.ErrInvalidArgument, "U004": adapters.ErrInvalidArgument,
	"UK.OBIE.Field.Unexpected": adapters.ErrInvalidArgument, "U005": adapters.ErrInvalidArgument,
	"UK.OBIE.Header.Invalid": adapters.ErrInvalidArgument, "U006": adapters.ErrInvalidArgument,
	"UK.OBIE.Header.Missing": adapters.ErrInvalidArgument, "U007": adapters.ErrInvalidArgument,
	"UK.OBIE.Resource.ConsentMismatch": adapters.ErrConsentRequired, "U008": adapters.ErrConsentRequired,
	"UK.OBIE.Resource.InvalidConsentStatus": adapters.ErrConsentRequired, "U009": adapters.ErrConsentRequired,
	"UK.OBIE.Resource.InvalidFormat": adapters.ErrInvalidArgument, "U010": adapters.ErrInvalidArgument,
	"UK.OBIE.Resource.NotFound": adapters.ErrNotFound, "U011": adapters.ErrNotFound,
	"UK.OBIE.Reauthenticate": adapters.ErrConsentRequired, "U028": adapters.ErrConsentRequired,
	"UK.OBIE.Resource.Forbidden": "",
}

// form is that of the error body.
var form = call.Form{
	Inside: "Errors", Code: []string{"ErrorCode"}, Message: []string{"Message"}, RequestID: []string{"Id"}, Kinds: codes,
}

// refusal reads the standard's error body; its first error counts.
func refusal(answer call.Answer) call.Refusal { return answer.Refusal(form) }

func nextPage(links *api.Links) (field, link string) {
	if links != nil {
		link = call.Text(links.Next)
	}
	return "Links.Next", link
}

// balanceList is [api.Balances]. Left out: TotalValue, which belongs to no account, and Meta, which is for package call.
type balanceList[E any] struct {
	Data struct {
		Balance []E `json:"Balance"`
	} `json:"Data"`
	Links *api.Links `json:"Links"`
}

// Next implements [call.Linked].
func (l balanceList[E]) Next() (field, link string) { return nextPage(l.Links) }

// Join implements [call.Linked].
func (l balanceList[E]) Join(next balanceList[E]) balanceList[E] {
	next.Data.Balance = append(l.Data.Balance, next.Data.Balance...)
	return next
}

// bulk are the balances of all accounts, of which one that is broken spoils no other account.
type bulk = balanceList[call.Element[api.Balance]]

// toBalances maps the answer for the account asked for.
func toBalances(asked string, body balanceList[api.Balance]) ([]adapters.Balance, error) {
	return call.Each("Data.Balance", body.Data.Balance, func(balance api.Balance) (adapters.Balance, error) {
		switch balance.AccountID {
		case "":
			return adapters.Balance{}, call.Missing("AccountId")
		case asked:
			return toBalance(balance)
		}
		return adapters.Balance{}, call.Mismatch("AccountId")
	})
}

// toResults maps the balances of all accounts for those asked for.
func toResults(asked []string, body bulk) ([]adapters.AccountBalances, error) {
	accountID := func(balance api.Balance) string { return balance.AccountID }
	return call.Gather("Data.Balance", "AccountId", body.Data.Balance, asked, accountID, toBalance)
}

// toBalance maps a balance. Left out: LocalAmount, which is the same balance in another currency, and SubType.
func toBalance(balance api.Balance) (adapters.Balance, error) {
	money, err := toMoney(balance)
	if err != nil {
		return adapters.Balance{}, err
	}
	if balance.Type == "" {
		return adapters.Balance{}, call.Missing("Type")
	}
	lines, err := call.All("CreditLine", balance.CreditLine, toCreditLine)
	asOf, warnings := call.ToTime("DateTime", balance.DateTime)
	return adapters.Balance{
		AccountID:    balance.AccountID,
		Type:         adapters.ParseBalanceType(balance.Type),
		ProviderType: balance.Type,
		Amount:       money.Amount,
		Currency:     money.Currency,
		CreditLines:  lines,
		AsOf:         asOf,
		Warnings:     warnings,
	}, err
}

func toMoney(balance api.Balance) (call.Money, error) {
	money, err := call.ToMoney("Amount.Amount", balance.Amount.Amount, "Amount.Currency", balance.Amount.Currency)
	if err != nil {
		return call.Money{}, err
	}
	return money.Signed("Amount.Amount", "CreditDebitIndicator", string(balance.CreditDebitIndicator),
		string(api.BalanceCreditDebitIndicatorCredit), string(api.BalanceCreditDebitIndicatorDebit))
}

// toCreditLine maps a line. An empty amount is not stated, and neither is an absent indicator.
func toCreditLine(line api.CreditLine) (adapters.CreditLine, error) {
	mapped := adapters.CreditLine{Included: line.Included, Type: call.Text(line.Type)}
	amount := line.Amount
	if amount == nil || amount.Amount == nil && call.Text(amount.Currency) == "" {
		return mapped, nil
	}
	money, err := call.ToMoney("Amount.Amount", *cmp.Or(amount.Amount, &decimal.NullDecimal{}), "Amount.Currency", call.Text(amount.Currency))
	mapped.Amount, mapped.Currency = &money.Amount, money.Currency
	return mapped, err
}
