package currency_test

import (
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters/internal/currency"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
)

func TestWarning(t *testing.T) {
	t.Parallel()
	const finer, foreign = "amount is finer than the currency's minor unit", "currency is not an ISO 4217 code"
	const replaced, empty = "currency has been replaced by another", "currency code stands for no currency"
	at := time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC)
	for _, c := range []struct{ amount, code, want string }{
		{"12009.1000", "USD", ""}, {"12009.1050", "USD", finer}, {"4.200", "PLN", ""}, {"-0.001", "PLN", finer}, {"100.5", "JPY", finer},
		{"100.0", "JPY", ""}, {"1.234", "KWD", ""}, {"1.2345", "KWD", finer}, {"1.00001", "XDR", ""}, {"5", "NOK", ""},
		{"0.000", "PLN", ""}, {"0.00000000000000000000", "JPY", ""}, {"0.00000000000000000001", "JPY", finer}, {"-0.0100", "PLN", ""},
		{"12345678901234567.000", "PLN", ""}, {"12345678901234567.001", "PLN", finer}, {"123456789012345.000", "PLN", ""},
		{"1.00", "XCG", ""}, {"1.00", "SLE", ""}, {"1.00", "VED", ""}, {"1.00", "ZWG", ""}, {"1.00", "HRK", replaced}, {"1.00", "ANG", replaced}, {"1", "DEM", replaced}, {"1.00", "BGN", ""},
		{"1.001", "BGN", finer}, {"1", "XXX", empty}, {"1.23456", "XTS", empty}, {"1.23456", "XAU", ""}, {"1.00", "EUR", ""},
		{"1.00", "GGP", foreign}, {"1.00", "IMP", foreign}, {"1.00", "JEP", foreign}, {"1.00", "SPL", foreign}, {"1.00", "TVD", foreign},
	} {
		assert.Equal(t, c.want, currency.Warning(decimal.RequireFromString(c.amount), c.code, at), "%s %s", c.amount, c.code)
	}
	assert.Equal(t, replaced, currency.Warning(decimal.New(1, 0), "BGN", at.Add(time.Second)), "since 2026-01-01")
}
