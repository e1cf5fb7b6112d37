package openapi

import (
	"cmp"
	"encoding/json"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs"
)

// Answer returns the schema of the JSON answer of an operation with status 200, nil if none is documented.
func (d *Document) Answer(operation string) *openapi3.SchemaRef {
	response := d.response(operation, http.StatusOK)
	if response == nil || response.Content["application/json"] == nil {
		return nil
	}
	return response.Content["application/json"].Schema
}

func (d *Document) response(operation string, status int) *openapi3.Response {
	route := d.operation(operation)
	if route == nil || route.Operation.Responses.Status(status) == nil {
		return nil
	}
	return route.Operation.Responses.Status(status).Value
}

// Codes returns the documented codes, which stand in x-kind.
func (d *Document) Codes() map[string]specs.Code {
	all := map[string]specs.Code{}
	take := func(list string, of *openapi3.SchemaRef) {
		codes := map[string]specs.Code{}
		text, _ := json.Marshal(of.Value.Extensions["x-kind"])
		_ = json.Unmarshal(text, &codes) // the house rules look at the form
		for name, code := range codes {
			code.List = list
			all[name] = code
		}
	}
	for name, schema := range d.Spec.Components.Schemas {
		take(name, schema)
		for property, of := range schema.Value.Properties {
			take(name+"."+property, of)
		}
	}
	return all
}

// Origin returns whose fault an answer with this status is, as x-origin says: provider, bank, or "" where it does not.
func (d *Document) Origin(operation string, status int, header http.Header) string {
	response := d.response(operation, status)
	if response == nil {
		return ""
	}
	beside := response.Extensions["x-origin"]
	if of, ok := beside.(map[string]any); ok { // by the text of a header
		name, _ := of["header"].(string)
		beside = cmp.Or(of[header.Get(name)], of["absent"])
	}
	origin, _ := beside.(string)
	return origin
}
