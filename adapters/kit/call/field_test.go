package call_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

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
	refused := call.Refusal{Kind: adapters.ErrNotFound}.Error("")
	assert.EqualError(t, call.At("balances", 0, refused), "not_found: balances[0]")
	assert.NoError(t, call.At("balances", 0, nil))
	assert.ErrorIs(t, call.At("balances", 0, refused), adapters.ErrNotFound)
}

func TestMoneyIsNeverMadeUp(t *testing.T) {
	t.Parallel()
	got, err := call.ToMoney("amount", decimal.NewNullDecimal(decimal.New(4200, -3)), "currency", "NOK")
	require.NoError(t, err)
	assert.Equal(t, call.Money{Amount: amount("4.200"), Currency: "NOK"}, got)
	_, err = call.ToMoney("amount", decimal.NullDecimal{Decimal: decimal.New(1, 0)}, "currency", "NOK")
	assert.EqualError(t, err, "protocol: amount: missing")
	_, err = call.ToMoney("amount", decimal.NewNullDecimal(decimal.Zero), "currency", "")
	assert.EqualError(t, err, "protocol: currency: missing")
}

func TestSigned(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ amount, indicator, want string }{
		{"1.50", "Credit", "1.50"}, {"1.50", "Debit", "-1.50"}, {"0.00", "Debit", "0.00"},
		{"1.50", "", "protocol: indicator: missing"}, {"1.50", "credit", "protocol: indicator: neither credit nor debit"},
		{"-1.50", "Debit", "protocol: amount: has a sign besides indicator"}, {"-1.50", "", "protocol: amount: has a sign besides indicator"},
	} {
		money, err := call.Money{Amount: amount(test.amount), Currency: "SAR"}.Signed("amount", "indicator", test.indicator, "Credit", "Debit")
		if err != nil {
			assert.EqualError(t, err, test.want)
			assert.Zero(t, money)
			continue
		}
		assert.Equal(t, call.Money{Amount: amount(test.want), Currency: "SAR"}, money)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"": {}, "2026-01-02T04:04:05+01:00": now, "2026-01-02T03:04:05": {}, "2026-01-02": {}, "0001-01-01T00:00:00+01:00": {}, "9999-12-31T23:59:59-01:00": {},
		"2026-01-02T04:04:05+0100": now, "2026-01-02T04:04:05+01": now, "2026-01-02t03:04:05z": now, "2026-01-02 03:04:05Z": now,
		"2026-01-02T03:04Z": now.Truncate(time.Minute), "2026-01-02T04:04+0100": now.Truncate(time.Minute), "2026-01-02T03:04": {}, "2026-01-02T03:04:05 CET": {},
	} {
		got, warnings := call.ToTime("at", text)
		assert.Equal(t, want, got, text)
		assert.Equal(t, want.IsZero(), warnings != nil, text)
	}
	for text, want := range map[string]time.Time{
		"1767323045000": now, "1767323045": {}, "1767323045000000": {}, "176732304500000": {}, "946684800000": time.UnixMilli(946684800000).UTC(),
		"946684799999": {}, "4102444799999": time.UnixMilli(4102444799999).UTC(), "4102444800000": {}, "0": {}, "-1": {}, "1e3": {}, "": {}, "99999999999999999999": {},
	} {
		got, warnings := call.ToMilliseconds("at", &text)
		assert.Equal(t, want, got, text)
		assert.Equal(t, want.IsZero(), warnings != nil, text)
	}
	got, warnings := call.ToMilliseconds("at", nil)
	assert.Zero(t, got)
	assert.Nil(t, warnings)
}

func TestEach(t *testing.T) {
	t.Parallel()
	toBalance := func(text string) (adapters.Balance, error) {
		if text == "" {
			return adapters.Balance{}, call.Missing("amount")
		}
		return adapters.Balance{ProviderType: text}, nil
	}
	got, err := call.Each("list", []string{"b", "a"}, toBalance)
	require.NoError(t, err)
	assert.Equal(t, []adapters.Balance{{ProviderType: "b"}, {ProviderType: "a"}}, got)
	got, err = call.Each("list", []string{}, toBalance)
	require.NoError(t, err)
	assert.Equal(t, []adapters.Balance{}, got)
	_, err = call.Each("list", nil, toBalance)
	assert.EqualError(t, err, "protocol: list: missing")
	_, err = call.Each("list", []string{"a", ""}, toBalance)
	assert.EqualError(t, err, "protocol: list[1].amount: missing")
}

func TestSealedShowsNothing(t *testing.T) {
	t.Parallel()
	sealed := struct{ inside call.Sealed[string] }{call.Seal("S3CR3T")}
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", sealed, sealed, &sealed), "S3CR3T")
	assert.Equal(t, "S3CR3T", *sealed.inside.Open())
}

func TestTextAndOptional(t *testing.T) {
	t.Parallel()
	assert.Empty(t, call.Text[string](nil))
	assert.Nil(t, call.Optional(""))
	assert.Equal(t, "x", call.Text(call.Optional(adapters.Secret("x"))))
}
