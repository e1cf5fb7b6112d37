package call

import (
	"errors"
	"fmt"

	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
)

// Broken returns a protocol error about a field of the answer, in the words of the provider's document.
func Broken(field, problem string) error {
	return &adapters.Error{Kind: adapters.ErrProtocol, Detail: field + ": " + problem}
}

// Missing is Broken for a field that is absent or null.
func Missing(field string) error { return Broken(field, "missing") }

// Mismatch returns the error for an answer about another account than the one asked for.
func Mismatch(field string) error { return Broken(field, "not the account that was asked for") }

// At puts list[i] before the field that err names.
func At(list string, i int, err error) error {
	var failure *adapters.Error
	if !errors.As(err, &failure) {
		return err
	}
	inner := *failure
	inner.Detail = fmt.Sprintf("%s[%d].%s", list, i, failure.Detail)
	return &inner
}

// Amount returns the amount that a required field holds; absence is an error and never zero.
func Amount(field string, value decimal.NullDecimal) (decimal.Decimal, error) {
	if !value.Valid {
		return decimal.Decimal{}, Missing(field)
	}
	return value.Decimal, nil
}

// Text returns the text of an optional field, "" if absent.
func Text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

// Optional returns a pointer to value, nil if it is empty.
func Optional[T ~string](value T) *string {
	if value == "" {
		return nil
	}
	text := string(value)
	return &text
}
