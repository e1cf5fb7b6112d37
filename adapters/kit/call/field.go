package call

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
)

// What mappings say about a field, in the words of the provider's document.

// Broken returns a protocol error about a field of the answer.
func Broken(field, problem string) error {
	return &adapters.Error{Kind: adapters.ErrProtocol, Detail: field + ": " + problem}
}

// Missing is Broken for a field that is absent or null.
func Missing(field string) error { return Broken(field, "missing") }

// Mismatch returns the error for an answer about another account than the one asked for.
func Mismatch(field string) error { return Broken(field, "not the account that was asked for") }

func invalid(field, problem string) *adapters.Error {
	return &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: field + ": " + problem}
}

// At puts list[i] before the field that err names.
func At(list string, i int, err error) error {
	var failure *adapters.Error
	if !errors.As(err, &failure) {
		return err
	}
	inner := *failure
	inner.Detail = strings.TrimSuffix(fmt.Sprintf("%s[%d].%s", list, i, failure.Detail), ".")
	return &inner
}

// Each maps the elements of a list that the document requires; its first error names the element.
func Each[E any](name string, list []E, toBalance func(E) (adapters.Balance, error)) ([]adapters.Balance, error) {
	switch {
	case list == nil:
		return nil, Missing(name)
	case len(list) == 0:
		return []adapters.Balance{}, nil
	}
	return All(name, list, toBalance)
}

// All maps the elements of a list that may be absent; its first error names the element.
func All[E, R any](name string, list []E, to func(E) (R, error)) ([]R, error) {
	if len(list) == 0 {
		return nil, nil
	}
	all := make([]R, 0, len(list))
	for i := range list {
		one, err := to(list[i])
		if err != nil {
			return nil, At(name, i, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// Money is an amount and its currency.
type Money struct {
	Amount   adapters.Amount
	Currency string
}

// ToMoney returns what a required amount and its currency are, and the error that names the field otherwise. Absence is
// an error and never zero.
func ToMoney(amountField string, amount decimal.NullDecimal, currencyField, currency string) (Money, error) {
	if !amount.Valid {
		return Money{}, Missing(amountField)
	}
	if problem := adapters.CurrencyProblem(currency); problem != "" {
		return Money{}, Broken(currencyField, problem)
	}
	return Money{adapters.NewAmount(amount.Decimal), currency}, nil
}

// Signed returns the money with the sign that an indicator gives. An amount that has a sign besides contradicts it.
func (m Money) Signed(amountField, indicatorField, indicator, credit, debit string) (Money, error) {
	switch {
	case m.Amount.Decimal().IsNegative():
		return Money{}, Broken(amountField, "has a sign besides "+indicatorField)
	case indicator == credit:
		return m, nil
	case indicator == debit:
		return Money{adapters.NewAmount(m.Amount.Decimal().Neg()), m.Currency}, nil
	case indicator == "":
		return Money{}, Missing(indicatorField)
	}
	return Money{}, Broken(indicatorField, "neither credit nor debit")
}

// timeForms are RFC 3339's and those of ISO 8601 that name a moment as well.
var timeForms = []string{
	time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07", "2006-01-02T15:04Z07:00", "2006-01-02T15:04Z0700", "2006-01-02T15:04Z07",
}

// ToTime reads an RFC 3339 time, also without seconds and with a zone without colon or minutes. A text that is none is a
// warning and the zero time: it names no moment.
func ToTime(field, text string) (time.Time, []string) {
	text = strings.Replace(strings.ToUpper(text), " ", "T", 1)
	for _, form := range timeForms {
		t, err := time.Parse(form, text)
		if t = t.UTC(); err == nil && t.Year() >= 1 && t.Year() <= 9999 { // in UTC, where RFC 3339 ends there too
			return t, nil
		}
	}
	return time.Time{}, []string{field + " " + adapters.WarningAmbiguousTime}
}

// ToDate reads a date as RFC 3339 writes it. An absent one is the zero date; a text that is none is a warning besides.
func ToDate(field string, text *string) (adapters.Date, []string) {
	if text == nil {
		return adapters.Date{}, nil
	}
	date, err := adapters.ParseDate(*text)
	if err != nil {
		return adapters.Date{}, []string{field + " " + adapters.WarningAmbiguousTime}
	}
	return date, nil
}

// ToMilliseconds reads a time that a text gives in milliseconds since 1970, likewise. What lies outside the years 2000 to 2099
// counts something else than milliseconds.
func ToMilliseconds(field string, text *string) (time.Time, []string) {
	const first, end = 946684800000, 4102444800000
	if text == nil {
		return time.Time{}, nil
	}
	milliseconds, err := strconv.ParseInt(*text, 10, 64)
	if err != nil || milliseconds < first || milliseconds >= end {
		return time.Time{}, []string{field + " " + adapters.WarningNoMilliseconds}
	}
	return time.UnixMilli(milliseconds).UTC(), nil
}

// Text returns the text of an optional field, "" if absent.
func Text[T ~string](value *T) string {
	if value == nil {
		return ""
	}
	return string(*value)
}

// Optional returns a pointer to value, nil if it is empty.
func Optional[T ~string](value T) *string {
	if value == "" {
		return nil
	}
	text := string(value)
	return &text
}

// JSON is the body of a request. A generated type of texts can always be encoded.
func JSON(value any) []byte {
	body, _ := json.Marshal(value)
	return body
}

// Sealed holds credentials so that no verb of fmt shows them: fmt prints what pointers and interfaces of unexported fields
// lead to, but only the address of a function.
type Sealed[T any] struct{ open func() *T }

// Seal returns value sealed.
func Seal[T any](value T) Sealed[T] { return Sealed[T]{func() *T { return &value }} }

// Open returns what was sealed.
func (s Sealed[T]) Open() *T { return s.open() }
