package adapters

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"log/slog"

	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/shopspring/decimal"
)

// Amount is an amount of money, exact and with the scale as sent: 4.200 is "4.200" in fmt, in JSON, in a log and in a
// database. It is immutable. The zero Amount is an amount, zero; an amount that is absent is a nil pointer or an error.
type Amount struct{ value decimal.Decimal }

// NewAmount returns the amount with value's scale. Unlike [ParseAmount] it takes any number of digits.
func NewAmount(value decimal.Decimal) Amount { return Amount{value} }

// ParseAmount reads an optional minus sign, digits and an optional fraction, at most 38 digits together. Its error does not
// repeat text.
func ParseAmount(text string) (Amount, error) {
	value, err := amount.Parse(text)
	return Amount{value}, err
}

// Decimal returns the amount for calculations. Its own String drops trailing zeros.
func (a Amount) Decimal() decimal.Decimal { return a.value }

// String writes the amount with the scale as sent.
func (a Amount) String() string { return a.value.StringFixed(max(0, -a.value.Exponent())) }

// MarshalText writes what String does; encoding/json writes it as a string.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what [ParseAmount] does.
func (a *Amount) UnmarshalText(text []byte) error { return a.parse(string(text)) }

// UnmarshalJSON reads a JSON string. A number is refused, because other programs may have rounded it.
func (a *Amount) UnmarshalJSON(data []byte) error {
	var text *string
	if err := json.Unmarshal(data, &text); err != nil || text == nil {
		return errAmount
	}
	return a.parse(*text)
}

// Value implements [driver.Valuer] with a text, which PostgreSQL's NUMERIC takes with all its zeros. SQLite has to keep
// it in a TEXT column: its NUMERIC is a float.
func (a Amount) Value() (driver.Value, error) { return a.String(), nil }

// Scan implements [database/sql.Scanner] for texts and integers. NULL, for which there is [database/sql.Null], and floats
// are refused.
func (a *Amount) Scan(source any) error {
	switch source := source.(type) {
	case string:
		return a.parse(source)
	case []byte:
		return a.parse(string(source))
	case int64:
		*a = Amount{decimal.NewFromInt(source)}
		return nil
	}
	return errAmount
}

// LogValue writes what String does.
func (a Amount) LogValue() slog.Value { return slog.StringValue(a.String()) }

var errAmount = errors.New("adapters: not an amount as text")

func (a *Amount) parse(text string) (err error) {
	*a, err = ParseAmount(text)
	return err
}
