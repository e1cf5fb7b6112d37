package main

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAllImplementationsReturnTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range compared {
		s, err := newScenario(c.bank, c.balances)
		require.NoError(t, err)
		assert.NoError(t, s.prove())
	}
}

func TestProofSeesDifferences(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*adapters.Balance){
		"exponent": func(b *adapters.Balance) {
			b.Amount = decimal.New(b.Amount.CoefficientInt64()*10, b.Amount.Exponent()-1)
		},
		"amount":      func(b *adapters.Balance) { b.Amount = b.Amount.Neg() },
		"credit line": func(b *adapters.Balance) { b.CreditLines = nil },
		"account":     func(b *adapters.Balance) { b.AccountID = "other" },
		"time":        func(b *adapters.Balance) { b.AsOf = b.AsOf.Add(1) },
	} {
		s, err := newScenario(onesingleviewBank, 2)
		require.NoError(t, err)
		s.hand = func(a access) (fetch, error) { return altered(onesingleviewBank.hand, a, change) }
		assert.ErrorContains(t, s.prove(), "hand: returns other balances than ours", name)
	}
}

func altered(open func(access) (fetch, error), a access, change func(*adapters.Balance)) (fetch, error) {
	inner, err := open(a)
	return func(ctx context.Context, account string) ([]adapters.Balance, error) {
		balances, err := inner(ctx, account)
		change(&balances[0])
		return balances, err
	}, err
}

func TestBodiesAreTheDocumentsExamples(t *testing.T) {
	t.Parallel()
	text, err := myposBank.body(3)
	require.NoError(t, err)
	balance := `{"amount":4.200,"currency":"PLN","balanceType":"available"}`
	assert.JSONEq(t, `{"account":{"accountNumber":"50044620073","iban":"BG57INTF40015004462007"},"balances":[`+
		balance+","+balance+","+balance+`]}`, string(text))
	assert.Contains(t, string(text), "4.200", "numbers stay as written")
	_, err = repeat(json.RawMessage(`{"list":[]}`), []string{"list"}, 2)
	assert.Error(t, err)
	_, err = repeat(json.RawMessage(`{"list":[]}`), []string{"other"}, 2)
	assert.Error(t, err)
}

func TestEveryGateIsNoBetterThanItsGoal(t *testing.T) {
	t.Parallel()
	for name, sizes := range targets {
		for n, target := range sizes {
			assert.True(t, target.passes(target.goal, target.gate), "%s, %d", name, n)
		}
	}
	assert.False(t, throughputTarget.passes(0.94, throughputTarget.gate))
	assert.False(t, memoryTarget.passes(1.11, memoryTarget.gate))
}

// BenchmarkCall is what to profile: go test -run - -bench Call/ours -cpuprofile cpu.out ./adapters/internal/bench
func BenchmarkCall(b *testing.B) {
	for _, c := range compared {
		s, err := newScenario(c.bank, c.balances)
		require.NoError(b, err)
		calls, err := s.calls(inMemory(s.text, nil))
		require.NoError(b, err)
		for i, call := range calls {
			b.Run(fmt.Sprintf("%s/%s%d", names[i], s.name, s.balances), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					call()
				}
			})
		}
	}
}
