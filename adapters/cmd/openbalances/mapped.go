package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

const (
	balanceCount = "balances"
	failureKind  = "failure.kind"
)

// mapping is what an adapter made of an answer.
type mapping struct {
	balances []adapters.Balance
	err      error
}

// fields returns the mapping by field. A field that is absent has no entry.
func (m mapping) fields() map[string]string {
	fields := map[string]string{}
	if m.err != nil {
		addFailure(fields, m.err)
		return fields
	}
	fields[balanceCount] = strconv.Itoa(len(m.balances))
	for i := range m.balances {
		m.addBalance(fields, i)
	}
	return fields
}

func (m mapping) addBalance(fields map[string]string, i int) {
	b, at := m.balances[i], fmt.Sprintf("balances[%d].", i)
	add(fields, at+"iban", b.IBAN)
	add(fields, at+"bban", b.BBAN)
	add(fields, at+"type", string(b.Type))
	add(fields, at+"providerType", b.ProviderType)
	add(fields, at+"amount", adapters.FormatAmount(b.Amount))
	add(fields, at+"currency", b.Currency)
	add(fields, at+"asOf", csvTime(b.AsOf))
	add(fields, at+"warnings", strings.Join(b.Warnings, "; "))
	for j, line := range b.CreditLines {
		addCreditLine(fields, fmt.Sprintf("%screditLines[%d].", at, j), line)
	}
}

func addCreditLine(fields map[string]string, at string, line adapters.CreditLine) {
	if line.Included != nil {
		add(fields, at+"included", strconv.FormatBool(*line.Included))
	}
	add(fields, at+"type", line.Type)
	if line.Amount.Valid {
		add(fields, at+"amount", adapters.FormatAmount(line.Amount.Decimal))
	}
	add(fields, at+"currency", line.Currency)
}

// addFailure leaves out the request id, which may be that of the request and so a new one every time.
func addFailure(fields map[string]string, err error) {
	var sent *adapters.Error
	if !errors.As(err, &sent) {
		fields[failureKind] = failureText(err)
		return
	}
	fields[failureKind] = string(sent.Kind)
	add(fields, "failure.code", sent.Code)
	add(fields, "failure.message", sent.Message)
	add(fields, "failure.detail", sent.Detail)
	if !sent.RetryAfter.IsZero() {
		add(fields, "failure.retryAfter", sent.RetryAfter.UTC().Format(time.RFC3339))
	}
	for name, link := range sent.Links {
		add(fields, "failure.links", name+" "+link)
	}
}

func add(fields map[string]string, name, text string) {
	if text != "" {
		fields[name] = text
	}
}

// difference is a field in which two mappings differ.
type difference struct{ field, before, after string }

// differences returns those between two mappings. Where the number of balances differs, or whether there are any, that
// is all.
func differences(before, after mapping) []difference {
	switch {
	case before.err != nil && after.err == nil:
		return []difference{{failureKind, before.fields()[failureKind], ""}}
	case before.err != nil:
		return unequal(before.fields(), after.fields())
	case len(before.balances) != len(after.balances):
		return []difference{{balanceCount, strconv.Itoa(len(before.balances)), strconv.Itoa(len(after.balances))}}
	}
	was, is := map[string]string{}, map[string]string{}
	for i := range before.balances {
		if !reflect.DeepEqual(before.balances[i], after.balances[i]) {
			before.addBalance(was, i)
			after.addBalance(is, i)
		}
	}
	return unequal(was, is)
}

func unequal(before, after map[string]string) []difference {
	var all []difference
	for field, text := range before {
		if after[field] != text {
			all = append(all, difference{field, text, after[field]})
		}
	}
	for field, text := range after {
		if _, there := before[field]; !there {
			all = append(all, difference{field, "", text})
		}
	}
	return all
}

// last returns the name of a field without the path to it.
func last(field string) string { return field[strings.LastIndexByte(field, '.')+1:] }

// shownFields are those whose values are shown. They are none that could identify somebody.
var shownFields = []string{
	"type", "providerType", "amount", "currency", "asOf", "included", "warnings", "kind", "detail", "retryAfter", balanceCount,
}

func isShown(field string) bool { return slices.Contains(shownFields, last(field)) }

// isTraced reports whether a value that feeds the field is shown.
func isTraced(field string) bool {
	return isShown(field) && strings.HasPrefix(field, "balances[") && last(field) != "warnings"
}
