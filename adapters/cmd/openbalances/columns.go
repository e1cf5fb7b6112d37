package main

import (
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

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
	{amountColumn, "AMOUNT", func(b balance) string { return b.Amount.String() }, nil},
	{"currency", "CURRENCY", func(b balance) string { return b.Currency }, nil},
	{"asOf", "AS OF", func(b balance) string { return timeText(b.AsOf) }, func(b balance) string { return orDash(wholeTime(b.AsOf)) }},
	{"receivedAt", "", func(b balance) string { return timeText(b.ReceivedAt) }, nil},
	{"bank", "", func(b balance) string { return b.Bank }, nil},
	{"referenceDate", "", func(b balance) string { return b.ReferenceDate.String() }, nil},
	{"lastCommittedTransaction", "", func(b balance) string { return b.LastCommittedTransaction }, nil},
	{"requestId", "", func(b balance) string { return b.RequestID }, nil},
}

// accountColumns are all facts of an account. The table shows ids as they are, because they are what a configuration takes.
var accountColumns = []column[account]{
	{"connection", "CONNECTION", func(a account) string { return a.of.connection }, nil},
	{"provider", "PROVIDER", func(a account) string { return a.of.provider }, nil},
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
	rows := make([][]string, len(lines)+1)
	for _, c := range columns {
		rows[0] = append(rows[0], c.name)
		for i, line := range lines {
			text := c.value(line)
			if c.name != amountColumn {
				text = cell(text)
			}
			rows[i+1] = append(rows[i+1], text)
		}
	}
	return rows
}

// tableRows does the same with the columns of the table.
func tableRows[T any](columns []column[T], lines []T) [][]string {
	rows := make([][]string, len(lines)+1)
	for _, c := range columns {
		if c.header == "" {
			continue
		}
		rows[0] = append(rows[0], c.header)
		for i, line := range lines {
			text := c.shown
			if text == nil {
				text = func(line T) string { return printable(c.value(line)) }
			}
			rows[i+1] = append(rows[i+1], text(line))
		}
	}
	return rows
}
