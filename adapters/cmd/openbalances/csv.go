package main

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

// balancesCSV returns one row for each balance, after a header.
func balancesCSV(results []result) (string, error) {
	rows := [][]string{{
		"connection", "provider", "accountId", "iban", "bban",
		"type", "providerType", "amount", "currency", "asOf", "receivedAt",
	}}
	for _, r := range results {
		for _, b := range r.balances {
			rows = append(rows, []string{
				cell(r.connection), cell(r.provider), cell(r.accountID), cell(b.IBAN), cell(b.BBAN), cell(string(b.Type)),
				cell(b.ProviderType), adapters.FormatAmount(b.Amount), cell(b.Currency), csvTime(b.AsOf), csvTime(b.ReceivedAt),
			})
		}
	}
	return csvText(rows)
}

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

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}
