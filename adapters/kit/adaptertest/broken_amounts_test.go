package adaptertest_test

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
	"github.com/shopspring/decimal"
)

// amountFaults are about money.
var amountFaults = []fault{
	{name: "drops the scale", plant: each(func(b *adapters.Balance) {
		b.Amount = adapters.NewAmount(decimal.RequireFromString(b.Amount.Decimal().String()))
	}), caught: "006 007 015 017 018 examples/empty examples/twoBalances"},
	{name: "rounds to two places", plant: each(func(b *adapters.Balance) {
		b.Amount = adapters.NewAmount(b.Amount.Decimal().Round(2))
	}), caught: "002 005 006 007 008 015 018 022 028 examples/ownType examples/twoBalances"},
	{name: "shows two places always", plant: each(func(b *adapters.Balance) {
		value := b.Amount.Decimal()
		b.Amount = adapters.NewAmount(decimal.RequireFromString(value.StringFixed(max(2, -value.Exponent()))))
	}), caught: "002 005 006 008 015 018 028 examples/ownType"},
	{name: "reads amounts as floats", plant: reads(func(text string) (decimal.Decimal, error) {
		number, err := strconv.ParseFloat(strings.Trim(text, `"`), 64)
		if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			return parseAmount(jsontext.Value(text))
		}
		return decimal.NewFromFloat(number), nil
	}), caught: "001 002 003 004 005 006 007 012 015 016 017 022 examples/empty examples/twoBalances"},
	{name: "takes null for zero", plant: reads(func(text string) (decimal.Decimal, error) {
		if text == "null" {
			return decimal.Zero, nil
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "batch_sweep/batch 009 examples/amountNull sweep"},
	{name: "takes a missing amount for zero", plant: reads(func(text string) (decimal.Decimal, error) {
		if text == "" {
			return decimal.Zero, nil
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "batch_sweep/batch 010 037 sweep"},
	{name: "takes an unreadable amount for zero", plant: reads(func(text string) (decimal.Decimal, error) {
		amount, err := parseAmount(jsontext.Value(text))
		if errors.Is(err, errMissing) {
			return amount, err
		}
		return amount, nil
	}), caught: "batch_sweep/batch 001 002 003 004 011 012 013 014 016 022 034 sweep"},
	{name: "takes true for one", plant: reads(func(text string) (decimal.Decimal, error) {
		return parseAmount(jsontext.Value(strings.Replace(text, "true", "1", 1)))
	}), caught: "batch_sweep/batch 034 sweep"},
	{name: "guesses that a balance is positive", plant: each(func(b *adapters.Balance) {
		b.Amount = adapters.NewAmount(b.Amount.Decimal().Abs())
	}), caught: "batch/batch examples/overdrawn"},
	{name: "adds the credit limit", plant: each(func(b *adapters.Balance) {
		for _, line := range b.CreditLines {
			b.Amount = adapters.NewAmount(b.Amount.Decimal().Add(line.Amount.Decimal()))
		}
	}), caught: "examples/twoBalances sweep"},
	{name: "loses the credit limit", plant: each(func(b *adapters.Balance) { b.CreditLines = nil }),
		caught: "examples/twoBalances"},
	{name: "takes exponents up to ten thousand", plant: reads(func(text string) (decimal.Decimal, error) {
		text = strings.Trim(text, `"`)
		_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
		if power, err := strconv.Atoi(exponent); err == nil && max(power, -power) <= 10_000 {
			return decimal.NewFromString(text)
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "002 018"},
	{name: "takes any number of digits", plant: reads(func(text string) (decimal.Decimal, error) {
		if text = strings.Trim(text, `"`); plain.MatchString(text) {
			return decimal.NewFromString(text)
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "002 003 004 018 022"},
	{name: "cuts off blanks", plant: reads(func(text string) (decimal.Decimal, error) {
		return parseAmount(jsontext.Value(strings.ReplaceAll(text, " ", "")))
	}), caught: "011 012"},
	{name: "takes out separators", plant: reads(func(text string) (decimal.Decimal, error) {
		return parseAmount(jsontext.Value(strings.NewReplacer(",", "", "_", "", "'", "").Replace(text)))
	}), caught: "012"},
	{name: "leaves the grammar to decimal", plant: reads(func(text string) (decimal.Decimal, error) {
		plain, err := jsontext.AppendUnquote(nil, []byte(text))
		if err != nil || len(plain) > 32 || strings.ContainsAny(text, "eE") {
			return parseAmount(jsontext.Value(text))
		}
		return decimal.NewFromString(string(plain))
	}), caught: "013 016"},
	{name: "takes NaN for zero", plant: reads(func(text string) (decimal.Decimal, error) {
		return parseAmount(jsontext.Value(strings.Replace(text, `"NaN"`, "0", 1)))
	}), caught: "014"},
	{name: "refuses leading zeros", plant: reads(func(text string) (decimal.Decimal, error) {
		if strings.HasPrefix(text, `"00`) {
			return decimal.Zero, errGrammar
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "015"},
	{name: "takes amounts as text only", plant: reads(func(text string) (decimal.Decimal, error) {
		if !strings.HasPrefix(text, `"`) {
			return decimal.Zero, errGrammar
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "002 005 006 007 008 015 017 022 028 045"},
	{name: "leaves escapes as they are", plant: reads(func(text string) (decimal.Decimal, error) {
		if strings.Contains(text, `\`) {
			return decimal.Zero, errGrammar
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "018"},
}

// reads replaces the reading of amounts, given as their JSON.
func reads(read func(text string) (decimal.Decimal, error)) func(*client) {
	return func(c *client) {
		c.amount = func(raw jsontext.Value) (decimal.Decimal, error) {
			amount, err := read(string(raw))
			if err != nil && !errors.Is(err, errMissing) {
				err = errGrammar
			}
			return amount, err
		}
	}
}

// each changes every balance of every answer.
func each(change func(*adapters.Balance)) func(*client) {
	return func(c *client) {
		c.result = func(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			for i := range balances {
				change(&balances[i])
			}
			return balances, err
		}
	}
}
