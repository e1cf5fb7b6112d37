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

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

func (p place) down(schema *openapi3.SchemaRef, name string) place {
	return place{schema: schema, pointer: p.pointer + "/" + pointerEscapes.Replace(name), name: name, free: p.free}
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
	absent := value == nil || value == "" && p.schema.Value.Type.Permits("string")
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
		list, isList := value.([]any)
		absent := absent || isList && len(list) == 0 && rule.Empty == "absent"
		switch other := siblings[rule.Unless]; {
		case other != nil && other != "":
			r.note(p, value, "", "", "left to "+rule.Unless)
		case !absent && rule.Each != "":
			r.each(rule, p, value, in)
		case !absent:
			r.fact(rule, p, value, in)
		case rule.Absent == "true" || rule.Absent == "false":
			in.set(rule, rule.Absent)
		case rule.Match != "":
			in.left = true
		case divides, rule.Only != nil && rule.Absent != "passes", p.required && (rule.Form == "" || rule.Form == "texts"):
			in.fail(p, "is missing")
		}
	}
}

// leave takes back what was noted about banks and accounts that were not asked for.
func (r *reader) leave(in *part, asked []string) {
	for _, p := range in.inner {
		isOther := p.kind == "account" && len(asked) > 0 && !slices.Contains(asked, p.fields["id"])
		for i, value := range r.values {
			if (p.left || isOther) && strings.HasPrefix(value.Pointer, p.place.pointer+"/") {
				r.values[i] = Value{value.Pointer, value.Sent, "", "", "unmapped: was not asked for"}
			}
		}
		r.leave(p, asked)
	}
}

// each opens a part for a value, or for every element of a list.
func (r *reader) each(rule rule, p place, value any, in *part) {
	list, isList := value.([]any)
	in.listed = in.listed || rule.Each == "balance"
	if isList != p.schema.Value.Type.Is("array") {
		if rule.Each == "balance" {
			in = in.open(rule, p) // an account with broken balances is whole
		}
		in.fail(p, "is not of the documented type")
	} else if !isList {
		r.one(rule, p, value, in)
	} else {
		for i, element := range list {
			inner := p.down(p.schema.Value.Items, strconv.Itoa(i))
			inner.name = p.name
			r.one(rule, inner, element, in)
		}
	}
}

func (r *reader) one(rule rule, p place, value any, in *part) {
	inner := in.open(rule, p)
	switch {
	case rule.Field != "":
		r.fact(rule, p, value, inner)
	case value == nil: // in a list, where it stands for an empty object
		r.descend(p, map[string]any{}, inner)
	default:
		r.descend(p, value, inner)
	}
	own := rule.Instead[inner.fields["scheme"]]
	if own != "" && in.fields[own] == "" {
		in.fields[own] = inner.fields["value"]
		in.inner = in.inner[:len(in.inner)-1]
		r.values[len(r.values)-1].Field = "account." + own
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
	for _, source := range slices.Concat(schema.AllOf, openapi3.SchemaRefs{p.schema}) {
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
	line := func(name string) int { return cmp.Or(properties[name].Origin, properties[name].Value.Origin).Key.Line }
	return slices.SortedFunc(maps.Keys(properties), func(a, b string) int {
		return cmp.Or(line(a)-line(b), cmp.Compare(a, b))
	})
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
	if problem != "" {
		in.fail(p, problem)
		became, words = "", problem
	}
	if strings.HasPrefix(sent, rule.Cut) && rule.Cut != "" {
		words = "cut " + rule.Cut + ", " + words
	}
	r.note(p, value, field, became, words)
	in.set(rule, became)
}

// become returns the text that a value becomes, by which rule, and what is wrong with it.
func (r *reader) become(rule rule, field, sent, jsonType string, p place, in *part) (became, words, problem string) {
	isAmount := strings.HasSuffix(field, ".amount") && rule.Sign == nil // text or number, whichever is documented
	isMoney := rule.Field == "currency" && field != "account.currency"
	cut := strings.TrimPrefix(sent, rule.Cut)
	switch {
	case rule.Form == "texts" && jsonType != "string" && jsonType != "array":
		return "", "no text", ""
	case jsonType == "object", isAmount && jsonType == "array", !isAmount && !permits(p, jsonType):
		in.left = in.left || rule.Match != ""
		return "", "", "is not of the documented type"
	case rule.Only != nil && !slices.Contains(rule.Only, sent):
		return "", "", "is not " + strings.Join(rule.Only, " or ")
	case rule.Only != nil:
		return "", "has to be " + strings.Join(rule.Only, " or "), ""
	case rule.Match != "":
		in.left = sent != r.asked.Bank
		return "", "has to be the bank asked for", ""
	case rule.Sign != nil:
		if in.sign = rule.Sign[cut]; in.sign == "" {
			return "", "", "is no known sign"
		}
		return "", in.sign + " sign", ""
	case rule.Form != "" && rule.Form != "texts":
		if became = moment(sent, rule.Form); became == "" {
			return "", "no time in the form " + rule.Form, ""
		}
		return became, rule.Form, ""
	case isAmount:
		if became = amount(sent, jsonType == "number"); became == "" {
			return "", "", "is no amount"
		} else if became != sent {
			return became, "written out", ""
		}
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

func permits(p place, jsonType string) bool {
	types := p.schema.Value.Type
	return types.Permits(jsonType) || jsonType == "number" && types.Is("integer")
}
