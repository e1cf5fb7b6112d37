// Package printable makes the text of a provider, or of anybody else, safe to show: in a terminal, in CSV and in JSON. Such a
// text can otherwise steer the terminal, hide a part of itself, turn the amount beside it around, or become a formula of the
// spreadsheet that opens it.
//
// What does not show itself is escaped: controls, formats, what is invisible or blank besides the plain blank, and letters
// that are written from right to left. [Text] writes them as \u{1b}, [JSON] as \u001b. A backslash stays as it is, so an
// escape cannot be told from a text that looks like one; programs read the JSON.
//
// The commands openbalances and fleet print by this package.
package printable

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/openbalances/openbalances/adapters"
	"golang.org/x/text/width"
)

// Text is a text for people, on a line of its own or among others: everything is escaped that does not show itself, line ends
// too. A text that is printable already stays as it is.
func Text(text string) string {
	var safe strings.Builder
	for _, r := range text {
		if isHarmless(r) {
			safe.WriteRune(r)
		} else {
			safe.WriteString(escaped(r))
		}
	}
	return safe.String()
}

// Word is a name as one word of a POSIX shell's command line, which people copy. It is NAME if not every character of the name
// shows itself.
func Word(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !isHarmless(r) }) {
		return "NAME"
	}
	if plainWord.MatchString(name) {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

var plainWord = regexp.MustCompile(`^[0-9A-Za-z._][0-9A-Za-z._-]*$`)

func escaped(r rune) string { return fmt.Sprintf(`\u{%x}`, r) }

// isHarmless reports whether a character shows itself, and only itself: it is no control or format character, none that
// is blank or invisible besides the plain blank, and none that is written from right to left, next to which an amount is
// shown in another order.
func isHarmless(r rune) bool {
	return unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, blank, rightToLeft)
}

var (
	// blank are characters without a mark that are neither spaces nor ignorable: a Braille pattern without dots, a null
	// notehead, two Egyptian blanks and a Khitan filler.
	blank = &unicode.RangeTable{
		R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}},
		R32: []unicode.Range32{{Lo: 0x13441, Hi: 0x13442, Stride: 1}, {Lo: 0x16fe4, Hi: 0x16fe4, Stride: 1}, {Lo: 0x1d159, Hi: 0x1d159, Stride: 1}},
	}
	// rightToLeft are the blocks whose characters have by default the bidirectional class R or AL, after
	// https://www.unicode.org/Public/UCD/latest/ucd/extracted/DerivedBidiClass.txt.
	rightToLeft = &unicode.RangeTable{
		R16: []unicode.Range16{{Lo: 0x590, Hi: 0x8ff, Stride: 1}, {Lo: 0xfb1d, Hi: 0xfdff, Stride: 1}, {Lo: 0xfe70, Hi: 0xfeff, Stride: 1}},
		R32: []unicode.Range32{{Lo: 0x10800, Hi: 0x10fff, Stride: 1}, {Lo: 0x1e800, Hi: 0x1efff, Stride: 1}},
	}
)

// formula finds what a spreadsheet takes for the start of a formula, in its full-width forms, too: at the beginning of a
// cell, and behind a comma or a semicolon, of which one separates the cells of the file and the other those of the
// spreadsheet that opens it. Quotes before it are those of a cell.
var formula = regexp.MustCompile(`(^|[,;])"*[=+\-@＝＋－＠]`)

// Cell is [Text] for a text in a CSV file. The start of a formula is escaped, too, so a spreadsheet calculates nothing. The
// quotes that CSV needs are for its writer to add. An amount is no text: it begins with its sign.
func Cell(text string) string {
	return formula.ReplaceAllStringFunc(Text(text), func(found string) string {
		before := strings.TrimRight(found, "=+-@＝＋－＠")
		return before + escaped([]rune(found[len(before):])[0])
	})
}

// spared are the escapes of encoding/json that are for web pages only, and white space of JSON that moves a cursor. The
// first pair keeps an escaped backslash whole.
var spared = strings.NewReplacer(`\\`, `\\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", "\t", " ", "\r", " ")

// JSON is the same JSON value, readable and harmless in a terminal: with escapes for everything that [Text] escapes, and none
// for web pages. Line ends between its tokens stay. The document has to be valid.
func JSON(document []byte) string {
	var safe strings.Builder
	for _, r := range spared.Replace(string(document)) {
		if r == '\n' || isHarmless(r) {
			safe.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) { // such characters stand in strings only
			fmt.Fprintf(&safe, `\u%04x`, unit)
		}
	}
	return safe.String()
}

// Width is how many columns a terminal takes for a printable text: two for each wide character of East Asia, none for one
// that stands on the character before it.
func Width(text string) (columns int) {
	for _, r := range text {
		columns += widthOf(r)
	}
	return columns
}

func widthOf(r rune) int {
	switch kind := width.LookupRune(r).Kind(); {
	case isCombining(r):
		return 0
	case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func isCombining(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me) }

// Shorten is [Text] in at most so many columns of a terminal, 1 at least. A longer text loses its middle and shows "…" there,
// which takes one column.
func Shorten(text string, columns int) string {
	text, columns = Text(text), max(1, columns)
	if Width(text) <= columns {
		return text
	}
	characters := []rune(text)
	head, tail, room := 0, len(characters), columns-1 // which the "…" leaves
	for left := room / 2; widthOf(characters[head]) <= left; head++ {
		left -= widthOf(characters[head])
	}
	for room -= Width(string(characters[:head])); widthOf(characters[tail-1]) <= room; tail-- {
		room -= widthOf(characters[tail-1])
	}
	for tail < len(characters) && isCombining(characters[tail]) { // what it stood on is gone
		tail++
	}
	return string(characters[:head]) + "…" + string(characters[tail:])
}

// Lines fills lines of at most so many columns with words, one blank between two. Each word is made [Text] and stays whole: one
// that is longer has a line of its own. A limit of 0 is none.
func Lines(words []string, columns int) (lines []string) {
	for _, word := range words {
		word = Text(word)
		last := len(lines) - 1
		if last >= 0 && (columns <= 0 || Width(lines[last])+1+Width(word) <= columns) {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
}

// CreditLines are the credit lines of a balance as one text, for a cell of a CSV file. It is not escaped.
func CreditLines(all []adapters.CreditLine) string {
	var texts []string
	for _, line := range all {
		text := "credit line"
		if line.Type != "" {
			text += " " + line.Type
		}
		if line.Amount != nil {
			text += " " + line.Amount.String() + " " + line.Currency
		}
		switch {
		case line.Included == nil:
		case *line.Included:
			text += ", included"
		default:
			text += ", not included"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}
