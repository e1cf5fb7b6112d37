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
	name     string   // of the property
	free     []string // the names on the way that the document leaves open
	required bool
}

func (p place) down(schema *openapi3.SchemaRef, name string) place {
	escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
	return place{schema: schema, pointer: p.pointer + "/" + escaped, name: name, free: p.free}
}

func (r *reader) note(p place, value any, field, became, words string) {
	if value != nil {
		sent, _ := plain(value)
		r.values = append(r.values, Value{p.pointer, sent, field, became, words})
	}
}

// visit does with a value what stands beside its property. Absent, null and the empty text are the same.
func (r *reader) visit(p place, value any, siblings map[string]any, in *part) {
	own := r.declared(p.schema)
	absent := value == nil || value == ""
	switch {
	case own.err != nil:
		in.fail(p, own.err.Error())
	case own.unmapped != "":
		r.note(p, value, "", "", "unmapped: "+own.unmapped)
	case own.rules != nil:
	case !absent:
		r.descend(p, value, in)
	case p.required:
		in.fail(p, "is missing")
	}
	for _, rule := range own.rules {
		divides := rule.Each == "account" || rule.Each == "bank"
		if divides {
			in.begins = rule.Each
		}
		switch other := siblings[rule.Unless]; {
		case other != nil && other != "":
			r.note(p, value, "", "", "left to "+rule.Unless)
		case !absent && rule.Each != "":
			r.each(rule, p, value, in)
		case !absent:
			r.fact(rule, p, value, in)
		case rule.Absent == "true" || rule.Absent == "false":
			in.set(rule, rule.Absent, nil)
		case rule.Match != "":
			in.left = true
		case divides, rule.Only != nil && rule.Absent != "passes", p.required && (rule.Form == "" || rule.Form == "texts"):
			in.fail(p, "is missing")
		}
	}
}

// each opens a part for a value, or for every element of a list.
func (r *reader) each(rule rule, p place, value any, in *part) {
	list, isList := value.([]any)
	in.listed = in.listed || rule.Each == "balance"
	switch wrong := isList != p.schema.Value.Type.Is("array"); {
	case wrong && rule.Each == "balance":
		in.open(rule, p).fail(p, "is not of the documented type") // which leaves the account whole
		return
	case wrong:
		in.fail(p, "is not of the documented type")
		return
	case !isList:
		r.one(rule, p, value, in)
	}
	for i, element := range list {
		inner := p.down(p.schema.Value.Items, strconv.Itoa(i))
		inner.name = p.name
		r.one(rule, inner, element, in)
	}
}

func (r *reader) one(rule rule, p place, value any, in *part) {
	inner := in.open(rule, p)
	if rule.Field == "" {
		r.descend(p, value, inner)
	} else {
		r.fact(rule, p, value, inner)
	}
}

// descend goes to the members of an object or the elements of a list.
func (r *reader) descend(p place, value any, in *part) {
	schema := p.schema.Value
	members, isObject := value.(map[string]any)
	list, isList := value.([]any)
	if !isObject && !isList || isList != (schema.Items != nil) {
		in.fail(p, "is not of the documented type")
		return
	}
	for i, element := range list {
		r.visit(p.down(schema.Items, strconv.Itoa(i)), element, nil, in)
	}
	rest := maps.Clone(members)
	for _, source := range append(schema.AllOf, p.schema) {
		for _, name := range names(source.Value.Properties) {
			inner := p.down(source.Value.Properties[name], name)
			inner.required = slices.Contains(source.Value.Required, name)
			r.visit(inner, members[name], members, in)
			delete(rest, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		inner := p.down(schema.AdditionalProperties.Schema, name)
		if inner.free = append(slices.Clone(p.free), name); inner.schema != nil {
			r.visit(inner, rest[name], nil, in)
		} else {
			r.note(inner, rest[name], "", "", "not in the document")
		}
	}
}

// names are the properties in the order of the document, which is the order of the balances that they hold.
func names(properties openapi3.Schemas) []string {
	line := func(name string) int {
		at := properties[name]
		return cmp.Or(at.Origin, at.Value.Origin, &openapi3.Origin{Key: &openapi3.Location{}}).Key.Line
	}
	all := slices.Sorted(maps.Keys(properties))
	slices.SortStableFunc(all, func(a, b string) int { return line(a) - line(b) })
	return all
}

// fact takes one value into the part that it lies in.
func (r *reader) fact(rule rule, p place, value any, in *part) {
	kind, field := cmp.Or(in.kind, "account"), rule.Field
	if of, ok := strings.CutPrefix(field, "balances."); ok {
		kind, field = "balance", of
	}
	if field != "" {
		field = kind + "." + field
	}
	sent, jsonType := plain(value)
	became, words, problem := r.become(rule, field, sent, jsonType, p, in)
	var err error
	if problem != "" {
		err = failure(p, problem)
		became, words = "", problem
	}
	if strings.HasPrefix(sent, rule.Cut) && rule.Cut != "" {
		words = "cut " + rule.Cut + ", " + words
	}
	r.note(p, value, field, became, words)
	in.set(rule, became, err)
}

// become returns the text that a value becomes, by which rule, and what is wrong with it.
func (r *reader) become(rule rule, field, sent, jsonType string, p place, in *part) (became, words, problem string) {
	isAmount := strings.HasSuffix(field, ".amount") && rule.Sign == nil
	isMoney := !strings.HasPrefix(field, "account.") && strings.HasSuffix(field, ".currency")
	cut := strings.TrimPrefix(sent, rule.Cut)
	switch {
	case !fits(p.schema.Value.Type, jsonType, isAmount):
		return "", "", "is not of the documented type"
	case rule.Only != nil && !slices.Contains(rule.Only, sent):
		return "", "", "is not " + strings.Join(rule.Only, " or ")
	case rule.Only != nil:
		return sent, "has to be " + strings.Join(rule.Only, " or "), ""
	case rule.Match != "":
		in.left = sent != r.asked.Bank
		return sent, "has to be the bank asked for", ""
	case rule.Sign != nil:
		in.sign = rule.sign(cut)
		return "", in.sign + " sign", map[string]string{"": "is no known sign"}[in.sign]
	case rule.Form != "" && rule.Form != "texts":
		return moment(sent, rule.Form), rule.Form, ""
	case isAmount:
		became = amount(sent, jsonType == "number")
		words = map[bool]string{true: "as sent", false: "written out"}[became == sent]
		return became, words, map[string]string{"": "is no amount"}[became]
	case isMoney && !currencyText.MatchString(sent):
		return "", "", "is no currency of three capital letters"
	case field == "balance.type":
		in.fields["providerType"] = string([]rune(sent)[:min(maxType, len([]rune(sent)))])
		became, words = balanceType(cut, rule.Table)
		return became, words, ""
	case rule.Table != nil:
		return rule.Table[cut], "table: " + cut + " -> " + cmp.Or(rule.Table[cut], "not stated"), ""
	case field == "identifier.value" && in.fields["scheme"] == "":
		in.fields["scheme"] = strings.Join(slices.Compact(slices.Clone(p.free)), ".")
	}
	return sent, "as sent", ""
}

// fits tells whether a value is of the type that is documented. An amount may be text or number, whichever is.
func fits(documented *openapi3.Types, jsonType string, isAmount bool) bool {
	switch {
	case isAmount:
		return jsonType == "string" || jsonType == "number"
	case jsonType == "number" && documented.Is("integer"):
		return true
	}
	return jsonType != "object" && documented.Permits(jsonType)
}
