package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

// column is one fact of a line: of a balance, an account, a total.
type column[T any] struct {
	name   string // in CSV and XLSX, as in the JSON
	kind   kind
	value  func(T) string
	header string         // in the table; empty if the table has no room for it
	shown  func(T) string // in the table; nil: value
	dashed bool           // the table shows a dash where nothing is stated
	room   room
}

// sheetOf has a row for each line, with all columns.
func sheetOf[T any](name string, columns []column[T], all []T) sheet {
	s := sheet{name: name, rows: make([][]string, len(all)+1)}
	for _, c := range columns {
		s.kinds = append(s.kinds, c.kind)
		s.rows[0] = append(s.rows[0], c.name)
		for i, line := range all {
			s.rows[i+1] = append(s.rows[i+1], c.value(line))
		}
	}
	return s
}

// tableOf has a row for each line, with the columns of the table.
func tableOf[T any](columns []column[T], all []T) table {
	t := table{rows: make([][]string, len(all)+1)}
	for _, c := range columns {
		if c.header == "" {
			continue
		}
		t.columns = append(t.columns, c.room)
		t.rows[0] = append(t.rows[0], c.header)
		for i, line := range all {
			text := printable.Text(c.value(line))
			if c.shown != nil {
				text = c.shown(line)
			}
			if c.dashed {
				text = orDash(text)
			}
			t.rows[i+1] = append(t.rows[i+1], text)
		}
		if c.kind == kindAmount {
			alignAmounts(t.rows, len(t.rows[0])-1)
		}
	}
	return t
}

// balanceColumns are all facts of a balance, and of an account that has none.
var balanceColumns = []column[balance]{
	{name: "connection", value: func(b balance) string { return b.of.connection }, header: "CONNECTION", room: room{least: 8, goes: 4}},
	{name: "provider", value: func(b balance) string { return b.of.provider }, header: "PROVIDER", room: room{goes: 3}},
	{name: "accountId", value: func(b balance) string { return b.of.accountID }, header: "ACCOUNT", shown: func(b balance) string { return shortID(b.of.accountID) }, room: room{least: 9}},
	{name: "iban", value: func(b balance) string { return b.IBAN }},
	{name: "bban", value: func(b balance) string { return b.BBAN }},
	{name: "type", value: func(b balance) string { return string(b.Type) }, header: "TYPE", shown: typeText, room: room{least: 16}},
	{name: "providerType", value: func(b balance) string { return b.ProviderType }},
	{name: "amount", kind: kindAmount, value: amountText, header: "AMOUNT"},
	{name: "currency", value: func(b balance) string { return b.Currency }, header: "CURRENCY"},
	{name: "asOf", kind: kindTime, value: func(b balance) string { return timeText(b.AsOf) }, header: "AS OF", shown: asOfText, room: room{goes: 1}},
	{name: "receivedAt", kind: kindTime, value: func(b balance) string { return timeText(b.ReceivedAt) }},
	{name: "bank", value: func(b balance) string { return b.Bank }},
	{name: "referenceDate", value: func(b balance) string { return b.ReferenceDate.String() }},
	{name: "lastCommittedTransaction", value: func(b balance) string { return b.LastCommittedTransaction }},
	{name: "requestId", value: func(b balance) string { return cmp.Or(b.RequestID, b.of.failure().RequestID) }},
	{name: "ageSeconds", kind: kindNumber, value: ageSecondsText, header: "AGE", shown: ageText, room: room{goes: 2}},
	{name: "reason", value: func(b balance) string { return b.Reason }},
	{name: "creditLines", value: func(b balance) string { return printable.CreditLines(b.CreditLines) }},
	{name: "warnings", value: func(b balance) string { return strings.Join(b.Warnings, "; ") }},
	{name: "outcome", value: func(b balance) string { return b.of.outcome() }},
	{name: "kind", value: func(b balance) string { return string(b.of.failure().Kind) }},
	{name: "consent", value: func(b balance) string { return string(b.of.failure().Consent) }},
	{name: "origin", value: func(b balance) string { return string(b.of.failure().Origin) }},
	{name: "status", kind: kindNumber, value: func(b balance) string { return numberText(b.of.failure().Status) }},
	{name: "code", value: func(b balance) string { return b.of.failure().Code }},
	{name: "message", value: func(b balance) string { return b.of.failure().Message }},
	{name: "retryAfter", kind: kindTime, value: func(b balance) string { return timeText(b.of.failure().RetryAfter) }},
}

// accountColumns are all facts of an account, and of a connection that has none. Ids are shown as they are, because they are what a configuration takes.
var accountColumns = []column[account]{
	{name: "connection", value: func(a account) string { return a.Connection }, header: "CONNECTION", room: room{least: 8, goes: 7}},
	{name: "provider", value: func(a account) string { return a.Provider }, header: "PROVIDER", room: room{goes: 3}},
	{name: "id", value: func(a account) string { return a.ID }, header: "ACCOUNT", dashed: true},
	{name: "iban", value: func(a account) string { return a.IBAN }, header: "IBAN", dashed: true, room: room{goes: 6}},
	{name: "bban", value: func(a account) string { return a.BBAN }, header: "BBAN", dashed: true, room: room{goes: 2}},
	{name: "name", value: func(a account) string { return a.Name }, header: "NAME", dashed: true, room: room{least: 10, goes: 4}},
	{name: "currency", value: func(a account) string { return a.Currency }, header: "CURRENCY", dashed: true, room: room{goes: 5}},
	{name: "type", value: func(a account) string { return a.Type }, header: "TYPE", dashed: true, room: room{least: 8, goes: 1}},
	{name: "holderName", value: func(a account) string { return a.HolderName }},
	{name: "state", value: func(a account) string { return string(a.State) }},
	{name: "status", value: func(a account) string { return a.Status }},
	{name: "bank", value: func(a account) string { return a.Bank }},
	{name: "identifiers", value: func(a account) string { return identifierText(a.Identifiers) }},
	{name: "consentValidUntil", kind: kindTime, value: func(a account) string { return timeText(a.ConsentValidUntil) }},
	{name: "outcome", value: func(a account) string { return a.outcome() }},
	{name: "kind", value: func(a account) string { return string(a.of.failure().Kind) }},
	{name: "message", value: func(a account) string { return a.of.failure().Message }},
	{name: "retryAfter", kind: kindTime, value: func(a account) string { return timeText(a.of.failure().RetryAfter) }},
}

// totalColumns are all facts of a total.
var totalColumns = []column[total]{
	{name: "currency", value: func(t total) string { return t.Currency }, header: "CURRENCY"},
	{name: "type", value: func(t total) string { return string(t.Type) }, header: "TYPE"},
	{name: "credit", value: func(t total) string { return t.Credit }, header: "CREDIT", dashed: true},
	{name: "amount", kind: kindAmount, value: func(t total) string { return t.amountText() }, header: "TOTAL"},
	{name: "balances", kind: kindNumber, value: func(t total) string { return strconv.Itoa(t.Balances) }, header: "BALANCES"},
	{name: "problem", value: func(t total) string { return t.Problem }, header: "PROBLEM", room: room{least: 12, wraps: true}},
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func typeText(b balance) string {
	switch {
	case b.of.outcome() != outcomeBalance:
		return map[string]string{outcomeClosed: "(closed)", outcomeEmpty: "(no balances)"}[b.of.outcome()]
	case b.Type == adapters.BalanceTypeUnknown:
		return fmt.Sprintf("%s (%s)", b.Type, printable.Text(b.ProviderType))
	}
	return string(b.Type)
}

func amountText(b balance) string {
	if b.of.outcome() != outcomeBalance {
		return ""
	}
	return b.Amount.String()
}

func asOfText(b balance) string {
	if b.of.outcome() != outcomeBalance {
		return ""
	}
	return orDash(wholeTime(b.AsOf))
}

func ageSecondsText(b balance) string {
	if b.AgeSeconds == nil {
		return ""
	}
	return strconv.FormatInt(*b.AgeSeconds, 10)
}

// ageText is the age in the largest unit of which there are two.
func ageText(b balance) string {
	if b.AgeSeconds == nil {
		if b.of.outcome() != outcomeBalance {
			return ""
		}
		return "-"
	}
	seconds := *b.AgeSeconds
	for _, unit := range []struct {
		length int64
		name   string
	}{{24 * 60 * 60, "d"}, {60 * 60, "h"}, {60, "min"}} {
		if seconds/unit.length >= 2 || seconds/unit.length <= -2 {
			return fmt.Sprintf("%d %s", seconds/unit.length, unit.name)
		}
	}
	return fmt.Sprintf("%d s", seconds)
}

func identifierText(identifiers []adapters.AccountIdentifier) string {
	var texts []string
	for _, one := range identifiers {
		texts = append(texts, one.Scheme+" "+one.Value)
	}
	return strings.Join(texts, ", ")
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
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

// withHeader shows a column in the table.
func withHeader[T any](columns []column[T], name, header string, space room) []column[T] {
	columns = slices.Clone(columns)
	i := slices.IndexFunc(columns, func(c column[T]) bool { return c.name == name })
	columns[i].header, columns[i].room = header, space
	return columns
}

// withoutColumn leaves one out, by its name.
func withoutColumn[T any](columns []column[T], name string) []column[T] {
	return slices.DeleteFunc(slices.Clone(columns), func(c column[T]) bool { return c.name == name })
}
