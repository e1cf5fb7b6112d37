package main_test

import (
	"context"
	"errors"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/specs"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	faultSeed       = 20260102
	accountsPerBank = 420
	accountsPerCall = 20 // of one bank, before it is the next one's turn
)

// TestFaultsLoseNothing asks banks that fail in every way for more than 2,000 accounts, the way that get does. The
// first bank's server is killed four times besides; the others must not notice.
func TestFaultsLoseNothing(t *testing.T) {
	t.Parallel()
	var banks []*faultyBank
	for i, provider := range specs.Providers() {
		faults := drawFaults(faultSeed+uint64(i), accountsPerBank)
		for at := 50; i == 0 && at < accountsPerBank; at += 100 {
			faults[at] = killed
		}
		banks = append(banks, newFaultyBank(t, provider, faults))
	}
	var sources []adapters.Source
	var accounts [][]string
	var expected []account
	for first := 0; first < accountsPerBank; first += accountsPerCall {
		for _, bank := range banks {
			var ids []string
			for i := range accountsPerCall {
				ids = append(ids, bank.accountID(first+i))
				expected = append(expected, account{bank, first + i, bank == banks[0]})
			}
			sources, accounts = append(sources, bank), append(accounts, ids)
		}
	}
	results := openbalances.Fetch(t.Context(), sources, accounts)
	count(t, expected, results)
}

// account is one that has been asked for. What a restless bank does to it depends on the moment.
type account struct {
	bank     *faultyBank
	i        int
	restless bool
}

// count checks every result, and that nothing is lost on the way from accounts to sums.
func count(t *testing.T, expected []account, results []openbalances.Account) {
	t.Helper()
	require.Equal(t, len(expected), len(results))
	answered, failures := 0, map[string]int{}
	want, got := decimal.Decimal{}, decimal.Decimal{}
	for i, result := range results {
		require.Equal(t, expected[i].bank.accountID(expected[i].i), result.ID, "each account once, in order")
		expected[i].assert(t, result)
		if result.Err != nil {
			failures[nameOf(result.Err)]++
			continue
		}
		answered++
		want = want.Add(sum(expected[i].bank.example(expected[i].i).balances))
		got = got.Add(sum(result.Balances))
	}
	failed := 0
	for _, n := range failures {
		failed += n
	}
	t.Logf("accounts asked: %d, with balances: %d, failed: %d %v", len(results), answered, failed, failures)
	t.Logf("sum of all balances, whatever their currency: %s", got)
	assert.Equal(t, len(results), answered+failed)
	assert.Equal(t, want.String(), got.String(), "the sum is exact")
	assert.NotContains(t, failures, "", "every failure has a name")
}

// assert checks that an account ended as its fault makes it end.
func (a account) assert(t *testing.T, got openbalances.Account) {
	t.Helper()
	assert.LessOrEqual(t, a.bank.asked[a.i].Load(), int32(1), "%s: nothing is asked twice", got.ID)
	if got.Err != nil {
		assert.Empty(t, got.Balances, "an error comes with no balances")
	} else {
		assert.NotEmpty(t, got.Balances)
	}
	if a.restless && got.Err != nil {
		return
	}
	want := map[fault]string{
		none: "", truncated: "protocol", killed: "protocol", reset: "unavailable", delayed: "deadline",
	}[a.bank.faults[a.i]]
	assert.Equal(t, want, nameOf(got.Err), "%s", got.ID)
	if got.Err == nil {
		balances := a.bank.example(a.i).balances
		require.Equal(t, len(balances), len(got.Balances), got.ID)
		assert.Equal(t, sum(balances).String(), sum(got.Balances).String(), got.ID)
		assert.Equal(t, got.ID, got.Balances[0].AccountID)
	}
}

func sum(balances []adapters.Balance) decimal.Decimal {
	total := decimal.Decimal{}
	for _, balance := range balances {
		total = total.Add(balance.Amount.Decimal())
	}
	return total
}

// nameOf is the kind of a failure, "" for what is none of the library's.
func nameOf(err error) string {
	var failure *adapters.Error
	switch {
	case errors.As(err, &failure):
		return string(failure.Kind)
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	}
	return ""
}
