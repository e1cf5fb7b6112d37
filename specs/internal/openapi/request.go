package openapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// ValidateRequest checks a request against the operation it addresses. It returns an *Error, or the error of reading
// the body. The body is read to its end and can be read again afterwards.
func (d *Document) ValidateRequest(ctx context.Context, req *http.Request) error {
	route, err := d.FindRoute(req)
	if err != nil {
		return err
	}
	body, err := rereadable(req)
	if err != nil {
		return err
	}
	if problems := d.RequestProblems(ctx, req, route); len(problems) > 0 {
		return problems[0]
	}
	return d.checkRequestBody(route.Operation.RequestBody, req.Header, body)
}

// rereadable returns the body of a request and puts a copy in its place.
func rereadable(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, fmt.Errorf("contract: reading the request body: %w", err)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// input is what openapi3filter gets to see: everything but the bodies, which are checked here.
func (d *Document) input(req *http.Request, route *Route) *openapi3filter.RequestValidationInput {
	probe := *req
	probe.Body, probe.GetBody = http.NoBody, nil
	return &openapi3filter.RequestValidationInput{
		Request: &probe, PathParams: route.params,
		Route: &routers.Route{
			Spec: d.Spec, Path: route.Path, PathItem: route.item, Method: route.Method, Operation: route.Operation,
		},
		Options: &openapi3filter.Options{
			MultiError: true, ExcludeRequestBody: true, ExcludeResponseBody: true, SkipSettingDefaults: true,
			AuthenticationFunc:      authenticate,
			SchemaValidationOptions: d.Spec.GetSchemaValidationOptions(),
		},
	}
}

// RequestProblems returns everything that is wrong with a request but for its body.
func (d *Document) RequestProblems(ctx context.Context, req *http.Request, route *Route) []*Error {
	var problems []*Error
	if err := openapi3filter.ValidateRequest(ctx, d.input(req, route)); err != nil {
		found := openapi3.MultiError{err}
		errors.As(err, &found)
		for _, err := range found {
			problems = append(problems, requestError(err))
		}
	}
	return append(problems, d.parameterProblems(req, route)...)
}

// parameterProblems names what openapi3filter passes: undeclared query parameters and repeated values.
func (d *Document) parameterProblems(req *http.Request, route *Route) []*Error {
	query, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return []*Error{violation("query", "malformed")}
	}
	var problems []*Error
	declared := map[string]bool{}
	for _, ref := range route.parameters() {
		p := ref.Value
		declared[p.Name] = declared[p.Name] || p.In == openapi3.ParameterInQuery
		if len(valuesOf(p, req, query)) > 1 && !isArray(p) {
			problems = append(problems, violation(p.In+" "+p.Name, "repeated"))
		}
	}
	for name := range query {
		if !declared[name] {
			problems = append(problems, violation("query", "undocumented parameter")) // the name is the sender's text
		}
	}
	return problems
}

func valuesOf(p *openapi3.Parameter, req *http.Request, query url.Values) []string {
	switch p.In {
	case openapi3.ParameterInHeader:
		return req.Header.Values(p.Name)
	case openapi3.ParameterInQuery:
		return query[p.Name]
	}
	return nil
}

func isArray(p *openapi3.Parameter) bool {
	return p.Schema != nil && p.Schema.Value.Type.Is(openapi3.TypeArray)
}

// checkRequestBody checks the body, or that there is none.
func (d *Document) checkRequestBody(ref *openapi3.RequestBodyRef, header http.Header, body []byte) error {
	switch {
	case ref == nil && len(body) > 0:
		return violation("request body", "undocumented")
	case ref == nil:
		return nil
	case len(body) == 0 && ref.Value.Required:
		return violation("request body", "required")
	case len(body) == 0:
		return nil
	}
	return d.checkBody("request", ref.Value.Content, header, body, openapi3.VisitAsRequest())
}
