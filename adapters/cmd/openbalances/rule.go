package main

import (
	"strings"

	"github.com/openbalances/openbalances/adapters"
)

// rule says in words how a value becomes the field.
func (e *experiment) rule(field string, l leaf, t trial) string {
	switch name := last(field); {
	case field == balanceCount:
		return "decides how many balances there are"
	case strings.HasPrefix(field, "failure."):
		return "part of the failure"
	case name == "amount" && !t.notFlipped[field]:
		return "decides the sign"
	case name == "amount":
		return "exact, scale kept"
	case name == "asOf" && e.fields[field] == "":
		return "not an unambiguous time"
	case name == "asOf":
		return "the time stated, in UTC"
	case name == "warnings":
		return "compared, decides a warning"
	case name == "type" && !strings.Contains(field, "creditLines"):
		return e.typeRule(field, l)
	}
	return "as sent"
}

func (e *experiment) typeRule(field string, l leaf) string {
	text, _ := l.text()
	balanceType := adapters.BalanceType(e.fields[field])
	switch {
	case balanceType == adapters.Unknown:
		return "not a known name"
	case adapters.ParseBalanceType(text) == balanceType:
		return "Berlin Group or ISO 20022 name"
	}
	return "the provider's own name, see go doc adapters/" + e.provider
}
