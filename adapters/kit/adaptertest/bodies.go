package adaptertest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func checkTextOrNumber(t *testing.T, h Harness) {
	example := h.example(t)
	deviations := 0
	for _, text := range []string{"1091.70", `"1091.70"`} {
		body := h.change(t, example.JSON, []bodyEdit{{At: "amount", Text: rawText(text)}})
		if h.Document.ValidateAnswer(example.Operation, body) != nil {
			deviations++
		}
	}
	assert.Equal(t, 1, deviations, "the document takes either text or number")
}

// listed returns an answer whose list is the first balance's text, once with each of the amounts.
func (h Harness) listed(t *testing.T, amounts ...string) (account string, body []byte) {
	t.Helper()
	if !h.hasList() {
		t.Skip("does not apply: an answer has no list of balances")
	}
	example, known, balances := h.example(t), map[string]rawText{}, []rawText{}
	for _, amount := range amounts {
		if known[amount] == nil {
			changed := h.change(t, example.JSON, []bodyEdit{{At: "amount", Text: rawText(amount)}})
			known[amount] = h.at(t, changed, "balances/0")
		}
		balances = append(balances, known[amount])
	}
	list := slices.Concat([]byte("["), slices.Concat(joined(balances)...), []byte("]"))
	return example.Account, h.change(t, example.JSON, []bodyEdit{{At: "balances", Text: list}})
}

// hasList reports whether an answer has a list of balances, and not balances as members.
func (h Harness) hasList() bool {
	_, ok := h.places["balances"]
	return ok
}

func joined(texts []rawText) [][]byte {
	parts := [][]byte{}
	for i, text := range texts {
		if i > 0 {
			parts = append(parts, []byte(", "))
		}
		parts = append(parts, text)
	}
	return parts
}

// at returns the text of the value at a place.
func (h Harness) at(t *testing.T, body []byte, place string) rawText {
	t.Helper()
	all, err := values(body)
	require.NoError(t, err)
	pointer, _ := h.place(t, place)
	i := slices.IndexFunc(all, func(v value) bool { return v.pointer == pointer })
	require.GreaterOrEqual(t, i, 0, "the answer has no %s", place)
	return body[all[i].start:all[i].end]
}

func checkSameType(t *testing.T, h Harness) {
	want := []string{"3", "1", "1", "2"}
	account, body := h.listed(t, want...)
	balances, err := h.teller(t).ask(t, account, body)
	require.NoError(t, err)
	got := []string{}
	for _, balance := range balances {
		got = append(got, balance.Amount.String())
		assert.Equal(t, balances[0].ProviderType, balance.ProviderType)
		assert.Contains(t, balance.Warnings, adapters.WarningAlike)
	}
	assert.Equal(t, want, got)
}

func checkManyBalances(t *testing.T, h Harness) {
	amounts := slices.Repeat([]string{"1"}, 1001)
	bank := h.teller(t)
	account, body := h.listed(t, amounts...)
	balances, err := bank.ask(t, account, body)
	assert.Empty(t, balances)
	h.assertFailure(t, err, adapters.ErrTooLarge)
	account, body = h.listed(t, amounts[:1000]...)
	balances, err = bank.ask(t, account, body)
	require.NoError(t, err)
	assert.Len(t, balances, 1000)
}

// checkEmptyList sends an empty list, which is an empty result where an answer is a list, and no answer elsewhere.
func checkEmptyList(t *testing.T, h Harness) {
	balances, err := h.teller(t).ask(t, h.example(t).Account, []byte("[]"))
	assert.Empty(t, balances)
	if list, ok := h.place(t, "balances"); ok && list == "" {
		assert.NoError(t, err)
		return
	}
	assert.ErrorIs(t, err, adapters.ErrProtocol)
}

// checkUnknownMembers puts members that nobody has documented into every object of every good answer. They are objects
// themselves, because that is what fits where a document leaves only the names open, such as Eika's _links.
func checkUnknownMembers(t *testing.T, h Harness) {
	const unknown = `"amount-2": {"amount": "1.00"}, "Odd ~/\u0000": {"list": [null, {}, 1e400]}, "": {}`
	bank := h.teller(t)
	for _, example := range h.goodExamples() {
		before, err := bank.ask(t, example.Account, example.JSON)
		if err != nil {
			continue
		}
		all, err := values(example.JSON)
		require.NoError(t, err)
		for _, v := range all {
			if v.kind != '{' {
				continue
			}
			text := unknown
			if !bytes.HasPrefix(bytes.TrimSpace(example.JSON[v.start+1:]), []byte("}")) {
				text += ", "
			}
			after, err := bank.ask(t, example.Account, apply(example.JSON, edit{v.start + 1, v.start + 1, []byte(text)}))
			require.NoError(t, err, "%s %s", example.Name, v.pointer)
			assert.Equal(t, before, after, "%s %s", example.Name, v.pointer)
		}
	}
}

// goodExamples are the documented answers with status 200 to a call for one account.
func (h Harness) goodExamples() []specs.Example {
	return slices.DeleteFunc(h.documented(), func(e specs.Example) bool {
		return !e.Valid || e.Status != http.StatusOK || e.Account == ""
	})
}

func checkEncodings(t *testing.T, h Harness) {
	example, bank := h.example(t), h.teller(t)
	wide := utf16.Encode([]rune(string(example.JSON)))
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		var two, four []byte
		for _, unit := range wide {
			two = order.AppendUint16(two, unit)
			four = order.AppendUint32(four, uint32(unit))
		}
		marked := slices.Concat(order.AppendUint16(nil, 0xfeff), two)
		for _, body := range [][]byte{two, marked, four} {
			balances, err := bank.ask(t, example.Account, body)
			assert.Empty(t, balances)
			h.assertFailure(t, err, adapters.ErrProtocol)
		}
	}
}

// checkBrokenOff ends a good answer too early in every way that HTTP has.
func checkBrokenOff(t *testing.T, h Harness) {
	example := h.example(t)
	half := example.JSON[:len(example.JSON)/2]
	for name, serve := range map[string]http.HandlerFunc{
		"empty":         with(http.StatusOK, "application/json", ""),
		"only blanks":   with(http.StatusOK, "application/json", "\n \n"),
		"half":          with(http.StatusOK, "application/json", string(half)),
		"too short":     announced(len(example.JSON), half),
		"nothing":       announced(len(example.JSON), nil),
		"reset":         interrupted(half),
		"reset at once": interrupted(nil),
		"half a gzip":   halfZipped(example.JSON),
		"last missing":  announced(len(example.JSON)+1, example.JSON),
	} {
		t.Run(name, func(t *testing.T) {
			balances, err := h.open(t, serve).Balances(t.Context(), example.Account, adapters.Unattended())
			assert.Empty(t, balances)
			h.assertFailure(t, err, adapters.ErrProtocol)
			assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
		})
	}
}

// announced promises length bytes and sends body.
func announced(length int, body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(length))
		_, _ = w.Write(body)
	}
}

// interrupted sends the headers and body, and breaks the connection off before its end.
func interrupted(body []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(body)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

func halfZipped(body []byte) http.HandlerFunc {
	var zipped bytes.Buffer
	writer := gzip.NewWriter(&zipped)
	_, _ = writer.Write(body)
	_ = writer.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(zipped.Bytes()[:zipped.Len()/2])
	}
}

// ugly would repaint a terminal, forge a line of a log and turn text around.
const ugly = "\x1b[31m\x00\u202e\u0085\r\nlevel=ERROR \x7f"

// checkControlCharacters answers with every documented error, all of its texts ugly.
func checkControlCharacters(t *testing.T, h Harness) {
	for _, example := range h.refusals() {
		body := plant(t, example.JSON, ugly, true)
		source := h.open(t, with(example.Status, "application/json", string(body)))
		_, err := source.Balances(t.Context(), example.Account, adapters.Unattended())
		require.Error(t, err)
		for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
			assertPlain(t, fmt.Sprintf(form, err))
		}
		text, err := json.Marshal(err)
		require.NoError(t, err)
		assertPlain(t, string(text))
	}
}

func assertPlain(t *testing.T, text string) {
	t.Helper()
	assert.False(t, strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%q", text)
}

// checkSignBesidesIndicator gives an amount a sign where an indicator gives one, whatever the indicator says.
func checkSignBesidesIndicator(t *testing.T, h Harness) {
	if _, ok := h.places["sign"]; !ok {
		t.Skip("does not apply: the amount has its sign itself")
	}
	example, bank := h.exampleWith(t, "sign"), h.teller(t)
	for _, indicator := range h.pool(t)["sign"] {
		for _, amount := range []string{`"-5.00"`, "-5.00"} {
			body := h.change(t, example.JSON, []bodyEdit{{At: "amount", Text: rawText(amount)}, {At: "sign", Text: rawText(indicator)}})
			balances, err := bank.ask(t, example.Account, body)
			assert.Empty(t, balances)
			h.assertFailure(t, err, adapters.ErrProtocol)
		}
	}
}

// checkNoBalanceMembers takes all balances out of an answer that has them as members.
func checkNoBalanceMembers(t *testing.T, h Harness) {
	if h.hasList() {
		t.Skip("does not apply: an answer has a list of balances")
	}
	example := h.example(t)
	all, err := values(example.JSON)
	require.NoError(t, err)
	answer, _ := h.declaration.Read(example.Operation, example.JSON, mapping.Asked{Accounts: []string{example.Account}, Bank: h.Bank})
	edits := []edit{}
	for _, v := range answer.Values {
		if v.Field == "balance.amount" {
			member := all[spanOf(all, v.Pointer).parent]
			if !slices.ContainsFunc(edits, func(e edit) bool { return e.start == member.start }) { // of two amounts
				edits = append(edits, edit{member.start, member.end, []byte("null")})
			}
		}
	}
	balances, err := h.teller(t).ask(t, example.Account, apply(example.JSON, edits...))
	assert.Empty(t, balances)
	h.assertFailure(t, err, adapters.ErrProtocol)
}

// checkOtherAccounts gives the answer ids that differ a little from the one asked for.
func checkOtherAccounts(t *testing.T, h Harness) {
	if _, ok := h.places["account"]; !ok {
		t.Skip("does not apply: the answer names no account")
	}
	example, bank := h.exampleWith(t, "account"), h.teller(t)
	id := example.Account
	for _, other := range []string{id + " ", " " + id, "0" + id, strings.ToUpper(id), strings.ToLower(id), id[1:], ""} {
		if other == id {
			continue
		}
		body := h.change(t, example.JSON, []bodyEdit{{At: "account", Text: quoted(other, "")}})
		if h.Document.ValidateAnswer(example.Operation, body) == nil && other == "" {
			continue // the document lets an answer leave the id out
		}
		balances, err := bank.ask(t, id, body)
		assert.Empty(t, balances, "%q", other)
		h.assertFailure(t, err, adapters.ErrProtocol)
	}
}

// checkOtherBanks puts parts about other banks and accounts beside the part of an answer that was asked for.
func checkOtherBanks(t *testing.T, h Harness) {
	bank, ok := h.place(t, "bank")
	if !ok {
		t.Skip("does not apply: the answer names no bank")
	}
	example := h.exampleWith(t, "bank")
	all, err := values(example.JSON)
	require.NoError(t, err)
	part := all[spanOf(all, bank).parent]
	text := func(changes ...bodyEdit) []byte {
		changed := h.change(t, example.JSON, changes)
		all, err := values(changed)
		require.NoError(t, err)
		v := spanOf(all, part.pointer)
		return changed[v.start:v.end]
	}
	another := rawText(`"another"`)
	c := comparison{h, declaredCall{"one", []string{example.Account}, askOne}, h.teller(t), example, false}
	for name, beside := range map[string][]byte{
		"of another bank":    text(bodyEdit{At: "bank", Text: another}),
		"of another account": text(bodyEdit{At: "account", Text: another}),
		"of the same":        text(),
		"of nobody":          []byte("{}"),
	} {
		for _, body := range [][]byte{
			apply(example.JSON, edit{part.start, part.start, append(slices.Clone(beside), ',')}),
			apply(example.JSON, edit{part.end, part.end, append([]byte{','}, beside...)}),
		} {
			c.compare(t, " with a part "+name, body)
		}
	}
}
