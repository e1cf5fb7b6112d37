package adaptertest

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/stretchr/testify/require"
)

// largestSwept keeps the list of everything that the sandbox knows out of the sweep: it repeats the forms of the others.
const largestSwept = 4 << 10

// sweep spoils every value of every good answer to every call, lists and objects included, in each of these ways: its
// member is taken out, it is null, it is of every other JSON type, its member is there twice. A member twice is always an
// error. Each of the others is an error of the call or of the account, or what the document declares of the spoilt
// answer, or harmless, which means:
//
//   - The same accounts and balances in the same order. An optional fact may have become absent, and only that. A fact
//     that has another value than before is never harmless.
//   - A number and a text of the same digits are the same value: providers write amounts either way.
//   - Warnings may differ, because they are about the answer as it came and are no fact about the balance.
//
// Elements of lists are not taken out or doubled here: a list with one element less or more is another answer, not a
// broken one.
func (h Harness) sweep(t *testing.T) {
	t.Parallel()
	h.eachGoodAnswer(t, func(t *testing.T, c comparison) {
		if c.brief {
			t.Skip("left to go test without -short")
		}
		before, err := c.call.ask(t, c.bank, c.call.asked, c.example.JSON)
		if err != nil || c.call.name == "one" && before[0].err != nil {
			t.Skip("does not apply: a documented failure, which has no balances to lose")
		}
		all, err := values(c.example.JSON)
		require.NoError(t, err)
		for _, v := range all {
			if isRepetition(v.pointer) {
				continue
			}
			for how, body := range spoilt(c.example.JSON, v) {
				if problem := c.harm(t, before, body, how == "twice"); problem != "" {
					t.Errorf("%s with %s %s", problem, v.pointer, how)
					return
				}
			}
		}
	})
}

// harm returns what a spoilt answer has done to the result, "" if nothing.
func (c comparison) harm(t *testing.T, before []declaredAccount, body []byte, twice bool) string {
	t.Helper()
	after, err := c.call.ask(t, c.bank, c.call.asked, body)
	var failure *adapters.Error
	wholeList := c.call.asked == nil || c.call.name == "one"
	failed := slices.ContainsFunc(after, func(a declaredAccount) bool { return a.err != nil })
	switch {
	case err != nil && !errors.As(err, &failure), err != nil && wholeList && failure.Kind != adapters.ErrProtocol:
		return fmt.Sprintf("the call fails with %q", err)
	case err != nil:
		return ""
	case twice && !failed:
		return "nobody says that a member occurs twice"
	}
	want, wantErr := c.declaration.Read(c.example.Operation, body, mapping.Asked{Accounts: c.call.asked, Bank: c.Bank})
	if differ(c.call.name, want, wantErr, after, nil) == "" {
		return ""
	}
	if len(after) != len(before) {
		return fmt.Sprintf("%d of %d accounts are left", len(after), len(before))
	}
	for i := range after {
		if problem := after[i].harm(before[i], wholeList); problem != "" {
			return problem
		}
	}
	return ""
}

// harm returns what is worse with an account than before. One that had failed may be good when a part is gone that
// contradicted another.
func (a declaredAccount) harm(before declaredAccount, isList bool) string {
	switch {
	case a.err != nil && isList && !errors.Is(a.err, adapters.ErrProtocol):
		return fmt.Sprintf("an account fails with %q", a.err)
	case a.err != nil, before.err != nil && !isList:
		return ""
	case before.err != nil:
		return "there are balances out of nothing"
	case len(a.balances) != len(before.balances):
		return fmt.Sprintf("%d of %d balances are left", len(a.balances), len(before.balances))
	}
	problem := changed("account", before.account, a.account)
	for i := range a.balances {
		if problem == "" {
			problem = changed(fmt.Sprintf("balance[%d]", i), before.balances[i], a.balances[i])
		}
	}
	return problem
}

// changed returns a fact that has another value than before. Absent facts are no other value.
func changed(of string, before, after mapping.Fields) string {
	for field, value := range after {
		if before[field] != value {
			return fmt.Sprintf("%s.%s was %q and is %q", of, field, before[field], value)
		}
	}
	return ""
}

// others are a value of each JSON type. The text and the object look like what they may stand in for.
var others = map[byte]string{
	'n': "null", 't': "true", '0': "1", '"': `"1.00"`, '[': "[]", '{': `{"amount": "1.00", "currency": "EUR"}`,
}

// spoilt are the texts with v gone, there twice, or of another type, by what was done.
func spoilt(text []byte, v value) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if v.member {
			again := slices.Concat([]byte(", "), quoted(v.key, ""), []byte(": "), text[v.start:v.end])
			if !yield("gone", apply(text, without(text, v))) || !yield("twice", apply(text, edit{v.end, v.end, again})) {
				return
			}
		}
		for kind, other := range others {
			if same, ok := retyped(text[v.start:v.end], kind); ok {
				other = same
			}
			if kind != v.kind && !yield("= "+other, apply(text, edit{v.start, v.end, []byte(other)})) {
				return
			}
		}
	}
}

// retyped writes a number as a text, and a text that is a number as one, with the same digits.
func retyped(text []byte, as byte) (string, bool) {
	number, quoted := strings.CutPrefix(string(text), `"`)
	number = strings.TrimSuffix(number, `"`)
	if value := jsontext.Value(number); value.Kind() != '0' || !value.IsValid() {
		return "", false
	}
	if as == '"' && !quoted {
		return `"` + number + `"`, true
	}
	return number, as == '0' && quoted
}
