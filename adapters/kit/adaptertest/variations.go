package adaptertest

import (
	"bytes"
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/stretchr/testify/require"
)

// further are texts to put in the place of a value, by the shared field that the document declares for it, besides those
// that the examples have there. Adapter and declaration have to agree on each, whether it is good or not.
var further = map[string][]string{
	"balance.amount":      {`"-12.50"`, `"0.00"`, `-4.200`, `"123456789012345678.123"`, `1e3`, `"1,5"`},
	"creditLine.amount":   {`"-12.50"`, `"0.000"`, `7`, `"x"`},
	"balance.currency":    {`"JPY"`, `"QQQ"`, `"nok"`},
	"creditLine.currency": {`"JPY"`, `"EURO"`},
	"balance.type": {
		`"OPBD"`, `"CLBD"`, `"ITBD"`, `"PRCD"`, `"OPAV"`, `"CLAV"`, `"ITAV"`, `"FWAV"`, `"XPCD"`, `"INFO"`, `"OTHR"`, `"VALU"`,
		`"OPNG"`, `"CLSG"`, `"INTM"`, `"BOOK"`, `"CRRT"`, `"AVLB"`, `"PDNG"`, `"closingBooked"`, `"INTERIM_BOOKED"`,
		`"Opening Cleared"`, `"non-invoiced"`, `"authorised"`, `"somethingNew"`,
	},
	"balance.asOf":        {`"2025-01-15T09:30:00.5+03:00"`, `"2025-01-15"`, `"1736922600000"`, `"0"`, `"yesterday"`, `1736922600000`, `true`, `{}`},
	"creditLine.included": {`true`, `false`},
	"sign":                {`"Overdrawn"`, `"debit"`, `"credit"`},
	"direction":           {`true`, `false`},
	"flag":                {`"ODD"`, `true`, `false`},
	"bank":                {`"OTHER1"`},
	"":                    {`"other"`},
}

// declaredPlace tells what a value is declared to be: a shared field, "sign" for what gives an amount its sign, "direction" for
// what says whether its own sign counts, "bank" for
// what names the bank, "flag" for what refuses an answer, or "".
func declaredPlace(v mapping.Value) string {
	switch {
	case v.Rule == "has to be the bank asked for":
		return "bank"
	case strings.HasPrefix(v.Rule, "has to be "):
		return "flag"
	case v.Rule == mapping.RuleSet: // not of the value itself
		return ""
	case v.Rule == "stated sign" || v.Rule == "reversed sign": // of an amount that has one
		return "direction"
	case v.Field == "balance.amount" && strings.HasSuffix(v.Rule, " sign"):
		return "sign"
	case v.Field == "balance.accountId":
		return "account.id"
	}
	return v.Field
}

// pool is what the good examples have at each declared place, as JSON.
func (h Harness) pool(t *testing.T) map[string][]string {
	t.Helper()
	pool := map[string][]string{}
	for _, example := range h.documented() {
		if example.Status != http.StatusOK || !example.Valid {
			continue
		}
		asked := mapping.Asked{Accounts: append(slices.Clone(example.Accounts), example.Account), Bank: h.Bank}
		answer, _ := h.declaration.Read(example.Operation, example.JSON, asked)
		all, err := values(example.JSON)
		require.NoError(t, err)
		for _, v := range answer.Values {
			text := string(example.JSON[spanOf(all, v.Pointer).start:spanOf(all, v.Pointer).end])
			if at := declaredPlace(v); !slices.Contains(pool[at], text) && len(pool[at]) < 12 {
				pool[at] = append(pool[at], text)
			}
		}
	}
	pool[""] = nil // what goes nowhere may be anything
	for at, texts := range further {
		pool[at] = append(pool[at], texts...)
	}
	return pool
}

func spanOf(all []value, pointer string) value {
	return all[slices.IndexFunc(all, func(v value) bool { return v.pointer == pointer })]
}

// variations are the example with one thing changed, and what was changed.
func (c comparison) variations(t *testing.T, pool map[string][]string) iter.Seq2[string, []byte] {
	t.Helper()
	body := c.example.JSON
	all, err := values(body)
	require.NoError(t, err)
	answer, _ := c.declaration.Read(c.example.Operation, body, mapping.Asked{Accounts: c.call.asked, Bank: c.Bank})
	return func(yield func(string, []byte) bool) {
		for _, v := range answer.Values {
			if isRepetition(v.Pointer) {
				continue
			}
			span, texts := spanOf(all, v.Pointer), pool[declaredPlace(v)]
			for _, text := range append([]string{"null"}, texts...) {
				if !alike(v, span.kind, text) {
					continue
				}
				if !yield(" with "+v.Pointer+" = "+text, apply(body, edit{span.start, span.end, []byte(text)})) {
					return
				}
			}
			if span.member && !yield(" without "+v.Pointer, apply(body, without(body, span))) {
				return
			}
		}
		for _, list := range all {
			for name, text := range relists(body, all, list) {
				if !yield(" with "+list.pointer+" "+name, apply(body, edit{list.start, list.end, text})) {
					return
				}
			}
		}
	}
}

// repeated is an element of a list after the second one.
var repeated = regexp.MustCompile(`/([2-9]|[1-9][0-9]+)(/|$)`)

// isRepetition reports whether a value lies in such an element, which repeats the form of the first two.
func isRepetition(pointer string) bool { return repeated.MatchString(pointer) }

// alike reports whether a text is of the JSON type that stands there: a wrong one is the sweep's concern. Amounts may be
// of either.
func alike(v mapping.Value, kind byte, text string) bool {
	all, err := values([]byte(text))
	if strings.HasSuffix(v.Field, ".asOf") || strings.HasPrefix(v.Rule, "unmapped: ") {
		return err == nil // any type is as good
	}
	isAmount := strings.HasSuffix(v.Field, ".amount") && declaredPlace(v) != "sign"
	return err == nil && (text == "null" || all[0].kind == kind || isAmount && strings.ContainsRune(`"0`, rune(all[0].kind)))
}

// relists are a list's text in another order, and with an element more or less.
func relists(body []byte, all []value, list value) map[string][]byte {
	if list.kind != '[' {
		return nil
	}
	var elements [][]byte
	for _, v := range all {
		if v.parent >= 0 && all[v.parent].pointer == list.pointer {
			elements = append(elements, body[v.start:v.end])
		}
	}
	text := func(elements [][]byte) []byte {
		return slices.Concat([]byte("["), bytes.Join(elements, []byte(",")), []byte("]"))
	}
	changed := map[string][]byte{}
	if n := len(elements); n > 0 {
		changed["ending twice"] = text(append(slices.Clone(elements), elements[n-1]))
		changed["without the first"] = text(elements[1:])
		reversed := slices.Clone(elements)
		slices.Reverse(reversed)
		changed["reversed"] = text(reversed)
	}
	return changed
}

// placeNames are the places of [mutation], and what the document declares of each.
var placeNames = map[string]string{
	"account": "account.id", "amount": "balance.amount", "currency": "balance.currency", "type": "balance.type",
	"asOf": "balance.asOf", "sign": "sign", "flag": "flag", "bank": "bank", "included": "creditLine.included",
	"balances": "", "creditLines": "",
}

// spot is a place in the first good example that has it, and the number of the balance that it belongs to.
type spot struct {
	example specs.Example
	pointer string
	balance int
	shared  bool // with further balances, which all change with it
}

// findPlaces finds the places in the good examples by the declaration.
func (h Harness) findPlaces(t testing.TB) map[string]spot {
	t.Helper()
	places := map[string]spot{}
	add := func(name string, found spot) {
		if _, known := places[name]; !known {
			places[name] = found
		}
	}
	for i, example := range h.goodExamples() {
		answer, _ := h.declaration.Read(example.Operation, example.JSON, mapping.Asked{Accounts: []string{example.Account}, Bank: h.Bank})
		for _, v := range answer.Values {
			at := spot{example, v.Pointer, balanceOf(v.Pointer, answer.Values), isShared(v, answer.Values)}
			for name, declared := range placeNames {
				if declared != "" && declared == declaredPlace(v) {
					add(name, at)
				}
			}
			at.pointer = listAround(v.Pointer)
			switch {
			case at.pointer == noList:
			case i == 0 && at.balance == 0 && declaredPlace(v) == "balance.amount":
				add("balances", at)
			case strings.HasPrefix(v.Field, "creditLine."):
				add("creditLines", at)
			}
		}
	}
	return places
}

// isShared tells whether a value stands above several amounts.
func isShared(v mapping.Value, all []mapping.Value) bool {
	within, amounts := v.Pointer[:strings.LastIndex(v.Pointer, "/")+1], 0
	for _, other := range all {
		if declaredPlace(other) == "balance.amount" && strings.HasPrefix(other.Pointer, within) {
			amounts++
		}
	}
	return strings.HasPrefix(v.Field, "balance.") && declaredPlace(v) != "balance.amount" && amounts > 1
}

// balanceOf is the number of the balance that a value belongs to: there are as many before it.
func balanceOf(pointer string, all []mapping.Value) (number int) {
	within := pointer[:strings.LastIndex(pointer, "/")]
	for _, v := range all {
		switch {
		case declaredPlace(v) != "balance.amount":
		case v.Pointer == pointer, strings.HasPrefix(v.Pointer, within+"/"):
			return number
		default:
			number++
		}
	}
	return 0
}

const noList = "-"

// listAround returns the pointer of the innermost list of which a pointer leads into the first element.
func listAround(pointer string) string {
	i := strings.LastIndex(pointer+"/", "/0/")
	if i < 0 {
		return noList
	}
	return pointer[:i]
}
