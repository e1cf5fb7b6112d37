package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// isHarmless reports whether a character shows itself, and only itself: it is no control or format character, none that is
// invisible, and none that is written from right to left, next to which an amount is shown in another order.
func isHarmless(r rune) bool {
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, rightToLeft)
}

// printable returns text with everything escaped that is not harmless.
func printable(text string) string {
	var safe strings.Builder
	for _, r := range text {
		if isHarmless(r) {
			safe.WriteRune(r)
		} else {
			fmt.Fprintf(&safe, `\u{%x}`, r)
		}
	}
	return safe.String()
}

// rightToLeft are the blocks whose characters have by default the bidirectional class R or AL, after
// https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedBidiClass.txt.
var rightToLeft = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x590, Hi: 0x8ff, Stride: 1}, {Lo: 0xfb1d, Hi: 0xfdff, Stride: 1}, {Lo: 0xfe70, Hi: 0xfeff, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x10800, Hi: 0x10fff, Stride: 1}, {Lo: 0x1e800, Hi: 0x1efff, Stride: 1}},
}

// formula finds what a spreadsheet takes for the start of a formula, in its full-width forms, too: at the beginning of a
// cell, and behind a semicolon, which separates cells in half of the world.
var formula = regexp.MustCompile(`(^|;)([=+\-@＝＋－＠])`)

// cell is printable for a text in a CSV file, which starts no formula. Amounts are not texts; they begin with "-" as they are.
func cell(text string) string {
	return formula.ReplaceAllStringFunc(printable(text), func(found string) string {
		start := strings.TrimPrefix(found, ";")
		return strings.TrimSuffix(found, start) + fmt.Sprintf(`\u{%x}`, []rune(start)[0])
	})
}

// cellsOf are cells of a CSV file that start no formula.
func cellsOf(texts []string) []string {
	for i := range texts {
		texts[i] = cell(texts[i])
	}
	return texts
}

// plainJSON escapes what printable escapes, as JSON does.
func plainJSON(body []byte) string {
	var text strings.Builder
	for _, r := range string(body) {
		if isHarmless(r) {
			text.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&text, `\u%04x`, unit)
		}
	}
	return text.String()
}

// table prints rows of printable texts in columns, the first being the header, and keeps the widths for further rows.
type table struct {
	widths  []int
	flexes  []int // the columns that are shortened if there is no room
	numbers int   // the column that is aligned on its right
}

// format returns rows within so many columns of a terminal, if that can be; a limit of 0 is none.
func (t *table) format(rows [][]string, limit int) string {
	if t.widths == nil {
		t.widths = make([]int, len(rows[0]))
	}
	total := 2 * (len(t.widths) - 1)
	for i := range t.widths {
		for _, row := range rows {
			t.widths[i] = max(t.widths[i], textWidth(row[i]))
		}
		total += t.widths[i]
	}
	for ; limit > 0 && total > limit; total-- {
		widest := slices.MaxFunc(t.flexes, func(a, b int) int { return t.widths[a] - t.widths[b] })
		if t.widths[widest] <= leastWidth {
			break
		}
		t.widths[widest]--
	}
	var text strings.Builder
	for _, row := range rows {
		line := ""
		for i, value := range row {
			value = middle(value, t.widths[i])
			room := strings.Repeat(" ", t.widths[i]-textWidth(value))
			if i == t.numbers {
				line += room + value + "  "
			} else {
				line += value + room + "  "
			}
		}
		text.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return text.String()
}

// leastWidth is what a shortened column keeps.
const leastWidth = 8

// middle is a text without its middle if it takes more than so many columns of a terminal.
func middle(text string, limit int) string {
	all := []rune(text)
	for kept := len(all) / 2; textWidth(text) > limit && kept > 0; kept-- {
		text = string(all[:kept]) + "…" + string(all[len(all)-kept+1:])
	}
	return text
}

// textWidth is how many columns a terminal takes for a text: two for each wide character of East Asia, none for one that
// stands on the character before it.
func textWidth(text string) (columns int) {
	for _, r := range text {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			columns += 2
		default:
			columns++
		}
	}
	return columns
}

// width is that of the terminal, 0 if nobody looks at one.
func (p *process) width() int {
	if file, ok := p.stdout.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil {
			return columns
		}
	}
	columns, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	return max(0, columns)
}

// timeText is RFC 3339 in UTC, "" for no time.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// span is a duration in its largest unit.
func span(d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

// age is how long ago a time was, "-" for no time.
func age(t, now time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return span(max(0, now.Sub(t)))
}

// counted is a number with what it counts.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
