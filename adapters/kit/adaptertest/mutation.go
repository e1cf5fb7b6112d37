package adaptertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mutation changes a good answer in one place, once with each of Texts, and says what an adapter has to make of it.
// It does not apply to an adapter whose answers lack the place.
type mutation struct {
	// At is the place, by what the document declares of it: "account" (its id), "balances" (the list), "amount",
	// "currency", "type" and "asOf" of the first balance, "sign" (what gives its amount a sign), "creditLines" (the list),
	// "included" of a credit line, "flag" (what refuses an answer); perhaps with more behind a slash. The first good
	// example that has the place is changed. Empty is the whole body.
	At string `json:"at,omitempty"`
	// Do is what happens there; empty means that the text replaces the value. "before" and "after" put the text
	// beside it, "again" adds a second member of the same name, and without a text "delete" takes the value out,
	// "rename" changes its name and "cut" ends the body there.
	Do string `json:"do,omitempty"`
	// As is how "again" and "rename" write the name: as it is, "title", "upper", "lower" or with an "escaped" letter. A
	// name that is written so already is not renamed.
	As string `json:"as,omitempty"`
	// Texts are raw JSON, or what claims to be.
	Texts []rawText `json:"texts,omitempty"`
	// Also are further changes of the same body.
	Also []bodyEdit `json:"also,omitempty"`
	// Want is the same for all Texts.
	Want wanted `json:"want"`
}

// bodyEdit is one edit of a body; its fields are those of [mutation].
type bodyEdit struct {
	At   string  `json:"at,omitempty"`
	Do   string  `json:"do,omitempty"`
	As   string  `json:"as,omitempty"`
	Text rawText `json:"text,omitempty"`
}

// wanted is what an adapter makes of a changed answer: an error, or balances. Facts that it does not state, warnings
// aside, are as they were without the change.
type wanted struct {
	// Error is the kind; with Named its text names the last member of the place.
	Error adapters.Kind `json:"error,omitempty"`
	Named bool          `json:"named,omitempty"`
	// Unchanged means that the change makes no difference at all.
	Unchanged bool `json:"unchanged,omitempty"`
	// Declared means that the adapter does with the changed answer what the document declares; with Warned a warning names
	// the last member of the place.
	Declared bool `json:"declared,omitempty"`
	Warned   bool `json:"warned,omitempty"`
	// Balances is how many there are; with it only the first one's stated facts count.
	Balances *int `json:"balances,omitempty"`

	// The facts of the balance with the place.
	Amount       string               `json:"amount,omitempty"` // with its scale
	Currency     string               `json:"currency,omitempty"`
	Type         adapters.BalanceType `json:"type,omitempty"`
	ProviderType rawText              `json:"providerType,omitempty"`
	CreditLines  *int                 `json:"creditLines,omitempty"`
	Warnings     []string             `json:"warnings,omitempty"` // must be there, besides others
	NoWarnings   []string             `json:"noWarnings,omitempty"`
}

// rawText is raw text, also such as no JSON string can hold. Its JSON form is a string, {"base64": "..."},
// {"repeat": text, "times": n}, or a list of such parts.
type rawText []byte

// UnmarshalJSON spells all repetitions out.
func (x *rawText) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '"':
		var text string
		err := json.Unmarshal(data, &text)
		*x = rawText(text)
		return err
	case '[':
		var parts []rawText
		err := json.Unmarshal(data, &parts)
		*x = slices.Concat(parts...)
		return err
	}
	var form struct {
		Base64 []byte  `json:"base64"`
		Repeat rawText `json:"repeat"`
		Times  int     `json:"times"`
	}
	err := unmarshalKnown(data, &form)
	*x = append(rawText(form.Base64), bytes.Repeat(form.Repeat, form.Times)...)
	return err
}

// unmarshalKnown refuses members that target lacks, so that a slip of the pen in a case is found.
func unmarshalKnown(data []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(target)
}

// patience is how long any one call of a test may take; what is meant to be quick takes a thousandth of it.
const patience = 10 * time.Second

func (m mutation) run(t *testing.T, h Harness) {
	example, bank := h.exampleWith(t, m.At), h.teller(t)
	before, err := bank.ask(t, example.Account, example.JSON)
	require.NoError(t, err, "the unchanged answer")
	changes := m.changes()
	for i, change := range changes {
		t.Run(change.name(), func(t *testing.T) {
			body := h.change(t, example.JSON, slices.Concat(changes[i:i+1], m.Also))
			if change.Do == "rename" && bytes.Equal(body, example.JSON) {
				t.Skip("does not apply: the name is written so already")
			}
			after, err := bank.ask(t, example.Account, body)
			if m.Want.Declared || h.meansElse(example.Operation, body, []string{example.Account}) {
				h.assertDeclared(t, m, example, bank, body, after)
				return
			}
			if m.Want.Error != "" {
				h.assertRefused(t, m.Want, change, after, err)
				return
			}
			require.NoError(t, err)
			at := h.places[m.At]
			for _, also := range m.Also {
				at.shared = at.shared || h.places[also.At].shared
			}
			m.Want.compare(t, at, before, after)
		})
	}
}

// applies reports whether the adapter's answers have the place.
func (m mutation) applies(t testing.TB, h Harness) bool {
	t.Helper()
	_, ok := h.place(t, m.At)
	return ok
}

// assertDeclared checks a changed answer against the declaration.
func (h Harness) assertDeclared(t *testing.T, m mutation, example specs.Example, bank *teller, body []byte, after []adapters.Balance) {
	t.Helper()
	comparison{h, declaredCall{"one", []string{example.Account}, askOne}, bank, example, false}.compare(t, " changed", body)
	if !m.Want.Warned || len(after) == 0 || h.meansElse(example.Operation, body, []string{example.Account}) {
		return
	}
	pointer, _ := h.place(t, m.At)
	number := h.places[m.At].balance
	assert.Contains(t, strings.Join(after[number].Warnings, "\n"), pointer[strings.LastIndex(pointer, "/")+1:])
}

func (m mutation) changes() []bodyEdit {
	changes := []bodyEdit{}
	for _, text := range m.Texts {
		changes = append(changes, bodyEdit{m.At, m.Do, m.As, text})
	}
	if len(changes) == 0 {
		changes = append(changes, bodyEdit{m.At, m.Do, m.As, nil})
	}
	return changes
}

func (c bodyEdit) name() string {
	text := strconv.QuoteToASCII(string(c.Text[:min(len(c.Text), 40)]))
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Do, c.At, text, c.As))
}

func (h Harness) assertRefused(t *testing.T, want wanted, c bodyEdit, after []adapters.Balance, err error) {
	t.Helper()
	assert.Empty(t, after, "an error comes with no balances")
	failure := h.assertFailure(t, err, want.Error)
	if pointer, _ := h.place(t, c.At); want.Named {
		assert.Contains(t, failure.Detail, pointer[strings.LastIndex(pointer, "/")+1:])
	}
}

func (o wanted) compare(t *testing.T, at spot, before, after []adapters.Balance) {
	t.Helper()
	number := at.balance
	require.NotNil(t, after, "no balances are an empty slice")
	assertSound(t, after)
	if o.Unchanged {
		assert.Equal(t, before, after)
		return
	}
	if o.Balances != nil {
		require.Len(t, after, *o.Balances)
		before = after
	}
	if len(after) == 0 {
		return
	}
	for _, warning := range o.Warnings {
		assert.Contains(t, after[number].Warnings, warning)
	}
	for _, warning := range o.NoWarnings {
		assert.NotContains(t, after[number].Warnings, warning)
	}
	if o.CreditLines != nil {
		assert.Len(t, after[number].CreditLines, *o.CreditLines)
	}
	if want, got := o.texts(t, o.overwrite(t, number, before)), o.texts(t, after); at.shared && len(want) == len(got) {
		assert.Equal(t, want[number], got[number])
	} else {
		assert.Equal(t, want, got)
	}
}

// overwrite returns balances with the stated facts of one of them.
func (o wanted) overwrite(t *testing.T, number int, balances []adapters.Balance) []adapters.Balance {
	t.Helper()
	balances = slices.Clone(balances)
	first := &balances[number]
	if o.Amount != "" {
		first.Amount = adapters.NewAmount(decimal.RequireFromString(o.Amount))
	}
	if o.Currency != "" {
		first.Currency = o.Currency
	}
	if o.Type != "" {
		first.Type = o.Type
	}
	if o.ProviderType != nil {
		first.ProviderType = string(o.ProviderType)
	}
	return balances
}

// texts are the balances without what is compared apart.
func (o wanted) texts(t *testing.T, balances []adapters.Balance) []string {
	t.Helper()
	texts := []string{}
	for _, balance := range balances {
		balance.Warnings = nil
		if o.CreditLines != nil {
			balance.CreditLines = nil
		}
		texts = append(texts, balanceText(t, balance))
	}
	return texts
}

// assertSound checks what holds for every balance, whatever the provider sent: it keeps the contract, and its JSON
// form reads back as the same balance.
func assertSound(t *testing.T, balances []adapters.Balance) {
	t.Helper()
	for _, balance := range balances {
		assert.NoError(t, balance.Validate())
		text, err := json.Marshal(balance)
		require.NoError(t, err, "a balance can be written as JSON")
		var again adapters.Balance
		require.NoError(t, json.Unmarshal(text, &again))
		assert.Equal(t, balance.Amount.String(), again.Amount.String())
		assert.True(t, balance.AsOf.Equal(again.AsOf))
	}
}

// example returns the first good answer for an account.
func (h Harness) example(t testing.TB) specs.Example {
	t.Helper()
	good := h.goodExamples()
	require.NotEmpty(t, good, "the document has no good example for an account")
	return good[0]
}

// exampleWith returns the good answer that has a place.
func (h Harness) exampleWith(t testing.TB, at string) specs.Example {
	t.Helper()
	name, _, _ := strings.Cut(at, "/")
	if spot, ok := h.places[name]; ok {
		return spot.example
	}
	return h.example(t)
}

// place returns the pointer of a place, and whether the adapter's answers have it.
func (h Harness) place(t testing.TB, at string) (pointer string, ok bool) {
	t.Helper()
	if at == "" {
		return "", true
	}
	name, rest, deeper := strings.Cut(at, "/")
	require.Contains(t, placeNames, name, "no such place")
	if deeper {
		rest = "/" + rest
	}
	spot, ok := h.places[name]
	return spot.pointer + rest, ok
}

// change makes changes to a body whose bytes otherwise stay as they are.
func (h Harness) change(t testing.TB, body []byte, changes []bodyEdit) []byte {
	t.Helper()
	all, err := values(body)
	require.NoError(t, err)
	edits := []edit{}
	for _, change := range changes {
		pointer, ok := h.place(t, change.At)
		i := slices.IndexFunc(all, func(v value) bool { return v.pointer == pointer })
		require.True(t, ok && i >= 0, "the answer has no %s", change.At)
		edits = append(edits, change.edit(t, body, all[i]))
	}
	return apply(body, edits...)
}

func (c bodyEdit) edit(t testing.TB, body []byte, v value) edit {
	t.Helper()
	switch c.Do {
	case "":
		return edit{v.start, v.end, c.Text}
	case "before":
		return edit{v.start, v.start, c.Text}
	case "after":
		return edit{v.end, v.end, c.Text}
	case "again":
		return edit{v.end, v.end, slices.Concat([]byte(", "), quoted(v.key, c.As), []byte(": "), c.Text)}
	case "rename":
		return edit{v.name, v.nameEnd, quoted(v.key, c.As)}
	case "delete":
		return without(body, v)
	case "cut":
		return edit{start: v.start, end: len(body)}
	}
	require.Fail(t, "no such change", c.Do)
	return edit{}
}

// teller answers every request with a 200 and the body it was last given.
type teller struct {
	source   adapters.Source
	body     atomic.Pointer[[]byte]
	requests atomic.Int64
}

func (h Harness) teller(t *testing.T) *teller {
	t.Helper()
	bank := &teller{}
	bank.source = h.open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bank.requests.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(*bank.body.Load()) // the client may have seen enough
	}))
	return bank
}

// ask returns what the adapter makes of a body.
func (b *teller) ask(t *testing.T, account string, body []byte) ([]adapters.Balance, error) {
	t.Helper()
	b.body.Store(&body)
	begun := time.Now()
	balances, err := b.source.Balances(t.Context(), account, adapters.Unattended())
	assert.Less(t, time.Since(begun), patience, "the body takes too long to be read")
	return withoutRequestID(balances), err
}
