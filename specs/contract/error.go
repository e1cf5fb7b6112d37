package contract

import (
	"errors"
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Kind says what is wrong with a message.
type Kind string

// The kinds of an Error.
const (
	NoRoute           Kind = "no such route"
	MethodNotAllowed  Kind = "method not allowed"
	MissingCredential Kind = "missing credential"
	Violation         Kind = "violation"
)

// Error tells which part of a message breaks which rule. It holds no value of the message.
type Error struct {
	Kind Kind
	Part string // such as "header X-Request-ID", "response body /balances/0/amount", "security scheme bearerAuth"
	Rule string // the schema keyword (required, pattern, ...) or a few words; for MethodNotAllowed the methods there are
	// Documented is what the document says there, as far as a line can hold it: the type, the pattern, the first of the
	// listed values, statuses or media types. Empty where there is nothing to say.
	Documented string
}

// Error implements error.
func (e *Error) Error() string {
	text := "contract: " + string(e.Kind)
	if e.Part != "" {
		text += ": " + e.Part
	}
	if e.Rule != "" {
		text += ": " + e.Rule
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
