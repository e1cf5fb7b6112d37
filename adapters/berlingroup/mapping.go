package berlingroup

import (
	"cmp"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	api "github.com/openbalances/openbalances/gen/berlingroup"
)

// refusal reads either form of an error body; its first error counts.
func refusal(answer call.Answer) call.Refusal { return answer.Refusal(xs2a.Form) }

// dialect is how a bank speaks.
type dialect struct {
	bank.Quirks
	cards bool
	zone  *time.Location
}

// accountBalances are [api.AccountBalances] and [api.CardBalances], of which an answer is one.
type accountBalances struct {
	Account         *api.AccountReference `json:"account"`
	DebitAccounting *bool                 `json:"debitAccounting"`
	Balances        []api.Balance         `json:"balances"`
}

// toBalances maps the answer, which does not name the id of its account.
func (d dialect) toBalances(body accountBalances) ([]adapters.Balance, error) {
	account := cmp.Or(body.Account, &api.AccountReference{})
	return call.Each("balances", body.Balances, func(balance api.Balance) (adapters.Balance, error) {
		return d.toBalance(balance, account, body.DebitAccounting)
	})
}

func (d dialect) toBalance(balance api.Balance, account *api.AccountReference, debits *bool) (adapters.Balance, error) {
	money, err := d.toMoney(balance, debits)
	if err != nil {
		return adapters.Balance{}, err
	}
	if balance.BalanceType == "" && !d.TypeMayBeMissing {
		return adapters.Balance{}, call.Missing("balanceType")
	}
	date, odd := call.ToDate("referenceDate", balance.ReferenceDate)
	mapped := adapters.Balance{
		IBAN:                     call.Text(account.IBAN),
		BBAN:                     call.Text(account.BBAN),
		Type:                     d.Type(balance.BalanceType),
		ProviderType:             cmp.Or(balance.BalanceType, "not stated"),
		Amount:                   money.Amount,
		Currency:                 money.Currency,
		ReferenceDate:            date,
		LastCommittedTransaction: call.Text(balance.LastCommittedTransaction),
		Warnings:                 append(xs2a.OtherCurrency(account.Currency, balance.BalanceAmount.Currency), odd...),
	}
	if changed := balance.LastChangeDateTime; changed != nil {
		mapped.AsOf, odd = d.toTime("lastChangeDateTime", *changed)
		mapped.Warnings = append(mapped.Warnings, odd...)
	}
	if balance.CreditLimitIncluded != nil {
		mapped.CreditLines = []adapters.CreditLine{{Included: balance.CreditLimitIncluded}}
	}
	return mapped, nil
}

// toMoney maps the amount. That of a card account needs someone who says which sign debts have.
func (d dialect) toMoney(balance api.Balance, debits *bool) (call.Money, error) {
	money, err := call.ToMoney("balanceAmount.amount", balance.BalanceAmount.Amount, "balanceAmount.currency", balance.BalanceAmount.Currency)
	if err != nil || !d.cards {
		return money, err
	}
	switch sign := d.CardDebt(balance.BalanceType); {
	case debits == nil && sign == "":
		return call.Money{}, call.Broken("balanceAmount.amount", "neither debitAccounting nor a profile says which sign debts have")
	case debits != nil && *debits, debits == nil && sign == "positive":
		money.Amount = adapters.NewAmount(money.Amount.Decimal().Neg())
	}
	return money, nil
}

// wall is a time without offset.
const wall = "2006-01-02T15:04:05.999999999"

// toTime reads a time. One without offset is that of the bank's wall clock, if its zone is known; where that clock shows a
// time twice or never, it is no time.
func (d dialect) toTime(field, text string) (time.Time, []string) {
	t, odd := call.ToTime(field, text)
	if odd == nil || d.zone == nil {
		return t, odd
	}
	t, err := time.ParseInLocation(wall, text, d.zone)
	shows := func(other time.Time) bool { return other.Format(wall) == t.Format(wall) }
	if err != nil || shows(t.Add(time.Hour)) || shows(t.Add(-time.Hour)) || !strings.HasPrefix(text, t.Format(wall[:19])) {
		return time.Time{}, odd
	}
	return t.UTC(), nil
}
