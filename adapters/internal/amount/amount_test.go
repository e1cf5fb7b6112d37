package amount_test

import (
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseKeepsValueAndScale(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4.200": "4.200", "12009.1000": "12009.1000", "-310.25": "-310.25", "0000.00": "0.00", "0010.50": "10.50",
		"-0": "0", "-0.00": "0.00", "90071992547409.93": "90071992547409.93", "999999999999999.99": "999999999999999.99",
		strings.Repeat("9", 38): strings.Repeat("9", 38), "-" + strings.Repeat("9", 18): "-" + strings.Repeat("9", 18),
		"-9" + strings.Repeat("0", 18): "-9" + strings.Repeat("0", 18), "999999999999999999.9": "999999999999999999.9",
		"99999999999999999.9": "99999999999999999.9", "0." + strings.Repeat("0", 17) + "1": "0." + strings.Repeat("0", 17) + "1",
	} {
		value, err := amount.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, value.StringFixed(max(0, -value.Exponent())), text)
	}
}

func TestParseRefusesEverythingElse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "12 ", " 12", "12\n", "1,000.00", "1 000", "1_000", "0x10", "1.2.3", "--5", "5-", "(", "+5.00", ".5", "5.", "-",
		"-.5", "\u22125", "\uff11\uff12", "\u0661\u0662", "NaN", "Infinity", "1e5", "1E-2",
	} {
		_, err := amount.Parse(text)
		assert.ErrorIs(t, err, amount.ErrGrammar, "%q", text)
	}
	for _, text := range []string{strings.Repeat("9", 39), strings.Repeat("9", 1<<20), "0." + strings.Repeat("0", 9000)} {
		_, err := amount.Parse(text)
		assert.ErrorIs(t, err, amount.ErrLength)
	}
}

func TestParseNumberSpellsExponentsOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"4.200": "4.200", "1.0E7": "10000000", "1e3": "1000", "1.50E-2": "0.0150", "-2.5e+1": "-25", "0e5": "0",
	} {
		value, err := amount.ParseNumber(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, value.StringFixed(max(0, -value.Exponent())), text)
		assert.LessOrEqual(t, value.Exponent(), int32(0), text)
	}
	for _, text := range []string{"1e10000", "1e1000000000", "1e-1000000000", "1e39", "1e", "1e1.5", "e5", "1e38", "1e-38", "1.5e-37"} {
		_, err := amount.ParseNumber(text)
		assert.Error(t, err, text)
	}
}
