package main

import (
	"fmt"
	"strings"
	"unicode"
)

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

func isCombining(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me) }

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

const maxAccountShown = 40

// shortened is printable for an account id: a long one loses its middle.
func shortened(id string) string { return elided(id, maxAccountShown) }

func elided(text string, limit int) string {
	characters := []rune(text)
	if len(characters) <= limit {
		return printable(text)
	}
	half := limit / 2
	return printable(string(characters[:half-1])) + "…" + printable(string(characters[len(characters)-half:]))
}
