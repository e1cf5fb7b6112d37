// Package mapping reads an answer of a provider by what its OpenAPI document declares: it tells, as text, what every
// field of the shared Balance and Account has to be.
//
// It is a second reading of the provider's documentation, beside the adapter's Go code. The two know nothing of each
// other, so a mistake has to be made twice to go unnoticed. The package uses no decimal library and no float: amounts,
// times, signs and types are read from text. What a document does not say, the package does not guess.
//
// # Declarations
//
// Beside every property of an answer stands x-unmapped with the reason why it goes nowhere, or x-maps-to with a rule or
// a list of rules. An object or a list without either is looked into. Beside an allOf with one $ref the declaration is
// about this one use of the schema and replaces the schema's own. A rule is a field, or an object of these words:
//
//	field: iban            the value is this field of the account, balance, credit line or identifier that it lies in
//	field: balances.iban   the value is this field of every balance of the account that has no property of its own for it
//	field: account.name    the value is this field of the account that the identifier lies in
//	each: balance          the value, or each element of a list, is an account, a balance, a creditLine, an identifier
//	                       of the account, or what one bank answered (bank), whose fields are those of its accounts. An answer
//	                       about one account need not begin one. With a field, the value itself is the field.
//	  set: {type: interimBooked, providerType: current}  what is so of every such part
//	unless: nickname       the rule counts only where this property beside it is absent
//	cut: KSAOB.            this prefix is cut before the value is looked at
//	table: {AVLB: interimAvailable}  the field is what the table says. What is not in it: for the type of a balance the
//	                       codes of ISO 20022 and the names of the vocabulary, else unknown; for another field, absent
//	absent: {type: unknown}  without the value these fields of its part are so, and it is not required
//	form: rfc3339          the value is a time: rfc3339, epochMillis or date. What is no such time is absent, whatever
//	                       its JSON type.
//	  zone: Europe/Berlin  of a time without offset, unless its clock shows the time twice or never
//	unsigned: true         a negative amount refuses the part
//	only: ['true']         any other value, and none at all unless '' is listed, refuses the answer or the part
//	pages: numbered        the value says how many accounts there are; pages are asked for by their number
//	pages: linked          the value is the link to the next page, so the answer alone is not all
//	match: bank            the part belongs to the bank that is asked for, or else is left out; the field bank of
//	                       its accounts and their balances is this bank
//
// The field sign of a balance says whose sign its amount has: positive or negative where the amount has none of its
// own, stated where its own counts, reversed where the opposite of its own does. The field assumed is the sign where
// nothing states one. A sign that the table does not explain is an error.
//
// An identifier whose scheme is iban or bban, or ends so behind a dot, in any case, is that field of the account, while
// the field is free. A scheme that nothing states is made of the names on the way that the document leaves open.
//
// The field accountId of balances that stand in one list for all accounts says whose each is. Where the document leaves
// the type open, texts are joined and all else is absent. Absent, null and the empty text are the same. A required
// property that is absent is an error, a time and a bank apart; so is a balance without amount, currency or type, and a
// credit line with one of amount and currency.
//
// # Pages
//
// An answer, a bank or an account that says that there is more than what came, or whose numbers contradict what came, is an
// error, whether the document knows the member that says so or not: see pages.go. Only what pages: numbered stands beside
// is left to the caller.
package mapping

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
)

// Document is a provider's document, ready to be read with. It is safe for concurrent use after its last Declare.
type Document struct {
	document     *openapi.Document
	declarations sync.Map // by *openapi3.SchemaRef
}

// New takes a document as it is. What is wrong with its declarations is for the house rules, or for Read to meet.
func New(document *contract.Document) *Document { return &Document{document: openapi.Of(document)} }

// Asked is what the request asked for.
type Asked struct {
	Accounts []string // none for a list of accounts
	Bank     string   // the bank's code, where the request names one
}

// Fields are the fields of a shared Balance or Account as text, by their way in its JSON: "amount",
// "creditLines[0].type". An absent fact has no entry.
type Fields map[string]string

// UnmarshalJSON reads the JSON of a shared Balance or Account.
func (f *Fields) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // keeps the text
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	*f = Fields{}
	f.flatten("", value)
	return nil
}

func (f Fields) flatten(way string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			f.flatten(strings.TrimPrefix(way+"."+name, "."), member)
		}
	case []any:
		for i, element := range value {
			f.flatten(fmt.Sprintf("%s[%d]", way, i), element)
		}
	default:
		f[way] = fmt.Sprint(value)
	}
}

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
	Rule    string `json:"rule"`             // in short words; "unmapped: " and the reason; RuleSet for what is so of the part
}

const (
	// RuleSet is the Rule of what a declaration sets for a part, whatever was sent.
	RuleSet = "set"
	// RuleNextPage is the Rule of a link to the next page.
	RuleNextPage = "leads to the next page"
)

// Names tells whether a property of the document has the name. Any other name that an answer has may identify somebody.
func (d *Document) Names(name string) bool { return d.document.Names(name) }

// Read maps the body of an operation's 200. An error names the property that keeps it from being mapped, and comes with
// the Values that were read.
func (d *Document) Read(operation string, body []byte, asked Asked) (Answer, error) {
	schema := d.document.Answer(operation)
	if schema == nil {
		return Answer{}, fmt.Errorf("mapping: %s documents no answer of %q", d.document.Provider, operation)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // keeps the text
	if err := decoder.Decode(&value); err != nil {
		return Answer{}, fmt.Errorf("mapping: not JSON: %w", err)
	}
	r := &reader{Document: d, asked: asked}
	root := newPart("answer", place{})
	whole := place{schema: schema, required: true}
	r.visit(whole, value, root)
	root.partial = r.partial(whole, value, true)
	only := ""
	if d.document.NamesAccount(operation) && len(asked.Accounts) == 1 {
		only = asked.Accounts[0]
	}
	accounts, err := root.answer(asked.Accounts, only)
	r.leave(root)
	return Answer{accounts, r.values}, err
}

// rule is one entry of x-maps-to. The package comment explains the words.
type rule struct {
	Field, Each, Unless, Cut, Form, Zone, Match, Pages string

	Only               []string
	Set, Table, Absent map[string]string
	Unsigned           bool

	inside            bool   // nothing is declared
	unmapped, problem string // the reason of x-unmapped; why x-maps-to cannot be read
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

// declared are the rules of a schema, or else of the one that it alone is made of; at least one.
func (d *Document) declared(schema *openapi3.SchemaRef) []rule {
	if known, ok := d.declarations.Load(schema); ok {
		return known.([]rule)
	}
	beside := schema.Value.Extensions
	if beside["x-unmapped"] == nil && beside["x-maps-to"] == nil {
		beside = shape(schema).Extensions
	}
	reason, _ := beside["x-unmapped"].(string)
	rules := []rule{{unmapped: reason, inside: reason == ""}}
	if entries := beside["x-maps-to"]; entries != nil {
		rules = rulesOf(entries)
	}
	d.declarations.Store(schema, rules)
	return rules
}

// rulesOf reads x-maps-to.
func rulesOf(entries any) (rules []rule) {
	if _, ok := entries.([]any); !ok {
		entries = []any{entries}
	}
	text, err := json.Marshal(entries)
	if err := cmp.Or(err, json.Unmarshal(text, &rules)); err != nil {
		return []rule{{problem: err.Error()}}
	}
	return rules
}

// Declare replaces the declaration of a property of a schema, such as Balance.balanceType, by one of the same form, for a
// bank whose answers do not mean what its standard says. It is called before the first Read, and panics if there is no such
// property.
func (d *Document) Declare(property string, mapsTo any) {
	schema, name, _ := strings.Cut(property, ".")
	declared := d.document.Spec.Components.Schemas[schema]
	if declared == nil || declared.Value.Properties[name] == nil {
		panic("mapping: the document has no property " + property)
	}
	d.declarations.Store(declared.Value.Properties[name], rulesOf(mapsTo))
}
