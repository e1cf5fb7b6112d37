package adaptertest_test

import (
	"errors"
	"math"
	"regexp"
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
	}), caught: "amount-as-text-or-number amount-in-escapes amount-negative-zero amount-scale amount-with-four-decimals credit-line-included time-ambiguous declared examples/empty examples/twoBalances"},
	{name: "rounds to two places", plant: each(func(b *adapters.Balance) {
		b.Amount = adapters.NewAmount(b.Amount.Decimal().Round(2))
	}), caught: "amount-beyond-a-float amount-finer-than-minor-unit amount-in-escapes amount-negative-zero amount-of-many-digits amount-scale amount-with-four-decimals amount-with-large-exponent credit-line-included time-ambiguous type-repeated declared examples/ownType examples/twoBalances"},
	{name: "shows two places always", plant: each(func(b *adapters.Balance) {
		value := b.Amount.Decimal()
		b.Amount = adapters.NewAmount(decimal.RequireFromString(value.StringFixed(max(2, -value.Exponent()))))
	}), caught: "amount-beyond-a-float amount-finer-than-minor-unit amount-in-escapes amount-negative-zero amount-scale amount-with-large-exponent type-repeated declared examples/ownType"},
	{name: "reads amounts as floats", plant: reads(func(text string) (decimal.Decimal, error) {
		number, err := strconv.ParseFloat(strings.Trim(text, `"`), 64)
		if err != nil || math.IsNaN(number) || math.IsInf(number, 0) {
			return parseAmount(jsontext.Value(text))
		}
		return decimal.NewFromFloat(number), nil
	}), caught: "amount-as-text-or-number amount-beyond-a-float amount-negative-zero amount-of-a-megabyte amount-of-many-digits amount-scale amount-with-four-decimals amount-with-huge-exponent amount-with-large-exponent amount-with-plus-sign amount-with-separators amount-with-thousands-of-decimals credit-line-included time-ambiguous declared examples/empty examples/twoBalances"},
	{name: "takes null for zero", plant: reads(func(text string) (decimal.Decimal, error) {
		if text == "null" {
			return decimal.Zero, nil
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "sweep amount-null declared examples/amountNull"},
	{name: "takes a missing amount for zero", plant: reads(func(text string) (decimal.Decimal, error) {
		if text == "" {
			return decimal.Zero, nil
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "sweep amount-missing name-in-another-case declared"},
	{name: "takes an unreadable amount for zero", plant: reads(func(text string) (decimal.Decimal, error) {
		amount, err := parseAmount(jsontext.Value(text))
		if errors.Is(err, errMissing) {
			return amount, err
		}
		return amount, nil
	}), caught: "sweep amount-empty-or-blank amount-in-unicode-digits amount-nan-or-infinity amount-of-a-megabyte amount-of-many-digits amount-with-huge-exponent amount-with-large-exponent amount-with-plus-sign amount-with-separators amount-with-thousands-of-decimals value-of-another-type declared"},
	{name: "takes true for one", plant: reads(func(text string) (decimal.Decimal, error) {
		return parseAmount(jsontext.Value(strings.Replace(text, "true", "1", 1)))
	}), caught: "sweep value-of-another-type"},
	{name: "guesses that a balance is positive", plant: each(func(b *adapters.Balance) {
		b.Amount = adapters.NewAmount(b.Amount.Decimal().Abs())
	}), caught: "members-unmapped batch/batch declared examples/overdrawn"},
	{name: "adds the credit limit", plant: each(func(b *adapters.Balance) {
		for _, line := range b.CreditLines {
			b.Amount = adapters.NewAmount(b.Amount.Decimal().Add(line.Amount.Decimal()))
		}
	}), caught: "credit-line-included time-ambiguous declared examples/twoBalances"},
	{name: "loses the credit limit", plant: each(func(b *adapters.Balance) { b.CreditLines = nil }),
		caught: "credit-line-included time-ambiguous declared examples/twoBalances"},
	{name: "takes exponents up to ten thousand", plant: reads(func(text string) (decimal.Decimal, error) {
		unquoted := strings.Trim(text, `"`)
		_, exponent, _ := strings.Cut(strings.ToLower(unquoted), "e")
		if power, err := strconv.Atoi(exponent); err == nil && max(power, -power) <= 10_000 {
			return decimal.NewFromString(unquoted)
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "amount-with-large-exponent amount-in-escapes"},
	{name: "takes any number of digits", plant: reads(func(text string) (decimal.Decimal, error) {
		if unquoted := strings.Trim(text, `"`); digits.MatchString(unquoted) {
			return decimal.NewFromString(unquoted)
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "amount-of-a-megabyte amount-with-thousands-of-decimals amount-of-many-digits"},
	{name: "cuts off blanks", plant: reads(func(text string) (decimal.Decimal, error) {
		return parseAmount(jsontext.Value(strings.ReplaceAll(text, " ", "")))
	}), caught: "amount-empty-or-blank amount-with-separators"},
	{name: "takes out separators", plant: reads(func(text string) (decimal.Decimal, error) {
		return parseAmount(jsontext.Value(strings.NewReplacer(",", "", "_", "", "'", "").Replace(text)))
	}), caught: "amount-with-separators declared"},
	{name: "leaves the grammar to decimal", plant: reads(func(text string) (decimal.Decimal, error) {
		plain, err := jsontext.AppendUnquote(nil, []byte(text))
		if err != nil || len(plain) > 32 || strings.ContainsAny(text, "eE") {
			return parseAmount(jsontext.Value(text))
		}
		return decimal.NewFromString(string(plain))
	}), caught: "amount-in-unicode-digits amount-with-plus-sign"},
	{name: "takes NaN for zero", plant: reads(func(text string) (decimal.Decimal, error) {
		return parseAmount(jsontext.Value(strings.Replace(text, `"NaN"`, "0", 1)))
	}), caught: "amount-nan-or-infinity"},
	{name: "refuses leading zeros", plant: reads(func(text string) (decimal.Decimal, error) {
		if strings.HasPrefix(text, `"00`) {
			return decimal.Zero, errGrammar
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "amount-negative-zero"},
	{name: "takes amounts as text only", plant: reads(func(text string) (decimal.Decimal, error) {
		if !strings.HasPrefix(text, `"`) {
			return decimal.Zero, errGrammar
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "amount-as-text-or-number amount-beyond-a-float amount-finer-than-minor-unit amount-negative-zero amount-of-many-digits amount-scale amount-with-four-decimals amount-with-large-exponent balances-too-many type-repeated declared"},
	{name: "leaves escapes as they are", plant: reads(func(text string) (decimal.Decimal, error) {
		if strings.Contains(text, `\`) {
			return decimal.Zero, errGrammar
		}
		return parseAmount(jsontext.Value(text))
	}), caught: "amount-in-escapes"},
}

var digits = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

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
