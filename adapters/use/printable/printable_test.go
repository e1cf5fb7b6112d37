package printable_test

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/printable"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hidden are characters that do not show themselves, or turn what is beside them around.
const hidden = "\x00\t\n\r\x1b\x7f\u0085\u00a0\u00ad\u034f\u061c\u115f\u17b4\u180b\u200b\u200d\u200e\u2028\u202e\u2060\u2066\u2800\u3000\u3164\ufe0f\ufeff\uffa0" +
	"\U00013441\U00016fe4\U0001d159\U000e0100\U000e0041\u05d0\u0631\u0661\u0780\u07c1\ufb1d\ufdf2\ufe8e\U00010800\U0001ee00"

const legible = "Кари Нордманн, Bjørn Æåé e\u0301 ΑΩ 日本 한 हिन्दी ก € “” <&> \\u{1b}"

func TestText(t *testing.T) {
	t.Parallel()
	assert.Equal(t, legible, printable.Text(legible))
	assert.Equal(t, `a\u{1b}[2J\u{a}\u{202e}\u{2800}`, printable.Text("a\x1b[2J\n\u202e\u2800"))
	for _, r := range hidden {
		text := printable.Text(string(r))
		assert.Regexp(t, `^\\u\{[0-9a-f]+\}$`, text)
		assert.Equal(t, text, printable.Text(text))
	}
	assert.Equal(t, "\ufffd", printable.Text("\xff"))
}

// A shell takes a word for the name that it is, and for nothing else.
func TestWord(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shop", "1.a_b-c", "", "my shop", "-x", "a'b", "$(id)", "a;b", "~", "Æ", "a\\b", "'"} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+printable.Word(name)).Output()
		require.NoError(t, err, name)
		assert.Equal(t, name, string(out))
	}
	assert.Equal(t, "shop", printable.Word("shop"))
	for _, r := range hidden {
		assert.Equal(t, "NAME", printable.Word("a"+string(r)))
	}
}

// Wherever a spreadsheet may begin a cell, whatever separates its cells, no formula starts there.
func TestCell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":             "",
		"a=b -c 1.50":  "a=b -c 1.50",
		"=1":           `\u{3d}1`,
		"==1":          `\u{3d}=1`,
		"+1":           `\u{2b}1`,
		"-1":           `\u{2d}1`,
		"@x":           `\u{40}x`,
		"＝1":           `\u{ff1d}1`,
		"＠x":           `\u{ff20}x`,
		"1.5;=x":       `1.5;\u{3d}x`,
		"-;@x":         `\u{2d};\u{40}x`,
		"a,=cmd":       `a,\u{3d}cmd`,
		"a, -5":        "a, -5",
		`;"=cmd`:       `;"\u{3d}cmd`,
		`a;""=cmd`:     `a;""\u{3d}cmd`,
		`"=cmd`:        `"\u{3d}cmd`,
		`a","＋cmd`:     `a","\u{ff0b}cmd`,
		"\t=cmd":       `\u{9}=cmd`,
		"a\r\n=cmd":    `a\u{d}\u{a}=cmd`,
		"a;b \"=cmd\"": `a;b "=cmd"`,
	} {
		assert.Equal(t, want, printable.Cell(text), text)
	}
}

// JSON keeps its value, and shows nothing that a text would not.
func TestJSON(t *testing.T) {
	t.Parallel()
	value := map[string]string{legible: hidden, `\u003c`: "<&>"}
	document, err := json.MarshalIndent(value, "", "\t")
	require.NoError(t, err)
	text := printable.JSON(document)
	for _, r := range strings.ReplaceAll(hidden, "\n", "") {
		assert.NotContains(t, text, string(r), "%U", r)
	}
	assert.Contains(t, text, "<&>")
	assert.Equal(t, strings.Count(string(document), "\n"), strings.Count(text, "\n"))
	var again map[string]string
	require.NoError(t, json.Unmarshal([]byte(text), &again), text)
	assert.Equal(t, value, again)
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"", -1, ""}, {"ab", -1, "…"}, {"abc", 3, "abc"}, {"abcd", 3, "a…d"}, {"abcdef", 4, "a…ef"}, {"abcdef", 5, "ab…ef"}, {"abc", 1, "…"},
		{"日本日本", 8, "日本日本"}, {"日本日本", 7, "日…日本"}, {"日本a日本", 6, "日…本"}, {"日abcdef", 3, "…ef"},
		{"abcde\u0301", 5, "abcde\u0301"}, {"abcdee\u0301", 5, "ab…ee\u0301"}, {"abcd日\u0301", 3, "a…"}, {"a\u0301bcd", 3, "a\u0301…d"},
		{"\x1b", 6, `\u{1b}`}, {"ab\x1bcdefgh", 9, `ab\u…efgh`},
	} {
		assert.Equal(t, c.want, printable.Shorten(c.text, c.columns), "%s in %d", c.text, c.columns)
	}
}

// However long the words are, no line is longer than its limit, unless it is one word.
func TestLines(t *testing.T) {
	t.Parallel()
	words := []string{"a", "word", "one of two", "日本", "\x1b", "https://bank.example/a-long-link", "b"}
	assert.Equal(t, []string{"a word", "one of two", `日本 \u{1b}`, "https://bank.example/a-long-link", "b"}, printable.Lines(words, 12))
	assert.Equal(t, []string{`a word one of two 日本 \u{1b} https://bank.example/a-long-link b`}, printable.Lines(words, 0))
	assert.Empty(t, printable.Lines(nil, 10))
}

func TestCreditLines(t *testing.T) {
	t.Parallel()
	amount, err := adapters.ParseAmount("-10.00")
	require.NoError(t, err)
	yes, no := true, false
	assert.Equal(t, "credit line Pre-Agreed -10.00 GBP, included; credit line, not included; credit line", printable.CreditLines([]adapters.CreditLine{
		{Type: "Pre-Agreed", Amount: &amount, Currency: "GBP", Included: &yes}, {Included: &no}, {},
	}))
}

// Whatever the text is, a short form fits and a cell shows itself, and doing it twice changes nothing.
func FuzzShorten(f *testing.F) {
	for _, text := range []string{legible, hidden, "abcdef", "日本日本", "e\u0301\u0301e", "=1;\"=2", "\xff"} {
		f.Add(text, 5)
	}
	f.Fuzz(func(t *testing.T, text string, columns int) {
		short := printable.Shorten(text, columns)
		assert.LessOrEqual(t, printable.Width(short), max(1, columns))
		assert.True(t, utf8.ValidString(short))
		assert.Equal(t, short, printable.Shorten(short, columns))
		cell := printable.Cell(text)
		assert.Equal(t, cell, printable.Text(cell))
		assert.Equal(t, cell, printable.Cell(cell))
	})
}
