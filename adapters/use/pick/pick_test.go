package pick_test

import (
	"fmt"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/pick"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
)

// balance is one of a type; each of included is a credit line: yes, no or not stated.
func balance(kind adapters.BalanceType, included ...string) adapters.Balance {
	b := adapters.Balance{Type: kind, Currency: "EUR", Amount: adapters.NewAmount(decimal.New(100, -2))}
	for _, text := range included {
		line := adapters.CreditLine{}
		if counted := text == "yes"; text != "" {
			line.Included = &counted
		}
		b.CreditLines = append(b.CreditLines, line)
	}
	return b
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	all := []adapters.Balance{
		balance(adapters.BalanceTypeUnknown), balance(adapters.BalanceTypeOpeningBooked), balance(adapters.BalanceTypeClosingBooked), balance(adapters.BalanceTypeInterimBooked),
		balance(adapters.BalanceTypeExpected), balance(adapters.BalanceTypeForwardAvailable), balance(adapters.BalanceTypeClosingAvailable), balance(adapters.BalanceTypeInterimAvailable),
	}
	for _, test := range []struct {
		policy   pick.Policy
		balances []adapters.Balance
		want     adapters.BalanceType
		reason   string
		err      error
	}{
		{pick.PolicyBookedFirst, all, adapters.BalanceTypeInterimBooked, "bookedFirst: interimBooked", nil},
		{pick.PolicyAvailableFirst, all, adapters.BalanceTypeInterimAvailable, "availableFirst: interimAvailable", nil},
		{pick.PolicyExpectedFirst, all, adapters.BalanceTypeExpected, "expectedFirst: expected", nil},
		{pick.PolicyBookedFirst, all[1:3], adapters.BalanceTypeClosingBooked, "bookedFirst: closingBooked, for want of interimBooked", nil},
		{pick.PolicyAvailableFirst, all[2:3], adapters.BalanceTypeClosingBooked,
			"availableFirst: closingBooked, for want of interimAvailable, closingAvailable, openingAvailable, interimBooked", nil},
		{pick.PolicyBookedFirst, all[:1], "", "", pick.ErrNone},
		{pick.PolicyBookedFirst, nil, "", "", pick.ErrNone},
		{pick.PolicyAvailableWithoutCredit, all, "", "", pick.ErrNone},
		{pick.PolicyAvailableWithoutCredit, []adapters.Balance{balance(adapters.BalanceTypeInterimAvailable, "no", "yes")}, "", "", pick.ErrNone},
		{pick.PolicyAvailableWithoutCredit, []adapters.Balance{balance(adapters.BalanceTypeInterimAvailable, "no", "")}, "", "", pick.ErrNone},
		{pick.PolicyAvailableWithoutCredit, []adapters.Balance{balance(adapters.BalanceTypeInterimAvailable, "yes"), balance(adapters.BalanceTypeInterimAvailable, "no")},
			adapters.BalanceTypeInterimAvailable, "availableWithoutCredit: interimAvailable", nil},
		{pick.PolicyBookedFirst, []adapters.Balance{all[2], all[3], all[3]}, "", "", pick.ErrAmbiguous},
		{"best", all, "", "", pick.ErrPolicy},
	} {
		choice, err := pick.Balance(test.policy, test.balances)
		assert.ErrorIs(t, err, test.err)
		assert.Equal(t, test.want, choice.Balance.Type)
		assert.Equal(t, test.reason, choice.Reason)
	}
}

func TestPickLeavesTheListAlone(t *testing.T) {
	t.Parallel()
	balances := []adapters.Balance{balance(adapters.BalanceTypeExpected), balance(adapters.BalanceTypeInterimBooked)}
	_, _ = pick.Balance(pick.PolicyBookedFirst, balances)
	assert.Equal(t, []adapters.Balance{balance(adapters.BalanceTypeExpected), balance(adapters.BalanceTypeInterimBooked)}, balances)
}

func ExampleBalance() {
	balances := []adapters.Balance{
		{Type: adapters.BalanceTypeClosingBooked, Amount: adapters.NewAmount(decimal.New(100010, -2)), Currency: "NOK"},
		{Type: adapters.BalanceTypeExpected, Amount: adapters.NewAmount(decimal.New(90010, -2)), Currency: "NOK"},
	}
	choice, err := pick.Balance(pick.PolicyBookedFirst, balances)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(choice.Balance.Amount, choice.Balance.Currency)
	fmt.Println(choice.Reason)
	// Output:
	// 1000.10 NOK
	// bookedFirst: closingBooked, for want of interimBooked
}
