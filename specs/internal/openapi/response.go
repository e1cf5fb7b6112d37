package openapi

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// ValidateResponse checks the answer to a request: status, headers, media type, body. A status without documented
// content may have any body. The error is an *Error.
func (d *Document) ValidateResponse(
	ctx context.Context, req *http.Request, status int, header http.Header, body []byte,
) error {
	route, err := d.FindRoute(req)
	if err != nil {
		return err
	}
	response, undocumented := route.Response(status)
	if undocumented != nil {
		return undocumented
	}
	if problems := d.HeaderProblems(ctx, route, response, header); len(problems) > 0 {
		return problems[0]
	}
	if len(response.Content) == 0 {
		return nil
	}
	return d.checkBody("response", response.Content, header, body, openapi3.VisitAsResponse())
}

// Response returns what the document says about an answer with a status.
func (r *Route) Response(status int) (*openapi3.Response, *Error) {
	if ref := r.Operation.Responses.Status(status); ref != nil {
		return ref.Value, nil
	}
	undocumented := violation("response status "+strconv.Itoa(status), "undocumented")
	undocumented.Documented = enumeratedNames(r.Operation.Responses.Map())
	return nil, undocumented
}

// HeaderProblems checks the declared headers of an answer one by one, because openapi3filter stops at the first.
func (d *Document) HeaderProblems(
	ctx context.Context, route *Route, response *openapi3.Response, header http.Header,
) []*Error {
	declared := response.Headers
	var problems []*Error
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		part := "response header " + name
		switch {
		case strings.EqualFold(name, "Content-Type"): // checked with the body
		case len(header.Values(name)) > 0:
			if err := d.checkHeader(ctx, route, name, declared[name], header); err != nil {
				problems = append(problems, SchemaViolation(part, err))
			}
		case declared[name].Value.Required:
			problems = append(problems, violation(part, "required"))
		}
	}
	return problems
}

// checkHeader has openapi3filter check an answer of which nothing but one header is declared.
func (d *Document) checkHeader(
	ctx context.Context, route *Route, name string, declared *openapi3.HeaderRef, header http.Header,
) error {
	response := &openapi3.Response{Headers: openapi3.Headers{name: declared}}
	alone := *route
	alone.Operation = &openapi3.Operation{
		Responses: openapi3.NewResponses(openapi3.WithStatus(http.StatusOK, &openapi3.ResponseRef{Value: response})),
	}
	input := d.input(&http.Request{}, &alone)
	return openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: http.StatusOK, Header: header, Options: input.Options,
	})
}
