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
func Parse[T string | []byte](text T) (decimal.Decimal, error) {
	whole, fraction, err := measure(text)
	if err != nil {
		return decimal.Decimal{}, err
	}
	if whole+fraction <= maxSmall {
		return decimal.New(small(text), int32(-fraction)), nil
	}
	value, err := decimal.NewFromString(string(text))
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

// measure counts the digits before and after the point.
func measure[T string | []byte](text T) (whole, fraction int, err error) {
	if len(text) > maxLength {
		return 0, 0, ErrLength
	}
	rest := text
	if len(rest) > 0 && rest[0] == '-' {
		rest = rest[1:]
	}
	whole = digits(rest)
	if rest = rest[whole:]; len(rest) > 1 && rest[0] == '.' {
		fraction = digits(rest[1:])
		rest = rest[1+fraction:]
	}
	if whole == 0 || len(rest) > 0 {
		return 0, 0, ErrGrammar
	}
	if whole+fraction > maxDigits {
		return 0, 0, ErrLength
	}
	return whole, fraction, nil
}

// digits counts the digits at the beginning.
func digits[T string | []byte](text T) int {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return i
		}
	}
	return len(text)
}

// maxSmall is how many digits fit into 64 bits, which takes half the time and is what amounts have.
const maxSmall = 18

// small returns the value of all digits, signed.
func small[T string | []byte](text T) int64 {
	value := int64(0)
	for i := range len(text) {
		if text[i] >= '0' { // neither the sign nor the point
			value = 10*value + int64(text[i]-'0')
		}
	}
	if text[0] == '-' {
		return -value
	}
	return value
}
