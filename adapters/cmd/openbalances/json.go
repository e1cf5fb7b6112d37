package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/openbalances/openbalances/adapters"
)

// document is what -json prints: the first two lists are always there, the third with -contract.
type document struct {
	Balances   []balance   `json:"balances"`
	Failures   []failure   `json:"failures"`
	Deviations []deviation `json:"deviations,omitzero"`
}

// balance is a balance with the name of its connection before the other members.
type balance struct {
	connection string
	adapters.Balance
}

func (b balance) MarshalJSON() ([]byte, error) {
	return ofConnection(b.connection, b.Balance)
}

// ofConnection returns the JSON object of value with the name of its connection before its members.
func ofConnection(name string, value any) ([]byte, error) {
	first, err := json.Marshal(name)
	if err != nil {
		return nil, err
	}
	members, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte(`{"connection":`), first, []byte(","), members[1:]), nil
}

func (r report) json() (string, error) {
	all := document{Balances: []balance{}, Failures: failures(r.results), Deviations: r.deviations}
	for _, one := range r.results {
		for _, b := range one.balances {
			all.Balances = append(all.Balances, balance{one.connection, b})
		}
	}
	return indented(all)
}

// indented returns value as one document, for people and programs.
func indented(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return plainJSON(string(text)) + "\n", err
}

// htmlEscapes undoes what encoding/json escapes for web pages only. The first pair keeps an escaped backslash whole.
var htmlEscapes = strings.NewReplacer(`\\`, `\\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

// plainJSON returns the same JSON value, readable and harmless on a terminal: no escapes for web pages, and escapes
// for everything that does not print. In JSON such characters occur in strings only.
func plainJSON(text string) string {
	var plain strings.Builder
	for _, r := range htmlEscapes.Replace(text) {
		if r == '\n' || unicode.IsPrint(r) {
			plain.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&plain, `\u%04x`, unit)
		}
	}
	return plain.String()
}
