package mapping

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs/contract"
)

// Document is a provider's document, ready to be read with. It is safe for concurrent use.
type Document struct {
	doc      *contract.Document
	declared sync.Map // *openapi3.SchemaRef to *declaration
}

// New takes a document. What is wrong with its declarations is for the house rules to say, and for Read where it meets it.
func New(doc *contract.Document) *Document { return &Document{doc: doc} }

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
	Values   []Value   // everything that the answer holds, by name within an object
}

// Account is one account of an answer.
type Account struct {
	ID     string
	Fields Fields // of the shared Account, as far as the answer says them
	Err    error  // what is wrong with the account itself
	// Balances are nil where a list names the account without balances, and where BalancesErr is set, which is Err or
	// what is wrong with the balances.
	Balances    []Fields
	BalancesErr error
}

// Value is one value of an answer.
type Value struct {
	Pointer string `json:"pointer"`          // RFC 6901
	Sent    string `json:"sent,omitempty"`   // as text; empty for an object and a list
	Field   string `json:"field,omitempty"`  // such as "balance.amount"; empty where the value goes nowhere
	Became  string `json:"became,omitempty"` // the text of the field
	Rule    string `json:"rule"`             // in short words; "unmapped: " and the reason
}

// Error is a property that keeps an answer from being mapped. It holds no value.
type Error struct {
	Pointer string // empty for the answer as a whole
	Problem string
}

// Error names the property.
func (e *Error) Error() string { return "mapping: " + e.Pointer + ": " + e.Problem }

// Read maps the body of an operation's 200. With an error the answer has the Values that were read, and no accounts.
func (d *Document) Read(operation string, body []byte, asked Asked) (Answer, error) {
	schema := d.schema(operation)
	if schema == nil {
		return Answer{}, fmt.Errorf("mapping: %s: no answer is documented for %s", d.doc.Provider, operation)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // keeps the text of numbers
	if err := decoder.Decode(&value); err != nil {
		return Answer{}, &Error{"", "is not JSON"}
	}
	r := &reader{Document: d, asked: asked}
	root := &part{kind: accountPart, fields: Fields{}}
	r.visit(place{schema: schema, required: true}, value, nil, root)
	accounts, err := root.answer(asked.Accounts)
	return Answer{accounts, r.values}, err
}

func (d *Document) schema(operation string) *openapi3.SchemaRef {
	for _, item := range d.doc.Spec.Paths.Map() {
		for _, o := range item.Operations() {
			if ok := o.Responses.Status(http.StatusOK); o.OperationID == operation && ok != nil {
				if media := ok.Value.Content.Get("application/json"); media != nil {
					return media.Schema
				}
			}
		}
	}
	return nil
}

// declaration is what stands beside a property: a reason, rules, or nothing.
type declaration struct {
	unmapped any
	rules    []rule
	err      error
}

// rule is one entry of x-maps-to. The package comment explains its words.
type rule struct {
	Field, Each, Form, Cut, Match, Unless, Absent, Type, ProviderType, Scheme string

	Of, Only       []string
	Table, Instead map[string]string
	Sign           *struct{ Positive, Negative []string }
}

// declaration is the one beside a reference, or else the one of the schema itself.
func (d *Document) declaration(schema *openapi3.SchemaRef) *declaration {
	if known, ok := d.declared.Load(schema); ok {
		return known.(*declaration)
	}
	own := &declaration{}
	for _, beside := range []map[string]any{schema.Value.Extensions, schema.Extensions} {
		if reason, ok := beside["x-unmapped"]; ok {
			*own = declaration{unmapped: reason}
		}
		if entries, ok := beside["x-maps-to"]; ok {
			*own = declaration{}
			own.rules, own.err = parseRules(entries)
		}
	}
	d.declared.Store(schema, own)
	return own
}

func parseRules(entries any) (all []rule, err error) {
	list, ok := entries.([]any)
	if !ok {
		list = []any{entries}
	}
	for _, entry := range list {
		if field, ok := entry.(string); ok {
			entry = map[string]any{"field": field}
		}
		text, err := json.Marshal(entry)
		if err != nil {
			return nil, err
		}
		var r rule
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&r); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
}
