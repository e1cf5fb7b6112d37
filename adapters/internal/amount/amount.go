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

// maxSmall is how many digits fit into 64 bits, which takes half the time and is what amounts have.
const maxSmall = 18

// Parse reads an optional minus sign, digits and an optional fraction, and keeps the scale: "4.200" has exponent -3.
// Leading zeros are accepted because One Single View prints them; a plus sign, an exponent, a missing digit before or
// after the point, blanks and separators are not.
func Parse[T string | []byte](text T) (decimal.Decimal, error) {
	if len(text) > maxLength {
		return decimal.Decimal{}, ErrLength
	}
	unsigned, negative := strings.CutPrefix(string(text), "-")
	whole, fraction, point := strings.Cut(unsigned, ".")
	digits := whole + fraction
	switch {
	case whole == "", point && fraction == "":
		return decimal.Decimal{}, ErrGrammar
	case len(digits) <= maxSmall:
		value, err := strconv.ParseUint(digits, 10, 63)
		if err != nil {
			return decimal.Decimal{}, ErrGrammar
		}
		if negative {
			return decimal.New(-int64(value), int32(-len(fraction))), nil
		}
		return decimal.New(int64(value), int32(-len(fraction))), nil
	case strings.Trim(digits, "0123456789") != "":
		return decimal.Decimal{}, ErrGrammar
	case len(digits) > maxDigits:
		return decimal.Decimal{}, ErrLength
	}
	return decimal.NewFromString(string(text))
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
