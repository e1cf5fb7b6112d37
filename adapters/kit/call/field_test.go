package call_test

import (
	"errors"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFieldsAreNamed(t *testing.T) {
	t.Parallel()
	foreign := errors.New("not ours")
	inner := call.Missing("amount")
	for want, err := range map[string]error{
		"protocol: amount: odd":                            call.Broken("amount", "odd"),
		"protocol: amount: missing":                        inner,
		"protocol: id: not the account that was asked for": call.Mismatch("id"),
		"protocol: balances[3].amount: missing":            call.At("balances", 3, inner),
		"protocol: [0].amount: missing":                    call.At("", 0, inner),
		"protocol: a[1].b[2].amount: missing":              call.At("a", 1, call.At("b", 2, inner)),
		"not ours":                                         call.At("balances", 0, foreign),
	} {
		assert.EqualError(t, err, want)
	}
	assert.EqualError(t, inner, "protocol: amount: missing", "the inner error is not changed")
	assert.ErrorIs(t, call.At("balances", 0, call.Refusal{Kind: adapters.ErrNotFound}.Error("")), adapters.ErrNotFound)
}

func TestAmountIsNeverMadeUp(t *testing.T) {
	t.Parallel()
	got, err := call.Amount("amount", decimal.NewNullDecimal(decimal.New(4200, -3)))
	require.NoError(t, err)
	assert.Equal(t, int32(-3), got.Exponent())
	_, err = call.Amount("amount", decimal.NullDecimal{Decimal: decimal.New(1, 0)})
	assert.EqualError(t, err, "protocol: amount: missing")
}

func TestTextAndOptional(t *testing.T) {
	t.Parallel()
	assert.Empty(t, call.Text(nil))
	assert.Nil(t, call.Optional(""))
	assert.Equal(t, "x", call.Text(call.Optional(adapters.Secret("x"))))
}
