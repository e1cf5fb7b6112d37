package main

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"
)

// csvText writes rows as RFC 4180 does, with CR and LF at their ends.
func csvText(rows [][]string) (string, error) {
	var text strings.Builder
	writer := csv.NewWriter(&text)
	writer.UseCRLF = true
	err := writer.WriteAll(rows)
	return text.String(), err
}

// formula finds what a spreadsheet takes for the start of a formula, in its full-width forms, too: at the beginning of a
// cell, and behind a semicolon, which separates cells in half of the world.
var formula = regexp.MustCompile(`(^|;)([=+\-@＝＋－＠])`)

// cell is printable for a text in a CSV file: the start of a formula is escaped like a control character. Amounts are
// not texts; they begin with "-" as they are.
func cell(text string) string {
	return formula.ReplaceAllStringFunc(printable(text), func(found string) string {
		start := strings.TrimPrefix(found, ";")
		return strings.TrimSuffix(found, start) + fmt.Sprintf(`\u{%x}`, []rune(start)[0])
	})
}
