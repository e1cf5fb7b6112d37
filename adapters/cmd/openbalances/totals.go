package main

import (
	"cmp"
	"slices"

	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
)

// What a total says about credit lines.
const (
	creditIncluded = "included"
	creditUnclear  = "unclear" // the provider does not say whether the balance counts its credit line
)

// total is the sum of the balances of one type, in one currency, that count credit lines alike. What cannot be added has a
// problem instead of an amount.
type total struct {
	Currency string               `json:"currency"`
	Type     adapters.BalanceType `json:"type"`
	Credit   string               `json:"credit,omitempty" jsonschema:"included: the balances count a credit line; unclear: the provider does not say; absent: they count none"`
	Amount   *adapters.Amount     `json:"amount,omitempty" jsonschema:"absent where there is a problem"`
	Balances int                  `json:"balances" jsonschema:"how many"`
	Problem  string               `json:"problem,omitempty" jsonschema:"why the balances cannot be added"`
}

func (t total) amountText() string {
	if t.Amount == nil {
		return ""
	}
	return t.Amount.String()
}

type group struct {
	currency string
	kind     adapters.BalanceType
	credit   string
}

// totals adds what can be added, sorted by currency and type.
func totals(all []balance) []total {
	groups := map[group][]balance{}
	for _, b := range all {
		of := group{b.Currency, b.Type, creditOf(b.Balance)}
		groups[of] = append(groups[of], b)
	}
	found := []total{}
	for of, balances := range groups {
		sum, problem := add(balances)
		found = append(found, total{of.currency, of.kind, of.credit, sum, len(balances), problem})
	}
	slices.SortFunc(found, func(a, b total) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Credit, b.Credit))
	})
	return found
}

func creditOf(b adapters.Balance) string {
	credit := ""
	for _, line := range b.CreditLines {
		switch {
		case line.Included == nil:
			credit = cmp.Or(credit, creditUnclear)
		case *line.Included:
			credit = creditIncluded
		}
	}
	return credit
}

// add returns the exact sum of balances that are alike, or why there is none.
func add(balances []balance) (*adapters.Amount, string) {
	sum, accounts := decimal.Decimal{}, map[string]bool{}
	for _, b := range balances {
		if b.Type == adapters.BalanceTypeUnknown {
			return nil, "the type is not known"
		}
		for _, name := range b.accountNames() {
			if accounts[name] {
				return nil, "an account would count more than once"
			}
		}
		for _, name := range b.accountNames() {
			accounts[name] = true
		}
		sum = sum.Add(b.Amount.Decimal())
	}
	amount := adapters.NewAmount(sum)
	return &amount, ""
}

// accountNames are what an account may be known by, also through two connections.
func (b balance) accountNames() []string {
	names := []string{"id " + b.Provider + " " + b.AccountID}
	if b.IBAN != "" {
		names = append(names, "iban "+b.IBAN)
	}
	return names
}
