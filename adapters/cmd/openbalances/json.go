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

// balance is a balance with the result that it is part of.
type balance struct {
	of result
	adapters.Balance
}

// MarshalJSON writes the connection before the members of the balance.
func (b balance) MarshalJSON() ([]byte, error) { return ofConnection(b.of.connection, b.Balance) }

// lines returns the result's balances one by one.
func (r result) lines() []balance {
	var all []balance
	for _, b := range r.balances {
		all = append(all, balance{r, b})
	}
	return all
}

func allLines(results []result) []balance {
	all := []balance{}
	for _, r := range results {
		all = append(all, r.lines()...)
	}
	return all
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
	return indented(document{Balances: allLines(r.results), Failures: failures(r.results), Deviations: r.deviations})
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
