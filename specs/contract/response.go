package contract

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// ValidateResponse checks the answer to a request: status, headers, media type, body. A status without documented
// content may have any body. The error is an *Error.
func (d *Document) ValidateResponse(
	ctx context.Context, req *http.Request, status int, header http.Header, body []byte,
) error {
	route, params, err := d.FindRoute(req)
	if err != nil {
		return err
	}
	ref := route.Operation.Responses.Status(status)
	if ref == nil {
		return violation("response status "+strconv.Itoa(status), "undocumented")
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: d.input(req, route, params), Status: status, Header: header,
	}
	input.Options = input.RequestValidationInput.Options
	if err := openapi3filter.ValidateResponse(ctx, input); err != nil {
		return responseError(err)
	}
	if len(ref.Value.Content) == 0 {
		return nil
	}
	return d.checkBody("response", ref.Value.Content, header, body, openapi3.VisitAsResponse())
}

// headerProblems checks the declared headers of an answer one by one, because openapi3filter stops at the first.
func (d *Document) headerProblems(route *routers.Route, declared openapi3.Headers, header http.Header) []*Error {
	var problems []*Error
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		part := "response header " + name
		switch {
		case strings.EqualFold(name, "Content-Type"): // checked with the body
		case len(header.Values(name)) > 0:
			if err := d.checkHeader(route, name, declared[name], header); err != nil {
				problems = append(problems, schemaViolation(part, err))
			}
		case declared[name].Value.Required:
			problems = append(problems, violation(part, RuleMissing))
		}
	}
	return problems
}

// checkHeader has openapi3filter check an answer of which nothing but one header is declared.
func (d *Document) checkHeader(
	route *routers.Route, name string, declared *openapi3.HeaderRef, header http.Header,
) error {
	response := &openapi3.Response{Headers: openapi3.Headers{name: declared}}
	alone := *route
	alone.Operation = &openapi3.Operation{
		Responses: openapi3.NewResponses(openapi3.WithStatus(http.StatusOK, &openapi3.ResponseRef{Value: response})),
	}
	input := d.input(&http.Request{}, &alone, nil)
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: http.StatusOK, Header: header, Options: input.Options,
	})
}
