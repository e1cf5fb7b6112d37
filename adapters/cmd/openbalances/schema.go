package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/specs"
)

const configSchema = "config"

// outputs are what the commands print as JSON, by command.
var outputs = map[string]reflect.Type{
	"get":                 reflect.TypeFor[balances](),
	"demo":                reflect.TypeFor[balances](),
	"accounts":            reflect.TypeFor[accounts](),
	"check":               reflect.TypeFor[findings](),
	"explain":             reflect.TypeFor[explanation](),
	"providers":           reflect.TypeFor[listing](),
	"enablebanking banks": reflect.TypeFor[bankListing](),
}

var schemaCommand = command{
	name:    "schema",
	summary: "print the JSON Schema of the configuration or of an output",
	example: "openbalances schema config > openbalances.schema.json",
	operand: operand{name: "NAME", values: schemaNames},
	setup: func(flags *flag.FlagSet) action {
		return func(_ context.Context, p *process) error {
			schema, err := schemaOf(flags.Arg(0))
			if err != nil {
				return err
			}
			text, err := indented(schema)
			if err != nil {
				return err
			}
			return p.print(text)
		}
	},
}

func schemaNames() []string {
	return append([]string{configSchema}, slices.Sorted(maps.Keys(outputs))...)
}

// schemaOf derives a schema from the Go type that is read or written.
func schemaOf(name string) (*jsonschema.Schema, error) {
	t, isOutput := outputs[name]
	title := "What openbalances " + name + " prints as JSON"
	if !isOutput {
		t, title = reflect.TypeFor[configuration.Configuration](), "The configuration of openbalances"
	}
	schema, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: schemasByType()})
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	tidy(schema, isOutput)
	if !isOutput {
		describeCredentials(schema.Properties["connections"].Items)
	}
	schema.Schema, schema.Title = "https://json-schema.org/draft/2020-12/schema", title
	return schema, nil
}

// schemasByType are for types that write their JSON themselves.
func schemasByType() map[reflect.Type]*jsonschema.Schema {
	return map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[adapters.Amount](): {
			Type: "string", Pattern: `^-?[0-9]{1,38}(\.[0-9]+)?$`, Description: "exact, with the scale as sent",
		},
		reflect.TypeFor[json.RawMessage](): {Type: "object"},
		reflect.TypeFor[adapters.Date]():   {Type: "string", Format: "date"},
		reflect.TypeFor[time.Time]():       {Type: "string", Format: "date-time"},
		reflect.TypeFor[specs.Limit](): {
			Type: "object", Required: []string{"calls", "hours"},
			Properties: map[string]*jsonschema.Schema{"calls": {Type: "integer"}, "hours": {Type: "number"}},
		},
	}
}

// tidy leaves out null, which is never written, and lets an output have members that later versions add.
func tidy(schema *jsonschema.Schema, isOutput bool) {
	if schema == nil {
		return
	}
	if len(schema.Types) == 2 && schema.Types[0] == "null" {
		schema.Type, schema.Types = schema.Types[1], nil
	}
	if isOutput && schema.Properties != nil {
		schema.AdditionalProperties = nil
	}
	for _, property := range schema.Properties {
		tidy(property, isOutput)
	}
	tidy(schema.Items, isOutput)
	tidy(schema.AdditionalProperties, isOutput)
}

// describeCredentials says which credentials each provider takes.
func describeCredentials(connection *jsonschema.Schema) {
	var names []any
	for _, p := range configuration.Providers() {
		names = append(names, p.Name)
		is := any(p.Name)
		taken := &jsonschema.Schema{
			Required: p.Required, Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
		}
		for _, name := range p.Names() {
			taken.Properties[name] = &jsonschema.Schema{Type: "string", MinLength: new(int)}
			*taken.Properties[name].MinLength = 1
		}
		taken.OneOf = alternatives(p)
		connection.AllOf = append(connection.AllOf, &jsonschema.Schema{
			If:   &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{"provider": {Const: &is}}, Required: []string{"provider"}},
			Then: &jsonschema.Schema{Properties: map[string]*jsonschema.Schema{"credentials": taken}},
		})
	}
	connection.Properties["provider"].Enum = names
	one := 1
	connection.Properties["name"].MinLength, connection.Properties["accounts"].MinItems = &one, &one
}

// alternatives are the credentials of which exactly one is needed, and those for a token, which exclude each other.
func alternatives(p configuration.Provider) (all []*jsonschema.Schema) {
	required := func(names ...string) *jsonschema.Schema { return &jsonschema.Schema{Required: names} }
	var configured, own []*jsonschema.Schema
	for _, name := range p.OneOf {
		configured = append(configured, required(name))
	}
	for _, name := range p.OwnTokenNames() {
		own = append(own, required(name))
	}
	for _, one := range configured {
		if own != nil {
			one.Not = &jsonschema.Schema{AnyOf: own}
		}
		all = append(all, one)
	}
	if p.Token != nil {
		forToken := required(p.Token...)
		forToken.Not = &jsonschema.Schema{AnyOf: make([]*jsonschema.Schema, len(p.OneOf))}
		for i, name := range p.OneOf {
			forToken.Not.AnyOf[i] = required(name)
		}
		all = append(all, forToken)
	}
	return all
}
