package adapters_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func balance(amount string) adapters.Balance {
	return adapters.Balance{
		Provider: "mypos", AccountID: "50044620073", Type: adapters.InterimAvailable, ProviderType: "available",
		Amount: decimal.RequireFromString(amount), Currency: "PLN", ReceivedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func TestBalanceJSONKeepsZerosAndLeavesAbsentFactsOut(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(balance("4.200"))
	require.NoError(t, err)
	assert.Equal(t, `{"provider":"mypos","accountId":"50044620073","type":"interimAvailable","providerType":"available",`+
		`"amount":"4.200","currency":"PLN","receivedAt":"2026-01-01T00:00:00Z"}`, string(got))
}

func TestBalanceJSONRoundTrip(t *testing.T) {
	t.Parallel()
	included := true
	want := balance("-12009.1000")
	want.IBAN, want.BBAN, want.AsOf, want.Warnings = "NO0995360573002", "95360573002", want.ReceivedAt, []string{"odd"}
	want.CreditLines = []adapters.CreditLine{
		{Included: &included, Type: "Pre-Agreed", Amount: decimal.NewNullDecimal(decimal.RequireFromString("5000.00")), Currency: "SAR"},
		{Type: "Temporary"},
	}
	text, err := json.Marshal(want)
	require.NoError(t, err)
	var got adapters.Balance
	require.NoError(t, json.Unmarshal(text, &got))
	assert.Equal(t, want, got)
	assert.Equal(t, int32(-4), got.Amount.Exponent())
}

func TestBalanceJSONWithoutAmountIsAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"amount":null}`, `{"amount":""}`, `{"amount":"1e5"}`, `{"amount":5}`, `{"amount":"1","creditLines":[{"amount":"x"}]}`} {
		assert.Error(t, json.Unmarshal([]byte(text), new(adapters.Balance)), text)
	}
}

func TestBalanceValidateNamesTheField(t *testing.T) {
	t.Parallel()
	require.NoError(t, balance("0").Validate())
	for field, spoil := range map[string]func(*adapters.Balance){
		"provider: missing":                   func(b *adapters.Balance) { b.Provider = "" },
		"accountId: missing":                  func(b *adapters.Balance) { b.AccountID = "" },
		"type: missing":                       func(b *adapters.Balance) { b.ProviderType = "" },
		"type: not normalised":                func(b *adapters.Balance) { b.Type = "" },
		"currency: missing":                   func(b *adapters.Balance) { b.Currency = "" },
		"currency: not three capital letters": func(b *adapters.Balance) { b.Currency = "nok" },
		"receivedAt: missing":                 func(b *adapters.Balance) { b.ReceivedAt = time.Time{} },
		"creditLines[0].amount: missing":      func(b *adapters.Balance) { b.CreditLines = []adapters.CreditLine{{Currency: "SAR"}} },
		"creditLines[1].currency: missing": func(b *adapters.Balance) {
			b.CreditLines = []adapters.CreditLine{{}, {Amount: decimal.NewNullDecimal(decimal.New(1, 0))}}
		},
	} {
		b := balance("1.00")
		spoil(&b)
		err := b.Validate()
		assert.ErrorIs(t, err, adapters.ErrProtocol)
		assert.EqualError(t, err, "protocol: "+field)
	}
	for _, code := range []string{"NO", "EURO", " EUR", "\u20ac", "\u20ac\u20ac", "E1R"} {
		b := balance("1.00")
		b.Currency = code
		assert.Error(t, b.Validate(), code)
	}
}

func TestFormatAmount(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"4.200": "4.200", "-0.00": "0.00", "1e3": "1000", "12": "12"} {
		assert.Equal(t, want, adapters.FormatAmount(decimal.RequireFromString(text)))
	}
}

func TestParseBalanceType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]adapters.BalanceType{
		"closingBooked": adapters.ClosingBooked, "ClosingAvailable": adapters.ClosingAvailable, "INTERIM_BOOKED": adapters.InterimBooked,
		"opening cleared": adapters.OpeningCleared, "non-invoiced": adapters.NonInvoiced, "XPCD": adapters.Expected, "CLBD": adapters.ClosingBooked,
		"": adapters.Unknown, "unknown": adapters.Unknown, "xpcd": adapters.Unknown, "closing": adapters.Unknown, "KSAOB.ClosingBooked": adapters.Unknown,
	} {
		assert.Equal(t, want, adapters.ParseBalanceType(text), text)
	}
}
