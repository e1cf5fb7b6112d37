package page

import (
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/openbalances/openbalances/adapters"
)

const (
	chartsMax = 4 // currencies
	linesMax  = 8 // balance types of a currency
	ticksMax  = 7
)

// chart is what the script draws for one currency. Its numbers are positions; all figures are texts.
type chart struct {
	Currency string    `json:"currency"`
	Times    []float64 `json:"times"`  // seconds since 1970
	Labels   []string  `json:"labels"` // the times as texts
	Lines    []*line   `json:"lines"`
	Ticks    []tick    `json:"ticks"`
}

// line is one balance type over time. At is between 0 and 1, nil where a fetch has no such balance, and Text the amount
// as stored.
type line struct {
	Name string     `json:"name"`
	At   []*float64 `json:"at"`
	Text []string   `json:"text"`

	key    lineKey
	values []*big.Rat
}

type tick struct {
	At   float64 `json:"at"`
	Text string  `json:"text"`
}

// lineKey tells the balances of one fetch apart; nth counts those that are alike in all else.
type lineKey struct {
	currency     string
	kind         adapters.BalanceType
	providerType string
	nth          int
}

// charts makes a chart for each currency, in the order in which they come. Hidden counts the lines that found no room.
func charts(fetches []fetch) (all []*chart, hidden int) {
	lines := map[lineKey]*line{} // nil: no room
	for i, f := range fetches {
		alike := map[lineKey]int{}
		for _, b := range f.Balances {
			key := lineKey{currency: b.Currency, kind: b.Type, providerType: b.ProviderType}
			alike[key]++
			key.nth = alike[key]
			l, known := lines[key]
			if !known {
				all, l = addLine(all, key, len(fetches))
				lines[key] = l
			}
			if value, ok := new(big.Rat).SetString(b.Amount.String()); ok && l != nil {
				l.values[i], l.Text[i] = value, b.Amount.String()
			}
		}
	}
	for _, l := range lines {
		if l == nil {
			hidden++
		}
	}
	for _, c := range all {
		c.finish(fetches)
	}
	return all, hidden
}

// addLine adds a line to the chart of its currency, or returns nil if there is no room.
func addLine(all []*chart, key lineKey, fetches int) ([]*chart, *line) {
	i := slices.IndexFunc(all, func(c *chart) bool { return c.Currency == key.currency })
	switch {
	case i < 0 && len(all) == chartsMax, i >= 0 && len(all[i].Lines) == linesMax:
		return all, nil
	case i < 0:
		i, all = len(all), append(all, &chart{Currency: key.currency})
	}
	l := &line{
		key: key, values: make([]*big.Rat, fetches), At: make([]*float64, fetches), Text: make([]string, fetches),
	}
	all[i].Lines = append(all[i].Lines, l)
	return all, l
}

// finish names the lines and turns values into positions.
func (c *chart) finish(fetches []fetch) {
	for _, f := range fetches {
		c.Times = append(c.Times, float64(f.At.UnixMilli())/1000)
		c.Labels = append(c.Labels, moment{at: f.At}.Exact())
	}
	var low, high *big.Rat
	for _, l := range c.Lines {
		l.Name = c.name(l.key)
		for _, value := range l.values {
			if value == nil {
				continue
			}
			if low == nil || value.Cmp(low) < 0 {
				low = value
			}
			if high == nil || value.Cmp(high) > 0 {
				high = value
			}
		}
	}
	if low == nil {
		return
	}
	for _, l := range c.Lines {
		for i, value := range l.values {
			if value != nil {
				at := position(value, low, high)
				l.At[i] = &at
			}
		}
	}
	c.Ticks = ticks(low, high)
}

// name is the type in words, with the provider's own where that tells lines apart.
func (c *chart) name(key lineKey) string {
	name := typeName(key.kind)
	twice := slices.ContainsFunc(c.Lines, func(other *line) bool {
		return other.key.kind == key.kind && other.key.providerType != key.providerType
	})
	if key.providerType != "" && (twice || key.kind == adapters.BalanceTypeUnknown) {
		name += " (" + key.providerType + ")"
	}
	if key.nth > 1 {
		name += " " + strconv.Itoa(key.nth)
	}
	return name
}

// position is where a value stands between low and high: 0 to 1, and the middle if there is no room between the two.
func position(value, low, high *big.Rat) float64 {
	span := new(big.Rat).Sub(high, low)
	if span.Sign() == 0 {
		return 0.5
	}
	at, _ := new(big.Rat).Quo(new(big.Rat).Sub(value, low), span).Float64()
	return at
}

// ticks are the multiples of 1, 2 or 5 times a power of ten between low and high, at most ticksMax, with exact texts.
func ticks(low, high *big.Rat) (all []tick) {
	span := new(big.Rat).Sub(high, low)
	if span.Sign() == 0 {
		return []tick{{0.5, grouped(low.FloatString(decimals(low)))}}
	}
	step, exponent := stepFor(span)
	first := new(big.Rat).Quo(low, step)
	n := new(big.Int).Neg(new(big.Int).Div(new(big.Int).Neg(first.Num()), first.Denom())) // rounded up
	for ; ; n.Add(n, big.NewInt(1)) {
		value := new(big.Rat).Mul(new(big.Rat).SetInt(n), step)
		if value.Cmp(high) > 0 {
			return all
		}
		all = append(all, tick{position(value, low, high), grouped(value.FloatString(max(0, -exponent)))})
	}
}

// stepFor is the smallest step of which at most ticksMax-1 fit into span, and its power of ten.
func stepFor(span *big.Rat) (*big.Rat, int) {
	size, _ := span.Float64()
	for exponent := int(math.Floor(math.Log10(size))) - 2; ; exponent++ {
		power := powerOfTen(exponent)
		for _, digit := range []int64{1, 2, 5} {
			step := new(big.Rat).Mul(power, big.NewRat(digit, 1))
			if new(big.Rat).Mul(step, big.NewRat(ticksMax-1, 1)).Cmp(span) >= 0 {
				return step, exponent
			}
		}
	}
}

func powerOfTen(exponent int) *big.Rat {
	power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(exponent, -exponent))), nil))
	if exponent < 0 {
		power.Inv(power)
	}
	return power
}

// decimals is how many digits after the point a value has; amounts have a finite number.
func decimals(value *big.Rat) int {
	n, _ := value.FloatPrec()
	return n
}
