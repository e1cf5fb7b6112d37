package mapping

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

type reader struct {
	*Document
	asked  Asked
	values []Value
}

// place is where a value stands in the answer and in the document.
type place struct {
	schema   *openapi3.SchemaRef
	pointer  string
	name     string   // of the property
	free     []string // the names on the way that the document leaves open
	required bool
}

func (p place) down(schema *openapi3.SchemaRef, name string) place {
	escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	return place{schema: schema, pointer: p.pointer + "/" + escaped, name: name, free: p.free}
}

func (r *reader) note(p place, value any, field, became, words string) {
	sent, _ := plain(value)
	r.values = append(r.values, Value{p.pointer, sent, field, became, words})
}

// visit does with a value what stands beside its property. An absent value, null and an empty text are the same.
func (r *reader) visit(p place, value any, siblings map[string]any, in *part) {
	own := r.declaration(p.schema)
	switch {
	case own.err != nil:
		in.fail(p, own.err.Error())
	case own.unmapped != nil && value != nil:
		r.note(p, value, "", "", fmt.Sprint("unmapped: ", own.unmapped))
	case own.unmapped == nil && own.rules == nil && value != nil:
		r.descend(p, value, in)
	case own.unmapped == nil && own.rules == nil && p.required:
		in.fail(p, "is missing")
	}
	for _, rule := range own.rules {
		in.expect(rule.Each)
		switch absent, isTime := value == nil || value == "", forms[rule.Form] != nil; {
		case siblings[rule.Unless] != nil && siblings[rule.Unless] != "":
			if !absent {
				r.note(p, value, "", "", "left to "+rule.Unless)
			}
		case !absent && rule.Each != "":
			r.each(rule, p, value, in)
		case !absent:
			r.fact(rule, p, value, in)
		case rule.Absent == "true" || rule.Absent == "false":
			in.set(rule, rule.Absent)
		case rule.Only != nil && rule.Absent != "passes", p.required && !isTime:
			in.fail(p, "is missing")
		}
	}
}

// each makes a part of a value, or of every element of a list.
func (r *reader) each(rule rule, p place, value any, in *part) {
	list, isList := value.([]any)
	in.listed = in.listed || rule.Each == balancePart
	if isList != p.schema.Value.Type.Is("array") {
		broken := in.open(rule.Each, p)
		broken.fail(p, "is a list either in the answer or in the document")
		broken.close()
	} else if !isList {
		r.one(rule, p, value, in)
	}
	for i, element := range list {
		inner := p.down(p.schema.Value.Items, strconv.Itoa(i))
		inner.name = p.name
		r.one(rule, inner, element, in)
	}
}

func (r *reader) one(rule rule, p place, value any, in *part) {
	inner := in.open(rule.Each, p)
	inner.fields = Fields{"type": rule.Type, "providerType": rule.ProviderType, "scheme": rule.Scheme}
	inner.instead = rule.Instead
	if rule.Field != "" {
		r.fact(rule, p, value, inner)
	} else {
		r.descend(p, value, inner)
	}
	inner.close()
}

// descend goes to the members of an object or the elements of a list.
func (r *reader) descend(p place, value any, in *part) {
	members, isObject := value.(map[string]any)
	list, isList := value.([]any)
	schema := p.schema.Value
	if isList != (schema.Items != nil) || !isList && !isObject {
		in.fail(p, "is not of the documented type")
		return
	}
	for i, element := range list {
		r.visit(p.down(schema.Items, strconv.Itoa(i)), element, nil, in)
	}
	rest := maps.Clone(members)
	for _, part := range append(schema.AllOf, p.schema) {
		for _, name := range slices.Sorted(maps.Keys(part.Value.Properties)) {
			inner := p.down(part.Value.Properties[name], name)
			inner.required = slices.Contains(part.Value.Required, name)
			r.visit(inner, members[name], members, in)
			delete(rest, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		inner := p.down(schema.AdditionalProperties.Schema, name)
		inner.free = append(slices.Clone(p.free), name)
		if inner.schema != nil {
			r.visit(inner, rest[name], nil, in)
		} else {
			r.note(inner, rest[name], "", "", "not in the document")
		}
	}
}

// fact takes one value into the part that it lies in.
func (r *reader) fact(rule rule, p place, value any, in *part) {
	sent, jsonType := plain(value)
	field, ofBalance := strings.CutPrefix(rule.Field, "balances.")
	kind := in.kind
	if ofBalance {
		kind = balancePart
	}
	types := p.schema.Value.Type
	isAmount := field == "amount" && rule.Sign == nil // written as text or number, whichever is documented
	if jsonType == "object" || !types.Permits(jsonType) && !(isAmount && jsonType != "array") && !types.Is("integer") {
		in.fail(p, "is not of the documented type")
		return
	}
	cut := strings.TrimPrefix(sent, rule.Cut)
	became, words := sent, "as sent"
	switch form := forms[rule.Form]; {
	case rule.Sign != nil:
		became, words = in.indicate(rule, p, cut), "sign"
	case rule.Only != nil:
		if words = "has to be " + strings.Join(rule.Only, " or "); !slices.Contains(rule.Only, sent) {
			in.fail(p, "is not "+strings.Join(rule.Only, " or "))
		}
	case rule.Match != "":
		in.left, words = sent != r.asked.Bank, "has to be the bank asked for"
	case form != nil:
		became, words = form(sent), rule.Form
	case field == "amount":
		if became = amount(sent, jsonType == "number"); became == "" {
			in.fail(p, "is no amount")
		}
	case field == "currency" && kind != accountPart && !currencyText.MatchString(sent):
		in.fail(p, "is no currency of three capital letters")
	case field == "type" && kind == balancePart:
		in.fields["providerType"] = string([]rune(sent)[:min(maxType, len([]rune(sent)))])
		became, words = balanceType(cut, rule.Table)
	case rule.Table != nil:
		became = rule.Table[cut]
		words = "table: " + cut + " -> " + became
	case kind == identifierPart && in.fields["scheme"] == "":
		in.fields["scheme"] = strings.Join(slices.Compact(slices.Clone(p.free)), ".")
	}
	if cut != sent {
		words = "cut " + rule.Cut + ", " + words
	}
	if field != "" {
		field = kind + "." + field
	}
	r.note(p, value, field, became, words)
	if rule.Sign == nil {
		in.set(rule, became)
	}
}

// maxType is how many characters of a provider's text for a type the shared Balance keeps.
const maxType = 256
