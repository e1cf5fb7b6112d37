package openapi

import (
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// The kinds of an Error.
const (
	NoRoute           = "no such route"
	MethodNotAllowed  = "method not allowed"
	MissingCredential = "missing credential"
	Violation         = "violation"
)

// Error is what becomes a contract.Error. It has the same fields.
type Error struct{ Kind, Part, Rule, Documented string }

// Error implements error.
func (e *Error) Error() string { return Line(e.Kind, e.Part, e.Rule) }

// Line is the text of an Error.
func Line(kind, part, rule string) string {
	text := "contract: " + kind
	for _, more := range []string{part, rule} {
		if more != "" {
			text += ": " + more
		}
	}
	return text
}

func violation(part, rule string) *Error {
	return &Error{Kind: Violation, Part: part, Rule: rule}
}

// requestError drops the values that openapi3filter's errors carry.
func requestError(err error) *Error {
	var missing *Error
	if errors.As(err, &missing) {
		return missing
	}
	var request *openapi3filter.RequestError
	if !errors.As(err, &request) || request.Parameter == nil {
		return violation("request", "invalid")
	}
	part := request.Parameter.In + " " + request.Parameter.Name
	if errors.Is(err, openapi3filter.ErrInvalidRequired) {
		return violation(part, "required")
	}
	return SchemaViolation(part, err)
}

// SchemaViolation is an error of package openapi3 about a part without the value: the pointer is added to the part, the
// keyword becomes the rule.
func SchemaViolation(part string, err error) *Error {
	var schema *openapi3.SchemaError
	if !errors.As(err, &schema) {
		return violation(part, "invalid")
	}
	if pointer := schema.JSONPointer(); len(pointer) > 0 {
		part = fmt.Sprintf("%s /%s", part, strings.Join(pointer, "/"))
	}
	broken := violation(part, schema.SchemaField)
	broken.Documented = documentedAt(schema.Schema, schema.SchemaField)
	return broken
}
