// Package amount is the one grammar of money on the wire. It is checked before the decimal package sees the text,
// because parsing a million digits takes seconds and a short exponent can ask for gigabytes.
package amount

import (
	"errors"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

const (
	maxLength   = 64
	maxDigits   = 38 // what a 128-bit decimal holds; banks promise 18
	maxExponent = 38
)

// The ways in which a text is no amount. None of them repeats the text.
var (
	ErrGrammar = errors.New("not a decimal amount")
	ErrLength  = errors.New("amount has too many digits")
)

// Parse reads an optional minus sign, digits and an optional fraction, and keeps the scale: "4.200" has exponent -3.
// Leading zeros are accepted because One Single View prints them; a plus sign, an exponent, a missing digit before or
// after the point, blanks and separators are not.
func Parse(text string) (decimal.Decimal, error) {
	if err := check(text); err != nil {
		return decimal.Decimal{}, err
	}
	value, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, ErrGrammar
	}
	return value, nil
}

// ParseNumber reads the text of a JSON number. Unlike [Parse] it takes an exponent, which some serialisers write for
// large values (1.0E7), and reads what it stands for when written out: the same scale, and not too many digits either.
func ParseNumber(text string) (decimal.Decimal, error) {
	mark := strings.IndexAny(text, "eE")
	if mark < 0 {
		return Parse(text)
	}
	mantissa, err := Parse(text[:mark])
	if err != nil {
		return decimal.Decimal{}, err
	}
	exponent, err := strconv.Atoi(text[mark+1:])
	if err != nil || exponent > maxExponent || exponent < -maxExponent {
		return decimal.Decimal{}, ErrLength
	}
	value := mantissa.Shift(int32(exponent))
	return Parse(value.StringFixed(max(0, -value.Exponent())))
}

func check(text string) error {
	if len(text) > maxLength {
		return ErrLength
	}
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if !digits(whole) || point && !digits(fraction) {
		return ErrGrammar
	}
	if len(whole)+len(fraction) > maxDigits {
		return ErrLength
	}
	return nil
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}
