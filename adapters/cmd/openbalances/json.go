package main

import (
	"encoding/json"
	"fmt"
	"io"
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
	name, err := json.Marshal(b.connection)
	if err != nil {
		return nil, err
	}
	members, err := b.Balance.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte(`{"connection":`), name, []byte(","), members[1:]), nil
}

func reportJSON(results []result, found []deviation, stdout io.Writer) error {
	all := document{Balances: []balance{}, Failures: []failure{}, Deviations: found}
	for _, r := range results {
		if r.err != nil {
			all.Failures = append(all.Failures, toFailure(r))
		}
		for _, b := range r.balances {
			all.Balances = append(all.Balances, balance{r.connection, b})
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, plainJSON(string(text))+"\n")
	return outcome(results, err)
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
