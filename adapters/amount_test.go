package adapters_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func amount(text string) adapters.Amount {
	amount, err := adapters.ParseAmount(text)
	if err != nil {
		panic(err)
	}
	return amount
}

func TestAmountKeepsItsScaleEverywhere(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"4.200", "-12009.1000", "0", "0.00", "12345678901234567890123456789012345678"} {
		a := amount(text)
		assert.Equal(t, text, a.String())
		assert.Equal(t, "{"+text+" "+text+"}", fmt.Sprintf("%v", struct{ A, B adapters.Amount }{a, a}))
		document, err := json.Marshal([]any{a, &a, map[adapters.Amount]int{}})
		require.NoError(t, err)
		assert.JSONEq(t, fmt.Sprintf(`[%q, %q, {}]`, text, text), string(document))
		stored, err := a.Value()
		require.NoError(t, err)
		assert.Equal(t, text, stored)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("", "amount", a)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("", "amount", a)
		assert.Contains(t, log.String(), "amount="+text+"\n")
		assert.Contains(t, log.String(), `"amount":"`+text+`"`)
		var fromText, fromJSON, fromString, fromBytes adapters.Amount
		require.NoError(t, fromText.UnmarshalText([]byte(text)))
		require.NoError(t, json.Unmarshal(fmt.Appendf(nil, "%q", text), &fromJSON))
		require.NoError(t, fromString.Scan(text))
		require.NoError(t, fromBytes.Scan([]byte(text)))
		assert.Equal(t, []adapters.Amount{a, a, a, a}, []adapters.Amount{fromText, fromJSON, fromString, fromBytes})
	}
}

func TestAmountsThatAreNone(t *testing.T) {
	t.Parallel()
	a := amount("5")
	for _, source := range []any{nil, 4.2, true, "", "1e5", "1,5", []byte("NaN"), []byte(nil)} {
		assert.Error(t, a.Scan(source), "%v", source)
	}
	for _, text := range []string{`5`, `null`, `""`, `"1e5"`, `{}`, `"S3CR3T"`} {
		err := json.Unmarshal([]byte(text), &a)
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "S3CR3T")
	}
	require.NoError(t, a.Scan(int64(-7)))
	assert.Equal(t, "-7", a.String())
	var absent sql.Null[adapters.Amount]
	require.NoError(t, absent.Scan(nil))
	assert.False(t, absent.Valid)
}

func TestAmountsOfDecimals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"4.200": "4.200", "-0.00": "0.00", "1e3": "1000", "12": "12"} {
		assert.Equal(t, want, adapters.NewAmount(decimal.RequireFromString(text)).String())
	}
	assert.Equal(t, "0", adapters.Amount{}.String())
	assert.True(t, amount("4.20").Decimal().Equal(amount("4.2").Decimal()))
}

func TestDate(t *testing.T) {
	t.Parallel()
	day := adapters.Date{Year: 2026, Month: 2, Day: 28}
	got, err := adapters.ParseDate("2026-02-28")
	require.NoError(t, err)
	assert.Equal(t, day, got)
	assert.Equal(t, "2026-02-28", fmt.Sprint(day))
	for _, text := range []string{"", "2026-02-29", "2026-2-8", "28.02.2026", "2026-02-28T00:00:00Z"} {
		got, err := adapters.ParseDate(text)
		assert.Error(t, err, text)
		assert.True(t, got.IsZero())
	}
	assert.Empty(t, adapters.Date{}.String())
	assertRoundTrip(t, []adapters.Date{day, {}})
	assert.Error(t, json.Unmarshal([]byte(`"tomorrow"`), &day))
	assert.True(t, day.IsZero(), "nothing of it is kept")
	day.Year = 2026
	require.NoError(t, json.Unmarshal([]byte(`""`), &day))
	assert.True(t, day.IsZero())
}
