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
	for _, schema := range d.Spec.Components.Schemas {
		beside := []any{schema.Value.Extensions["x-kind"]}
		for _, property := range schema.Value.Properties {
			beside = append(beside, property.Value.Extensions["x-kind"])
		}
		for _, kinds := range beside {
			if text, err := json.Marshal(kinds); err == nil && kinds != nil {
				_ = json.Unmarshal(text, &all) // the house rules look at the form
			}
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
