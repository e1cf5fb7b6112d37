// Package pick chooses one balance of an account by a policy that the caller names, and says why. The rest of the
// library always returns all balances and never chooses.
//
//	choice, err := pick.Balance(pick.PolicyBookedFirst, balances)
//
// A choice is made by type only. Nothing is added, converted or guessed: where two balances fit equally, in two
// currencies for instance, the answer is [ErrAmbiguous], and the caller narrows the list down first.
package pick

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
)

// Policy says which balance is wanted. Its text is fit for a configuration file.
type Policy string

// The policies. Within booked and available, the moment of the call comes before the end of a period, and that before
// its beginning.
const (
	// PolicyBookedFirst takes a booked balance, else an available one.
	PolicyBookedFirst Policy = "bookedFirst"
	// PolicyAvailableFirst takes an available balance, with or without credit lines, else a booked one.
	PolicyAvailableFirst Policy = "availableFirst"
	// PolicyAvailableWithoutCredit takes an available balance whose provider states that no credit line is counted in it. A
	// balance that says nothing about credit does not fit.
	PolicyAvailableWithoutCredit Policy = "availableWithoutCredit"
	// PolicyExpectedFirst takes the expected balance, which counts pending entries, else a booked one.
	PolicyExpectedFirst Policy = "expectedFirst"
)

var (
	// ErrNone says that no balance fits the policy.
	ErrNone = errors.New("pick: no balance fits")
	// ErrAmbiguous says that several balances fit equally.
	ErrAmbiguous = errors.New("pick: several balances fit equally")
	// ErrPolicy says that there is no such policy.
	ErrPolicy = errors.New("pick: no such policy")
)

var (
	booked = []adapters.BalanceType{
		adapters.BalanceTypeInterimBooked, adapters.BalanceTypeClosingBooked, adapters.BalanceTypeOpeningBooked, adapters.BalanceTypePreviouslyClosedBooked,
	}
	available = []adapters.BalanceType{
		adapters.BalanceTypeInterimAvailable, adapters.BalanceTypeClosingAvailable, adapters.BalanceTypeOpeningAvailable,
	}
)

// rule is a policy taken apart: types in order of preference, and what else must hold.
type rule struct {
	types []adapters.BalanceType
	fits  func(adapters.Balance) bool
}

var rules = map[Policy]rule{
	PolicyBookedFirst:            {types: slices.Concat(booked, available)},
	PolicyAvailableFirst:         {types: slices.Concat(available, booked)},
	PolicyAvailableWithoutCredit: {types: available, fits: withoutCredit},
	PolicyExpectedFirst:          {types: slices.Concat([]adapters.BalanceType{adapters.BalanceTypeExpected}, booked)},
}

// Choice is a balance and the reason for it.
type Choice struct {
	Balance adapters.Balance
	Reason  string // one line without personal data
}

// Balance returns the balance that the policy prefers among the balances of one account.
func Balance(policy Policy, balances []adapters.Balance) (Choice, error) {
	rule, ok := rules[policy]
	if !ok {
		return Choice{}, ErrPolicy
	}
	for place, wanted := range rule.types {
		found := slices.DeleteFunc(slices.Clone(balances), func(b adapters.Balance) bool {
			return b.Type != wanted || rule.fits != nil && !rule.fits(b)
		})
		switch {
		case len(found) > 1:
			return Choice{}, fmt.Errorf("%w: %d of type %s", ErrAmbiguous, len(found), wanted)
		case len(found) == 1:
			return Choice{Balance: found[0], Reason: reason(policy, rule.types[:place], wanted)}, nil
		}
	}
	return Choice{}, fmt.Errorf("%w the policy %s", ErrNone, policy)
}

func reason(policy Policy, passed []adapters.BalanceType, taken adapters.BalanceType) string {
	text := string(policy) + ": " + string(taken)
	if len(passed) == 0 {
		return text
	}
	names := make([]string, len(passed))
	for i, name := range passed {
		names[i] = string(name)
	}
	return text + ", for want of " + strings.Join(names, ", ")
}

// withoutCredit reports whether a balance states that none of its credit lines is counted in it.
func withoutCredit(b adapters.Balance) bool {
	counted := func(line adapters.CreditLine) bool { return line.Included == nil || *line.Included }
	return len(b.CreditLines) > 0 && !slices.ContainsFunc(b.CreditLines, counted)
}
