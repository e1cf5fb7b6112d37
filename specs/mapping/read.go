package mapping

import (
	"cmp"
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
	beside   map[string]any // the properties of the object that it is one of
	free     []string       // the names on the way that the document leaves open
	required bool
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func (p place) down(schema *openapi3.SchemaRef, name string) place {
	return place{schema: schema, pointer: p.pointer + "/" + pointerEscapes.Replace(name), free: p.free}
}

// element goes to an element of a list, where null stands for an empty object.
func (p place) element(i int, value any) (place, any) {
	inner := p.down(shape(p.schema).Items, strconv.Itoa(i))
	if types := shape(inner.schema).Type; value == nil && (types == nil || types.Is("object")) {
		value = map[string]any{}
	}
	return inner, value
}

// shape is what a schema says of the value's form: that of the schema that it alone is made of, where it is made of one.
func shape(schema *openapi3.SchemaRef) *openapi3.Schema {
	form := schema.Value
	for len(form.AllOf) == 1 && form.Properties == nil {
		form = form.AllOf[0].Value
	}
	return form
}

func (p place) permits(jsonType string) bool {
	types := shape(p.schema).Type
	return types.Permits(jsonType) || jsonType == "number" && types.Is("integer")
}

func (r *reader) note(p place, value any, field, became, words string) {
	if value != nil {
		sent, _ := plain(value)
		r.values = append(r.values, Value{p.pointer, sent, field, became, words})
	}
}

// leave takes back what was noted about banks and accounts that were not asked for.
func (r *reader) leave(in *part) {
	for _, p := range in.inner {
		for i, value := range r.values {
			if p.left && strings.HasPrefix(value.Pointer, p.place.pointer+"/") {
				r.values[i] = Value{value.Pointer, value.Sent, "", "", "unmapped: was not asked for"}
			}
		}
		r.leave(p)
	}
}

// visit does with a value what stands beside its property.
func (r *reader) visit(p place, value any, in *part) {
	absent := value == nil || value == "" && p.permits("string")
	for _, rule := range r.declared(p.schema) {
		in.named = append(in.named, rule.Field)
		divides := rule.Each == "account" || rule.Each == "bank"
		if divides {
			in.begins = rule.Each
		}
		switch other := p.beside[rule.Unless]; {
		case rule.problem != "":
			in.fail(p, rule.problem)
		case rule.unmapped != "":
			r.note(p, value, "", "", "unmapped: "+rule.unmapped)
		case rule.Unless != "" && other != nil && other != "":
			r.note(p, value, "", "", "left to "+rule.Unless)
		case !absent && rule.Pages == "linked":
			if _, isText := value.(string); !isText {
				in.fail(p, "is not of the documented type")
			}
			r.note(p, value, "", "", RuleNextPage)
		case !absent && rule.Pages != "":
			r.note(p, value, "", "", "says how many accounts there are")
		case !absent && rule.inside:
			r.descend(p, value, in)
		case !absent && rule.Each != "":
			r.each(rule, p, value, in)
		case !absent:
			r.fact(rule, p, value, in)
		case rule.Match != "":
			in.left = true
		case rule.Absent != nil:
			for field, text := range rule.Absent {
				in.set(field, text)
			}
		case rule.Pages != "":
		case divides, rule.Only != nil && !slices.Contains(rule.Only, ""), p.required && rule.Form == "" && rule.Field != "bank":
			in.fail(p, "is missing")
		}
	}
}

// each opens a part for a value, or for every element of a list.
func (r *reader) each(rule rule, p place, value any, in *part) {
	list, isList := value.([]any)
	in.listed = in.listed || rule.Each == "balance"
	switch {
	case isList != shape(p.schema).Type.Is("array"):
		if rule.Each == "balance" {
			in = in.open(rule, p) // an account with broken balances is whole
		}
		in.fail(p, "is not of the documented type")
	case isList:
		for i, element := range list {
			inner, element := p.element(i, element)
			r.one(rule, inner, element, in)
		}
	default:
		r.one(rule, p, value, in)
	}
}

func (r *reader) one(rule rule, p place, value any, in *part) {
	scheme := cmp.Or(rule.Set["scheme"], strings.Join(slices.Compact(slices.Clone(p.free)), "."))
	if isNumber := scheme == "iban" || scheme == "bban"; isNumber && rule.Each == "identifier" && in.fields[scheme] == "" {
		rule.Field, rule.Each = scheme, ""
		r.fact(rule, p, value, in)
		return
	}
	inner := in.open(rule, p)
	if rule.Each == "account" || rule.Each == "bank" {
		inner.partial = r.partial(p, value, false)
	}
	for _, field := range slices.Sorted(maps.Keys(rule.Set)) {
		r.values = append(r.values, Value{p.pointer, "", inner.kind + "." + field, rule.Set[field], RuleSet})
	}
	if rule.Field == "" {
		r.descend(p, value, inner)
		if rule.Each == "identifier" {
			r.renamed(p, inner.number())
		}
		return
	}
	r.fact(rule, p, value, inner)
	if rule.Each == "identifier" {
		inner.set("scheme", scheme)
	}
}

// renamed corrects what was noted of an identifier that is a number of the account.
func (r *reader) renamed(p place, kind string) {
	for i, v := range r.values {
		switch own := kind != "" && strings.HasPrefix(v.Pointer, p.pointer+"/"); {
		case own && v.Field == "identifier.value":
			r.values[i].Field = "account." + kind
		case own && v.Field == "identifier.scheme":
			r.values[i].Field, r.values[i].Became, r.values[i].Rule = "", "", "is "+kind
		}
	}
}

// descend goes to the members of an object or the elements of a list.
func (r *reader) descend(p place, value any, in *part) {
	schema := shape(p.schema)
	members, isObject := value.(map[string]any)
	list, isList := value.([]any)
	if !isObject && !isList || isList != (schema.Items != nil) {
		in.fail(p, "is not of the documented type")
		return
	}
	for i, element := range list {
		inner, element := p.element(i, element)
		r.visit(inner, element, in)
	}
	rest := maps.Clone(members)
	for _, source := range slices.Concat(schema.AllOf, openapi3.SchemaRefs{{Value: schema}}) {
		for _, name := range names(source.Value.Properties) {
			inner := p.down(source.Value.Properties[name], name)
			inner.beside, inner.required = members, slices.Contains(source.Value.Required, name)
			r.visit(inner, members[name], in)
			delete(rest, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		inner := p.down(schema.AdditionalProperties.Schema, name)
		inner.free = append(slices.Clone(p.free), name)
		if inner.schema == nil {
			r.note(inner, rest[name], "", "", "not in the document")
			continue
		}
		r.visit(inner, rest[name], in)
	}
}

// names are the properties in the order of the document, which is the order of the balances that they hold.
func names(properties openapi3.Schemas) []string {
	line := func(name string) int { return cmp.Or(properties[name].Origin, properties[name].Value.Origin).Key.Line }
	return slices.SortedFunc(maps.Keys(properties), func(a, b string) int {
		return cmp.Or(line(a)-line(b), cmp.Compare(a, b))
	})
}

// fact takes one value into the part that it lies in.
func (r *reader) fact(rule rule, p place, value any, in *part) {
	field := strings.Replace(in.kind, "answer", "account", 1) + "." + rule.Field
	if of, ok := strings.CutPrefix(rule.Field, "balances."); ok {
		field = "balance." + of
	} else if strings.HasPrefix(rule.Field, "account.") {
		field = rule.Field
	}
	became, words, ok := r.become(rule, field, p, value, in)
	if !ok {
		in.fail(p, words)
	}
	in.set(rule.Field, became)
	sent, _ := plain(value)
	if rule.Cut != "" && strings.HasPrefix(sent, rule.Cut) {
		words = "cut " + rule.Cut + ", " + words
	}
	switch {
	case field == "balance.sign":
		field, became = "balance.amount", ""
	case rule.Match != "" && !in.left:
		field, became = "balance.bank", sent
	case rule.Field == "":
		field = ""
	}
	r.note(p, value, field, became, words)
}

// become returns the text that a value becomes and by which rule, or what is wrong with it.
func (r *reader) become(rule rule, field string, p place, value any, in *part) (became, words string, ok bool) {
	sent, jsonType := plain(value)
	cut, isAmount := strings.TrimPrefix(sent, rule.Cut), rule.Field == "amount"
	switch {
	case rule.Form != "":
		if became = moment(sent, rule.Form, rule.Zone); became == "" || jsonType != "string" && rule.Form != "epochMillis" {
			return "", "no time in the form " + rule.Form, true
		}
		return became, rule.Form, true
	case shape(p.schema).Type == nil && !isAmount && jsonType != "string" && jsonType != "array":
		return "", "no text", true
	case jsonType == "object", isAmount && jsonType == "array", !isAmount && !p.permits(jsonType): // amounts may be text or number
		in.left = in.left || rule.Match != ""
		return "", "is not of the documented type", false
	case rule.Only != nil:
		allowed := strings.TrimSuffix(strings.Join(rule.Only, " or "), " or ")
		if !slices.Contains(rule.Only, sent) {
			return "", "is not " + allowed, false
		}
		return "", "has to be " + allowed, true
	case rule.Match != "":
		in.left = sent != r.asked.Bank
		in.set("bank", sent)
		return "", "has to be the bank asked for", true
	case isAmount:
		if became = amount(sent, jsonType == "number"); became == "" {
			return "", "is no amount", false
		} else if rule.Unsigned && strings.HasPrefix(became, "-") {
			return "", "has a sign", false
		} else if became != sent {
			return became, "written out", true
		}
	case rule.Field == "currency" && field != "account.currency" && !currencyText.MatchString(sent):
		return "", "is no currency of three capital letters", false
	case field == "balance.sign":
		return rule.Table[cut], cmp.Or(rule.Table[cut], "is no known") + " sign", rule.Table[cut] != ""
	case field == "balance.type":
		in.fields["providerType"] = string([]rune(sent)[:min(maxType, len([]rune(sent)))])
		became, words = balanceType(cut, rule.Table)
		return became, words, true
	case rule.Table != nil:
		return rule.Table[cut], "table: " + cut + " -> " + cmp.Or(rule.Table[cut], "not stated"), true
	}
	return sent, "as sent", true
}
