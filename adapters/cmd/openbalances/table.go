package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/openbalances/openbalances/adapters"
)

const maxAccountShown = 40

// layout says whether the table has a column for the connection's name.
type layout bool

const (
	withConnection    layout = true
	withoutConnection layout = false
)

// balanceTable has one row for each balance. An account without any is not left out.
func balanceTable(results []result, show layout) string {
	var lines []balance
	for _, r := range results {
		if r.err == nil && r.accountID != "" && len(r.balances) == 0 {
			lines = append(lines, balance{of: r})
		}
		lines = append(lines, r.lines()...)
	}
	rows := tableRows(balanceColumns, lines)
	for i, line := range lines {
		if len(line.of.balances) == 0 {
			cells := rows[i+1][slices.Index(rows[0], "TYPE"):]
			clear(cells)
			cells[0] = "(no balances)"
		}
	}
	alignAmounts(rows, slices.Index(rows[0], "AMOUNT"))
	return table(show.of(rows))
}

// of returns rows whose first column is the connection, as the layout shows them.
func (l layout) of(rows [][]string) [][]string {
	if l == withConnection {
		return rows
	}
	for i := range rows {
		rows[i] = rows[i][1:]
	}
	return rows
}

func typeText(b balance) string {
	if b.Type == adapters.Unknown {
		return fmt.Sprintf("%s (%s)", b.Type, printable(b.ProviderType))
	}
	return string(b.Type)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// alignAmounts pads the cells of a column so that their decimal points stand below each other, and the header so
// that it ends where they end.
func alignAmounts(all [][]string, column int) {
	header, rows := all[0], all[1:]
	whole, fraction := 0, 0
	for _, row := range rows {
		before, after := splitAmount(row[column])
		whole, fraction = max(whole, len(before)), max(fraction, len(after))
	}
	whole = max(whole, len(header[column])-fraction)
	header[column] = fmt.Sprintf("%*s", whole+fraction, header[column])
	for _, row := range rows {
		before, after := splitAmount(row[column])
		row[column] = fmt.Sprintf("%*s%-*s", whole, before, fraction, after)
	}
}

func splitAmount(text string) (whole, fraction string) {
	whole, _, _ = strings.Cut(text, ".")
	return whole, text[len(whole):]
}

// table returns rows with their columns two blanks apart. A character counts as one column.
func table(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			fmt.Fprintf(&line, "%-*s  ", widths[i], cell)
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return text.String()
}

// printable returns text with everything escaped that could steer a terminal or hide: control characters, bidi and
// other format characters, and blanks besides the plain one.
func printable(text string) string {
	var safe strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			safe.WriteRune(r)
		} else {
			fmt.Fprintf(&safe, `\u{%x}`, r)
		}
	}
	return safe.String()
}

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
