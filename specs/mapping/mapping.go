package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/openbalances/openbalances/specs/contract"
)

// Document is a provider's document, ready to be read with. It is safe for concurrent use.
type Document struct {
	*contract.Document
	declarations sync.Map // by *openapi3.SchemaRef
}

// New takes a document as it is. What is wrong with its declarations is for the house rules, or for Read to meet.
func New(document *contract.Document) *Document { return &Document{Document: document} }

// Asked is what the request asked for.
type Asked struct {
	Accounts []string // none for a list of accounts
	Bank     string   // the bank's code, where the request names one
}

// Fields are the fields of a shared Balance or Account as text, by their way in its JSON: "amount",
// "creditLines[0].type". An absent fact has no entry.
type Fields map[string]string

// Answer is what a 200 has to become.
type Answer struct {
	Accounts []Account // those asked for, in the order of the request; for a list, those of the answer in its order
	Values   []Value   // of everything that the answer holds
}

// Account is one account of an answer.
type Account struct {
	ID     string
	Fields Fields // of the shared Account, as far as the answer says them
	Err    error  // what is wrong with the account itself
	// Balances are nil where a list names the account without balances, and beside BalancesErr: Err, or what is wrong
	// with the balances.
	Balances    []Fields
	BalancesErr error
}

// Value is one value of an answer and what became of it.
type Value struct {
	Pointer string `json:"pointer"`          // RFC 6901
	Sent    string `json:"sent,omitempty"`   // as text; empty for an object or a list
	Field   string `json:"field,omitempty"`  // such as "balance.amount"; empty where the value goes nowhere
	Became  string `json:"became,omitempty"` // the text of the field
	Rule    string `json:"rule"`             // in short words; "unmapped: " and the reason
}

// Read maps the body of an operation's 200. An error names the property that keeps it from being mapped, and comes with
// the Values that were read.
func (d *Document) Read(operation string, body []byte, asked Asked) (Answer, error) {
	schema := d.Answer(operation)
	if schema == nil {
		return Answer{}, fmt.Errorf("mapping: %s documents no answer of %q", d.Provider, operation)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // keeps the text
	if err := decoder.Decode(&value); err != nil {
		return Answer{}, fmt.Errorf("mapping: not JSON: %w", err)
	}
	r := &reader{Document: d, asked: asked}
	root := &part{fields: Fields{}}
	r.visit(place{schema: schema, required: true}, value, nil, root)
	accounts, err := root.answer(asked.Accounts)
	r.leave(root, asked.Accounts)
	return Answer{accounts, r.values}, err
}

// declaration is what stands beside a property: a reason, rules, or nothing.
type declaration struct {
	unmapped string
	rules    []rule
	err      error
}

// rule is one entry of x-maps-to. The package comment explains the words.
type rule struct {
	Field, Each, Form, Cut, Match, Unless, Absent, Empty string

	Of, Only                  []string
	Set, Sign, Table, Instead map[string]string
}

// UnmarshalJSON reads the field of a rule without further words, or an object.
func (r *rule) UnmarshalJSON(text []byte) error {
	type object rule
	if json.Unmarshal(text, &r.Field) == nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode((*object)(r))
}

// declared is the declaration beside a reference, or else the one of the schema itself.
func (d *Document) declared(schema *openapi3.SchemaRef) *declaration {
	if known, ok := d.declarations.Load(schema); ok {
		return known.(*declaration)
	}
	own, beside := &declaration{}, schema.Extensions
	if beside["x-unmapped"] == nil && beside["x-maps-to"] == nil {
		beside = schema.Value.Extensions
	}
	own.unmapped, _ = beside["x-unmapped"].(string)
	if entries := beside["x-maps-to"]; entries != nil {
		if _, ok := entries.([]any); !ok {
			entries = []any{entries}
		}
		text, _ := json.Marshal(entries) // was read from YAML, so it can be written
		own.err = json.Unmarshal(text, &own.rules)
	}
	d.declarations.Store(schema, own)
	return own
}
