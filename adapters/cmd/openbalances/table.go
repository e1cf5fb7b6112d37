package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/openbalances/openbalances/adapters"
)

const maxAccountShown = 40

// tableLines has one line for each balance, and one for an account without any.
func tableLines(results []result) (lines []balance) {
	for _, r := range results {
		if r.err == nil && r.accountID != "" && len(r.balances) == 0 {
			lines = append(lines, balance{of: r})
		}
		lines = append(lines, r.lines()...)
	}
	return lines
}

func balanceTable(results []result, columns []column[balance]) string {
	rows := tableRows(columns, tableLines(results))
	alignAmounts(rows, slices.Index(rows[0], "AMOUNT"))
	return table(rows)
}

func typeText(b balance) string {
	if b.of.closed {
		return "(closed)"
	}
	if len(b.of.balances) == 0 {
		return "(no balances)"
	}
	if b.Type == adapters.Unknown {
		return fmt.Sprintf("%s (%s)", b.Type, printable(b.ProviderType))
	}
	return string(b.Type)
}

func amountText(b balance) string {
	if len(b.of.balances) == 0 {
		return ""
	}
	return b.Amount.String()
}

func asOfText(b balance) string {
	if len(b.of.balances) == 0 {
		return ""
	}
	return orDash(wholeTime(b.AsOf))
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

// column is one fact of a balance or an account.
type column[T any] struct {
	name   string // in CSV, as in the JSON
	header string // in the table; empty if the table has no room for it
	value  func(T) string
	shown  func(T) string // in the table; nil: value
}

// balanceColumns are all facts of a balance but its lists, which only the JSON has.
var balanceColumns = []column[balance]{
	{"connection", "CONNECTION", func(b balance) string { return b.of.connection }, nil},
	{"provider", "PROVIDER", func(b balance) string { return b.of.provider }, nil},
	{"accountId", "ACCOUNT", func(b balance) string { return b.of.accountID }, func(b balance) string { return shortened(b.of.accountID) }},
	{"iban", "", func(b balance) string { return b.IBAN }, nil},
	{"bban", "", func(b balance) string { return b.BBAN }, nil},
	{"type", "TYPE", func(b balance) string { return string(b.Type) }, typeText},
	{"providerType", "", func(b balance) string { return b.ProviderType }, nil},
	{amountColumn, "AMOUNT", amountText, nil},
	{"currency", "CURRENCY", func(b balance) string { return b.Currency }, nil},
	{"asOf", "AS OF", func(b balance) string { return timeText(b.AsOf) }, asOfText},
	{"receivedAt", "", func(b balance) string { return timeText(b.ReceivedAt) }, nil},
	{"bank", "", func(b balance) string { return b.Bank }, nil},
	{"referenceDate", "", func(b balance) string { return b.ReferenceDate.String() }, nil},
	{"lastCommittedTransaction", "", func(b balance) string { return b.LastCommittedTransaction }, nil},
	{"requestId", "", func(b balance) string { return b.RequestID }, nil},
}

// accountColumns are all facts of an account. The table shows ids as they are, because they are what a configuration takes.
var accountColumns = []column[account]{
	{"connection", "CONNECTION", func(a account) string { return a.Connection }, nil},
	{"provider", "PROVIDER", func(a account) string { return a.Provider }, nil},
	{"id", "ACCOUNT", func(a account) string { return a.ID }, nil},
	{"iban", "IBAN", func(a account) string { return a.IBAN }, nil},
	{"bban", "BBAN", func(a account) string { return a.BBAN }, nil},
	{"name", "NAME", func(a account) string { return a.Name }, nil},
	{"currency", "CURRENCY", func(a account) string { return a.Currency }, nil},
	{"type", "TYPE", func(a account) string { return a.Type }, nil},
	{"holderName", "", func(a account) string { return a.HolderName }, nil},
	{"state", "", func(a account) string { return string(a.State) }, nil},
	{"status", "", func(a account) string { return a.Status }, nil},
	{"bank", "", func(a account) string { return a.Bank }, nil},
	{"identifiers", "", func(a account) string { return identifierText(a.Identifiers) }, nil},
	{"consentValidUntil", "", func(a account) string { return timeText(a.ConsentValidUntil) }, nil},
}

// amountColumn is the one whose texts may begin with "-" in CSV.
const amountColumn = "amount"

func identifierText(identifiers []adapters.AccountIdentifier) string {
	var texts []string
	for _, one := range identifiers {
		texts = append(texts, one.Scheme+" "+one.Value)
	}
	return strings.Join(texts, ", ")
}

// timeText is a time as the JSON writes it, "" if it is not stated; wholeTime leaves out what is finer than a second.
func timeText(t time.Time) string { return formatted(t, time.RFC3339Nano) }

func wholeTime(t time.Time) string { return formatted(t.UTC(), time.RFC3339) }

func formatted(t time.Time, layout string) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

// csvRows returns a header and one row for each line.
func csvRows[T any](columns []column[T], lines []T) [][]string {
	return rows(columns, lines, func(c column[T]) (string, func(T) string) {
		if c.name == amountColumn {
			return c.name, c.value
		}
		return c.name, func(line T) string { return cell(c.value(line)) }
	})
}

// tableRows does the same with the columns of the table.
func tableRows[T any](columns []column[T], lines []T) [][]string {
	columns = slices.DeleteFunc(slices.Clone(columns), func(c column[T]) bool { return c.header == "" })
	return rows(columns, lines, func(c column[T]) (string, func(T) string) {
		if c.shown != nil {
			return c.header, c.shown
		}
		return c.header, func(line T) string { return printable(c.value(line)) }
	})
}

func rows[T any](columns []column[T], lines []T, form func(column[T]) (header string, text func(T) string)) [][]string {
	all := make([][]string, len(lines)+1)
	for _, c := range columns {
		header, text := form(c)
		all[0] = append(all[0], header)
		for i, line := range lines {
			all[i+1] = append(all[i+1], text(line))
		}
	}
	return all
}
