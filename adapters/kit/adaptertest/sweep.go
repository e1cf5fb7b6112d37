package adaptertest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sweep spoils every value of every good answer, lists and objects included, in each of these ways: its member is
// taken out, it is null, it is of every other JSON type, its member is there twice. A member twice is always a
// protocol error. Each of the others is a protocol error or gives an identical result, which means:
//
//   - The same balances in the same order, each with the same type, provider's type, amount, scale and currency, and
//     with the same number, order and inclusion of credit lines.
//   - An optional fact may have become absent, and only that: IBAN, BBAN, AsOf, the credit lines as a whole, and of a
//     credit line its inclusion, its type, and its amount together with its currency. Absent is what each of them
//     means when the provider does not send it, so nobody takes it for another value. A fact that has another value
//     than before is never identical.
//   - A number and a text of the same digits are the same value: providers write amounts either way.
//   - Warnings may differ, because they are about the answer as it came and are no fact about the balance.
//   - Where an answer has its balances as members instead of in a list, one that is gone or null is not there. This
//     counts as identical only if the document says that the answer without the member is a valid one, and if
//     something is left.
//
// Elements of lists are not taken out or doubled: a list with one element less or more is another answer, not a
// broken one.
func (h Harness) sweep(t *testing.T) {
	t.Parallel()
	for _, example := range h.goodExamples() {
		t.Run(example.Name, func(t *testing.T) {
			t.Parallel()
			bank := h.teller(t)
			before, err := bank.ask(t, example.Account, example.JSON)
			if err != nil {
				t.Skip("does not apply: a documented failure, which has no balances to lose")
			}
			all, err := values(example.JSON)
			require.NoError(t, err)
			for _, v := range all {
				h.spoil(t, bank, example, v, before)
			}
		})
	}
}

// others are a value of each JSON type. The text and the object look like what they may stand in for.
var others = map[byte]string{
	'n': "null", 't': "true", '0': "1", '"': `"1.00"`, '[': "[]", '{': `{"amount": "1.00", "currency": "EUR"}`,
}

func (h Harness) spoil(t *testing.T, bank *teller, example contract.Example, v value, before []adapters.Balance) {
	t.Helper()
	text := example.JSON
	gone := apply(text, without(text, v))
	mayGo := func() bool { return !h.hasList() && v.member && h.valid(t, example, gone) }
	if v.member {
		after, err := bank.ask(t, example.Account, gone)
		h.assertIdentical(t, before, after, err, mayGo, "%s without %s", example.Name, v.pointer)
		again := edit{v.end, v.end, slices.Concat([]byte(", "), quoted(v.key, ""), []byte(": "), text[v.start:v.end])}
		after, err = bank.ask(t, example.Account, apply(text, again))
		assert.Empty(t, after, "%s with %s twice", example.Name, v.pointer)
		assert.ErrorIs(t, err, adapters.ErrProtocol, "%s with %s twice", example.Name, v.pointer)
	}
	for kind, other := range others {
		if kind == v.kind {
			continue
		}
		if same, ok := retyped(text[v.start:v.end], kind); ok {
			other = same
		}
		after, err := bank.ask(t, example.Account, apply(text, edit{v.start, v.end, []byte(other)}))
		goes := func() bool { return kind == 'n' && mayGo() }
		h.assertIdentical(t, before, after, err, goes, "%s with %s = %s", example.Name, v.pointer, other)
	}
}

// retyped writes a number as a text, and a text that is a number as one, with the same digits.
func retyped(text []byte, as byte) (string, bool) {
	number, quoted := strings.CutPrefix(string(text), `"`)
	number = strings.TrimSuffix(number, `"`)
	if token, err := json.NewDecoder(strings.NewReader(number)).Token(); err != nil || kind(token) != '0' {
		return "", false
	}
	if as == '"' && !quoted {
		return `"` + number + `"`, true
	}
	return number, as == '0' && quoted
}

// valid reports whether a body is an answer that the document knows.
func (h Harness) valid(t *testing.T, example contract.Example, body []byte) bool {
	t.Helper()
	request, err := h.Document.SampleRequest(t.Context(), "http://bank.example", example.Operation, example.Account)
	require.NoError(t, err)
	header := h.Document.SampleResponseHeader(request, http.StatusOK)
	return h.Document.ValidateResponse(t.Context(), request, http.StatusOK, header, body) == nil
}

// assertIdentical checks that the call failed, or that its result is the one without the change in the sense of
// sweep. mayGo tells whether balances may be gone.
func (h Harness) assertIdentical(t *testing.T, before, after []adapters.Balance, err error, mayGo func() bool, message string, arguments ...any) {
	t.Helper()
	arguments = append([]any{message}, arguments...)
	if err != nil {
		assert.Empty(t, after, arguments...)
		assert.ErrorIs(t, err, adapters.ErrProtocol, arguments...)
		return
	}
	assertSound(t, after)
	if len(after) < len(before) && len(after) > 0 && mayGo() {
		before = remaining(before, after)
	}
	if !assert.Len(t, after, len(before), arguments...) {
		return
	}
	for i := range after {
		assert.Equal(t, forget(before[i], after[i]), after[i], arguments...)
	}
}

// remaining are the balances of before that after still has, in their order.
func remaining(before, after []adapters.Balance) []adapters.Balance {
	var left []adapters.Balance
	for _, balance := range before {
		if len(left) < len(after) && balance.ProviderType == after[len(left)].ProviderType {
			left = append(left, balance)
		}
	}
	return left
}

// forget returns the balance before a change without the optional facts that are absent after it.
func forget(before, after adapters.Balance) adapters.Balance {
	if after.IBAN == "" {
		before.IBAN = ""
	}
	if after.BBAN == "" {
		before.BBAN = ""
	}
	if after.AsOf.IsZero() {
		before.AsOf = after.AsOf
	}
	before.Warnings = after.Warnings
	before.CreditLines = forgetLines(before.CreditLines, after.CreditLines)
	return before
}

func forgetLines(before, after []adapters.CreditLine) []adapters.CreditLine {
	if len(after) == 0 {
		return after
	}
	before = slices.Clone(before)
	for i := range min(len(before), len(after)) {
		if after[i].Included == nil {
			before[i].Included = nil
		}
		if after[i].Type == "" {
			before[i].Type = ""
		}
		if after[i].Amount == nil && after[i].Currency == "" {
			before[i].Amount, before[i].Currency = after[i].Amount, ""
		}
	}
	return before
}
