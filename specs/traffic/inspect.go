package traffic

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"weak"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs/internal/openapi"
)

// inspector finds all deviations of a decoded body from its schema, and two that package openapi3 does not know: members
// that the document does not name, and values outside its open lists. It walks the body itself and leaves to openapi3
// what concerns a single value: openapi3.MultiErrors has no limit (a mebibyte of empty objects becomes a million errors
// in 260 MB) and finds nothing beside an allOf that fails. It is read-only and safe for concurrent use.
type inspector struct {
	asRequest, asResponse []openapi3.SchemaValidationOption

	single map[*openapi3.Schema]*openapi3.Schema // each schema without the keywords that the inspector follows itself
	known  func(name string) bool                // tells whether the document has the name
}

// inspectors are made once for each document, by weak.Pointer[openapi.Document], and go with it.
var inspectors sync.Map

func inspectorOf(d *openapi.Document) *inspector {
	key := weak.Make(d)
	own, known := inspectors.LoadOrStore(key, sync.OnceValue(func() *inspector { return newInspector(d) }))
	if !known {
		runtime.AddCleanup(d, func(key weak.Pointer[openapi.Document]) { inspectors.Delete(key) }, key)
	}
	return own.(func() *inspector)()
}

func newInspector(d *openapi.Document) *inspector {
	options := slices.Clip(d.Spec.GetSchemaValidationOptions())
	i := &inspector{
		asRequest: append(options, openapi3.VisitAsRequest()), asResponse: append(options, openapi3.VisitAsResponse()),
		single: map[*openapi3.Schema]*openapi3.Schema{}, known: d.Names,
	}
	_ = d.Spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		i.single[ref.Value] = single(ref.Value)
		return nil
	})
	return i
}

// single copies a schema without the keywords that reach into its children.
func single(schema *openapi3.Schema) *openapi3.Schema {
	own := *schema
	own.AllOf, own.Items, own.Required, own.Properties = nil, nil, nil, nil
	own.AdditionalProperties = openapi3.AdditionalProperties{}
	return &own
}

// inspection is one body being inspected; add takes the place and the rule of a deviation, full says when to stop.
type inspection struct {
	*inspector
	request bool
	add     func(pointer, rule, documented string)
	full    func() bool
}

// applied is a schema that a value has to follow. One that is loose, because it stands under oneOf or anyOf, only tells
// which names and values are documented.
type applied struct {
	schema *openapi3.Schema
	loose  bool
}

func (i *inspection) visit(at *position, value any, schemas []applied) {
	schemas = flatten(nil, schemas)
	i.checkSingle(at, value, schemas)
	switch value := value.(type) {
	case string:
		i.checkListed(at, value, schemas)
	case []any:
		i.visitElements(at, value, schemas)
	case map[string]any:
		i.checkRequired(at, value, schemas)
		i.visitMembers(at, value, schemas)
	}
}

// flatten appends schemas and those that they are composed of.
func flatten(all, schemas []applied) []applied {
	for _, s := range schemas {
		if slices.Contains(all, s) {
			continue
		}
		all = append(all, s)
		all = flatten(all, apply(nil, s.loose, s.schema.AllOf...))
		all = flatten(all, apply(nil, true, s.schema.OneOf...))
		all = flatten(all, apply(nil, true, s.schema.AnyOf...))
	}
	return all
}

func apply(all []applied, loose bool, refs ...*openapi3.SchemaRef) []applied {
	for _, ref := range refs {
		if ref != nil && ref.Value != nil {
			all = append(all, applied{ref.Value, loose})
		}
	}
	return all
}

// checkSingle checks what schemas say about the value itself. What several of them say counts once.
func (i *inspection) checkSingle(at *position, value any, schemas []applied) {
	var faults []openapi.Error
	for _, s := range schemas {
		if s.loose {
			continue
		}
		f := i.fault(value, s.schema)
		known := func(other openapi.Error) bool { return other.Part == f.Part && other.Rule == f.Rule }
		if f != nil && !slices.ContainsFunc(faults, known) {
			faults = append(faults, *f)
			i.add(at.pointer()+f.Part, f.Rule, f.Documented)
		}
	}
}

// fault is the rule of a schema that a value breaks, and as its part where below the value; nil is none.
func (i *inspection) fault(value any, schema *openapi3.Schema) *openapi.Error {
	options := i.asResponse
	if i.request {
		options = i.asRequest
	}
	err := i.single[schema].VisitJSON(value, options...)
	if err == nil {
		return nil
	}
	fault := openapi.SchemaViolation("", err)
	fault.Part = i.redacted(strings.TrimSpace(fault.Part))
	return fault
}

// documentedLists are the extensions with which a document lists values without closing the list.
var documentedLists = []string{"x-extensible-enum", "x-documented-values"}

func (i *inspection) checkListed(at *position, value string, schemas []applied) {
	var documented []any
	for _, s := range schemas {
		for _, name := range documentedLists {
			list, _ := s.schema.Extensions[name].([]any)
			documented = append(documented, list...)
		}
	}
	if len(documented) > 0 && !slices.Contains(documented, any(value)) {
		i.add(at.pointer(), RuleValue, openapi.Enumerated(documented))
	}
}

func (i *inspection) visitElements(at *position, elements []any, schemas []applied) {
	var items []applied
	for _, s := range schemas {
		items = apply(items, s.loose, s.schema.Items)
	}
	if len(items) == 0 {
		return
	}
	here := &position{at, hidden}
	for _, element := range elements {
		if i.full() {
			return
		}
		i.visit(here, element, items)
	}
}

// checkRequired looks for the members that have to be there. What several schemas require counts once.
func (i *inspection) checkRequired(at *position, members map[string]any, schemas []applied) {
	var missing []string
	for _, s := range schemas {
		for _, name := range s.schema.Required {
			_, there := members[name]
			if !there && !s.loose && !i.excused(name, schemas) && !slices.Contains(missing, name) {
				missing = append(missing, name)
				i.add((&position{at, name}).pointer(), RuleMissing, "")
			}
		}
	}
}

// excused tells whether a member that is required belongs to messages of the other direction only.
func (i *inspection) excused(name string, schemas []applied) bool {
	return slices.ContainsFunc(schemas, func(s applied) bool {
		property := s.schema.Properties[name]
		return property != nil && (i.request && property.Value.ReadOnly || !i.request && property.Value.WriteOnly)
	})
}

func (i *inspection) visitMembers(at *position, members map[string]any, schemas []applied) {
	var others []applied // schemas of members without a name of their own
	named, open := false, false
	for _, s := range schemas {
		additional := s.schema.AdditionalProperties
		others = apply(others, s.loose, additional.Schema)
		named = named || len(s.schema.Properties) > 0 || additional.Has != nil && !*additional.Has
		open = open || additional.Schema != nil || additional.Has != nil && *additional.Has
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var known []applied
		for _, s := range schemas {
			known = apply(known, s.loose, s.schema.Properties[name])
		}
		switch {
		case i.full():
			return
		case len(known) > 0:
			i.visit(&position{at, name}, members[name], known)
		case open:
			i.visit(&position{at, hidden}, members[name], others)
		case named:
			i.add((&position{at, i.shown(name)}).pointer(), RuleMember, "")
		}
	}
}
