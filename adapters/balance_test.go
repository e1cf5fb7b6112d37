package adapters_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func balance(text string) adapters.Balance {
	return adapters.Balance{
		Provider: "mypos", AccountID: "50044620073", Type: adapters.BalanceTypeInterimAvailable, ProviderType: "available",
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

func TestStoredFormsAreReadStrictly(t *testing.T) {
	t.Parallel()
	const good = `{"amount":"1.00","currency":"NOK","creditLines":[{"type":"x"}],"connection":"of the command"}`
	require.NoError(t, json.Unmarshal([]byte(good), new(adapters.Balance)))
	for _, c := range []struct {
		target     any
		text, want string
	}{
		{new(adapters.Balance), `{"amount":"1.00","Amount":"1000000.00"}`, "two names differ in case only"},
		{new(adapters.Balance), `{"amount":"1.00","amount":"1000000.00"}`, "amount: name occurs twice"},
		{new(adapters.Balance), `{"Amount":"1.00"}`, "amount: written in another case"},
		{new(adapters.Balance), `{"amount":"1.00","IBAN":"x"}`, "iban: written in another case"},
		{new(adapters.Balance), `{"amount":"1.00","creditLines":[{"\u0130ncluded":true},{"Type":"x"}]}`, "creditLines[1].type: written in another case"},
		{new(adapters.Account), `{"id":"1","ID":"2"}`, "two names differ in case only"},
		{new(adapters.Account), `{"id":"1","id":"2"}`, "id: name occurs twice"},
		{new(adapters.Account), `{"identifiers":[{"\u017fcheme":"x"}]}`, "identifiers[0].scheme: written in another case"},
		{new(adapters.AccountBalances), `{"accountID":"1"}`, "accountId: written in another case"},
	} {
		assert.EqualError(t, json.Unmarshal([]byte(c.text), c.target), "protocol: "+c.want, c.text)
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
		"closingBooked": adapters.BalanceTypeClosingBooked, "ClosingAvailable": adapters.BalanceTypeClosingAvailable, "INTERIM_BOOKED": adapters.BalanceTypeInterimBooked,
		"opening cleared": adapters.BalanceTypeOpeningCleared, "non-invoiced": adapters.BalanceTypeNonInvoiced, "XPCD": adapters.BalanceTypeExpected, "CLBD": adapters.BalanceTypeClosingBooked,
		"": adapters.BalanceTypeUnknown, "unknown": adapters.BalanceTypeUnknown, "xpcd": adapters.BalanceTypeUnknown, "closing": adapters.BalanceTypeUnknown, "KSAOB.ClosingBooked": adapters.BalanceTypeUnknown,
	} {
		assert.Equal(t, want, adapters.ParseBalanceType(text), text)
	}
}

// What fmt and log/slog print of an account and its balances holds no number and no name. Encoders write all.
func TestLogsNameNobody(t *testing.T) {
	t.Parallel()
	b := balance("4.200")
	b.IBAN, b.BBAN = "NO9386011117947", "86011117947"
	a := adapters.Account{
		ID: "NO9386011117947", IBAN: "NO9386011117947", BBAN: "86011117947", Name: "Kari Nordmann", HolderName: "Kari Nordmann",
		Identifiers: []adapters.AccountIdentifier{{Scheme: "sortCodeAccountNumber", Value: "86011117947"}}, Currency: "NOK",
	}
	both := adapters.AccountBalances{AccountID: b.AccountID, Account: &a, Balances: []adapters.Balance{b}}
	for _, value := range []any{b, &b, a, &a, []adapters.Balance{b}, []*adapters.Account{&a}, a.Identifiers, both, &both,
		collect.Result{AccountID: a.ID, Account: &a, Balances: both.Balances}} {
		text := logText(slog.NewTextHandler, value)
		for _, flags := range []string{"", "+", "#", " "} {
			for _, verb := range "vsqdxX" {
				text += fmt.Sprintf("%"+flags+string(verb), value)
			}
		}
		if reflect.TypeOf(value).Kind() != reflect.Slice {
			text += logText(slog.NewJSONHandler, value)
		}
		for _, personal := range []string{"86011117947", "50044620073", "Nordmann"} {
			assert.NotContains(t, text, personal, "%T", value)
		}
	}
	assert.Equal(t, "[provider=mypos accountId=…0073 type=interimAvailable amount=4.200 currency=PLN]", fmt.Sprintf("%+v", b))
	assert.Contains(t, logText(slog.NewJSONHandler, both), `"balances":{"0":{"provider":"mypos","accountId":"…0073","type":"interimAvailable","amount":"4.200"`)
}

func logText[H slog.Handler](handler func(io.Writer, *slog.HandlerOptions) H, value any) string {
	var text strings.Builder
	slog.New(handler(&text, nil)).Info("a", "b", value)
	return text.String()
}
