package call_test

import (
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// warned returns the warnings of each balance, which have amounts that need none.
func warned(t *testing.T, sent ...adapters.Balance) (all [][]string) {
	t.Helper()
	for i := range sent {
		sent[i].Amount = amount("1.00")
	}
	e := connect(t, answers(200, "{}"), call.Refusal{})
	got, err := balances(t.Context(), e, func(any) ([]adapters.Balance, error) { return sent, nil })
	require.NoError(t, err)
	for _, b := range got {
		all = append(all, b.Warnings)
	}
	return all
}

func TestTimesThatCannotBe(t *testing.T) {
	t.Parallel()
	for asOf, want := range map[time.Time][]string{
		{}: nil, now: nil, now.Add(24 * time.Hour): nil, now.Add(24*time.Hour + 1): {adapters.WarningFutureTime},
		time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC): nil, time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC): {adapters.WarningOldTime},
		time.Date(1446, 7, 15, 0, 0, 0, 0, time.UTC): {adapters.WarningOldTime}, time.Date(7474, 2, 2, 0, 0, 0, 0, time.UTC): {adapters.WarningFutureTime},
	} {
		b := balance()
		b.AsOf = asOf
		assert.Equal(t, [][]string{want}, warned(t, b), asOf)
	}
	b := balance()
	b.ReferenceDate = adapters.Date{Year: 1970, Month: 1, Day: 21}
	assert.Equal(t, [][]string{{adapters.WarningOldTime}}, warned(t, b))
}

// Balances are alike when nothing but their amount may tell them apart; each such balance says so once.
func TestBalancesThatAreAlike(t *testing.T) {
	t.Parallel()
	alike := []string{adapters.WarningAlike}
	assert.Equal(t, [][]string{alike, alike, alike}, warned(t, balance(), balance(), balance()))
	yes, no := true, false
	var different []adapters.Balance
	for _, change := range []func(*adapters.Balance){
		func(*adapters.Balance) {},
		func(b *adapters.Balance) { b.ProviderType = "expected" },
		func(b *adapters.Balance) { b.Currency = "EUR" },
		func(b *adapters.Balance) { b.AsOf = now },
		func(b *adapters.Balance) { b.ReferenceDate = adapters.Date{Year: 2026, Month: 1, Day: 1} },
		func(b *adapters.Balance) { b.CreditLines = []adapters.CreditLine{{Included: &yes}} },
		func(b *adapters.Balance) { b.CreditLines = []adapters.CreditLine{{Included: &no}} },
		func(b *adapters.Balance) { b.CreditLines = []adapters.CreditLine{{}} },
	} {
		b := balance()
		change(&b)
		different = append(different, b)
	}
	for _, warnings := range warned(t, different...) {
		assert.Empty(t, warnings)
	}
}
