package ukob

import (
	"cmp"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
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

// refusal reads the standard's error body; its first error counts. A code means the same with every status, although Santander
// has been seen to say NotFound, with a 403, of a consent that nobody has agreed to.
func refusal(answer call.Answer) call.Refusal { return answer.Refusal(form) }

// nextPage is where the next page is. HSBC has written null where its address stands.
func nextPage(links *api.Links) (field, link string) {
	if links != nil {
		link = call.Text(links.Next)
	}
	if path, ok := strings.CutPrefix(link, "null/"); ok {
		link = "/" + path
	}
	return "Links.Next", link
}

// dialect is how a bank speaks, and cards whether the accounts are cards: true, false, or "" if that is not known.
type dialect struct {
	bank.Quirks
	cards string
}

// balanceList is [api.Balances]. Left out: TotalValue, which belongs to no account, and Meta, which is for package call.
type balanceList[E any] struct {
	Data  balanceData[E] `json:"Data"`
	Links *api.Links     `json:"Links"`
}

type balanceData[E any] struct {
	Balance []E `json:"Balance"`
}

// Single names the list whose one element may stand there by itself, as in samples of the standard's documentation.
func (balanceData[E]) Single() []string { return []string{"Balance"} }

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
func (d dialect) toBalances(asked string, body balanceList[api.Balance]) ([]adapters.Balance, error) {
	return call.Each("Data.Balance", body.Data.Balance, func(balance api.Balance) (adapters.Balance, error) {
		switch balance.AccountID {
		case "":
			return adapters.Balance{}, call.Missing("AccountId")
		case asked:
			return d.toBalance(balance)
		}
		return adapters.Balance{}, call.Mismatch("AccountId")
	})
}

// toResults maps the balances of all accounts for those asked for.
func (d dialect) toResults(asked []string, body bulk) ([]adapters.AccountBalances, error) {
	accountID := func(balance api.Balance) string { return balance.AccountID }
	return call.Gather("Data.Balance", "AccountId", body.Data.Balance, asked, accountID, d.toBalance)
}

// toBalance maps a balance. Left out: LocalAmount, which is the same balance in another currency, and SubType.
func (d dialect) toBalance(balance api.Balance) (adapters.Balance, error) {
	money, err := d.toMoney(balance)
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
		Type:         d.Type(balance.Type),
		ProviderType: balance.Type,
		Amount:       money.Amount,
		Currency:     money.Currency,
		CreditLines:  lines,
		AsOf:         asOf,
		Warnings:     warnings,
	}, err
}

func (d dialect) toMoney(balance api.Balance) (call.Money, error) {
	money, err := call.ToMoney("Amount.Amount", balance.Amount.Amount, "Amount.Currency", balance.Amount.Currency)
	if err != nil {
		return call.Money{}, err
	}
	credit, debit := string(api.BalanceCreditDebitIndicatorCredit), string(api.BalanceCreditDebitIndicatorDebit)
	indicator := string(balance.CreditDebitIndicator)
	for _, known := range []string{credit, debit} {
		if strings.EqualFold(indicator, known) {
			indicator = known
		}
	}
	money, err = money.Signed("Amount.Amount", "CreditDebitIndicator", indicator, credit, debit)
	switch {
	case err != nil || d.cards != "true":
	case d.CardIndicator == "unknown":
		return call.Money{}, call.Broken("CreditDebitIndicator", "may mean the opposite for cards of the bank; a profile of one's own has to say")
	case d.CardIndicator == "reversed":
		money.Amount = adapters.NewAmount(money.Amount.Decimal().Neg())
	}
	return money, err
}

// toCreditLine maps a line. An empty amount is not stated, and neither is an absent indicator.
func toCreditLine(line api.CreditLine) (adapters.CreditLine, error) {
	mapped := adapters.CreditLine{Included: line.Included, Type: call.Text(line.Type)}
	amount := line.Amount
	if amount == nil || amount.Amount == nil && call.Text(amount.Currency) == "" {
		return mapped, nil
	}
	money, err := call.ToMoney("Amount.Amount", *cmp.Or(amount.Amount, &decimal.NullDecimal{}), "Amount.Currency", call.Text(amount.Currency))
	if err == nil && money.Amount.Decimal().IsNegative() {
		err = call.Broken("Amount.Amount", "has a sign")
	}
	mapped.Amount, mapped.Currency = &money.Amount, money.Currency
	return mapped, err
}
