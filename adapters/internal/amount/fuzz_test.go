package amount_test

import (
	"math/big"
	"regexp"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The documented grammar, without the bounds on its length.
var (
	plain       = regexp.MustCompile(`^-?[0-9]+(?:\.([0-9]+))?$`)
	exponential = regexp.MustCompile(`^-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$`)
)

const longest = 64

func FuzzParse(f *testing.F) {
	for _, text := range []string{"4.200", "-0.00", "0010.50", "1e5", "+5.00", ".5", "5.", strings.Repeat("9", 39)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := amount.Parse(text)
		parts := plain.FindStringSubmatch(text)
		digits := len(strings.NewReplacer("-", "", ".", "").Replace(text))
		fits := parts != nil && len(text) <= longest && digits <= 38
		require.Equal(t, fits, err == nil, "the grammar says otherwise")
		if fits {
			assertExact(t, text, value)
			assert.Equal(t, -len(parts[1]), int(value.Exponent()), "the scale as sent")
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	for _, text := range []string{"4.200", "1.0E7", "-2.5e+1", "1e-36", "1e-38", "0e38", "1e1000000000"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := amount.ParseNumber(text)
		if err != nil {
			return
		}
		require.Regexp(t, exponential, text)
		require.LessOrEqual(t, value.Exponent(), int32(0))
		assertExact(t, text, value)
	})
}

// assertExact checks a value against big.Rat's reading of the text, and that it prints and parses unchanged.
func assertExact(t *testing.T, text string, value decimal.Decimal) {
	t.Helper()
	want, ok := new(big.Rat).SetString(text)
	require.True(t, ok)
	require.Zero(t, want.Cmp(value.Rat()))
	printed := value.StringFixed(-value.Exponent())
	require.LessOrEqual(t, len(printed), longest)
	again, err := amount.Parse(printed)
	require.NoError(t, err)
	assert.Equal(t, value.Exponent(), again.Exponent())
	assert.True(t, value.Equal(again))
}
