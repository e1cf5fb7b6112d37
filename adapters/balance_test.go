package adapters_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func balance(text string) adapters.Balance {
	return adapters.Balance{
		Provider: "mypos", AccountID: "50044620073", Type: adapters.InterimAvailable, ProviderType: "available",
		Amount: amount(text), Currency: "PLN", ReceivedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

func TestBalanceJSONKeepsZerosAndLeavesAbsentFactsOut(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(balance("4.200"))
	require.NoError(t, err)
	assert.Equal(t, `{"provider":"mypos","accountId":"50044620073","type":"interimAvailable","providerType":"available",`+
		`"amount":"4.200","currency":"PLN","receivedAt":"2026-01-01T00:00:00Z"}`, string(got))
}

// filled sets every exported field to a value that is not zero, and fails for one that JSON would not keep.
func filled(t *testing.T, value reflect.Value) {
	t.Helper()
	switch value := value.Addr().Interface().(type) {
	case *time.Time:
		*value = time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
		return
	case *adapters.Amount:
		*value = amount("-12009.1000")
		return
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString("text")
	case reflect.Int:
		value.SetInt(5)
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		filled(t, value.Elem())
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 2, 2))
		filled(t, value.Index(0))
		filled(t, value.Index(1))
	case reflect.Struct:
		for i := range value.NumField() {
			field := value.Type().Field(i)
			assert.True(t, value.Type() == reflect.TypeFor[adapters.Date]() || field.Tag.Get("json") != "", "%s.%s: no json tag", value.Type(), field.Name)
			filled(t, value.Field(i))
		}
	default:
		t.Fatalf("%s: teach the test this kind", value.Type())
	}
	assert.False(t, value.IsZero())
}

func assertRoundTrip[T any](t *testing.T, want T) {
	t.Helper()
	text, err := json.Marshal(want)
	require.NoError(t, err)
	var got T
	require.NoError(t, json.Unmarshal(text, &got), "%s", text)
	assert.Equal(t, want, got)
}

func TestJSONKeepsEveryField(t *testing.T) {
	t.Parallel()
	var full adapters.Balance
	filled(t, reflect.ValueOf(&full).Elem())
	assertRoundTrip(t, full)
	assert.Equal(t, "-12009.1000", full.CreditLines[1].Amount.String())
	assertRoundTrip(t, adapters.CreditLine{Type: "Temporary"})
	assertRoundTrip(t, []adapters.Balance{balance("0"), balance("4.200")})
	var account adapters.Account
	filled(t, reflect.ValueOf(&account).Elem())
	assertRoundTrip(t, account)
	assertRoundTrip(t, adapters.Account{Provider: "eika", ID: "1"})
	assertRoundTrip(t, adapters.AccountBalances{AccountID: "1", Account: &account, Balances: []adapters.Balance{full}})
}

func TestBalanceJSONWithoutAmountIsAnError(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{}`, `{"amount":null}`, `{"amount":""}`, `{"amount":"1e5"}`, `{"amount":5}`, `{"amount":"1","creditLines":[{"amount":"x"}]}`,
		`{"amount":"1","creditLines":[{"amount":5}]}`, `{"amount":true}`, `[]`} {
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
			b.CreditLines = []adapters.CreditLine{{}, {Amount: new(adapters.Amount)}}
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
