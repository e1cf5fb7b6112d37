package openapi

import (
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Route is the operation that a request addresses.
type Route struct {
	Operation    *openapi3.Operation // not to be changed
	Method, Path string              // as in the document

	params map[string]string // by name, of the path
	item   *openapi3.PathItem
}

// route is a path of the document, cut at its slashes.
type route struct {
	path     string
	segments []string
	item     *openapi3.PathItem
}

func newRoutes(spec *openapi3.T) ([]route, error) {
	var routes []route
	for _, path := range spec.Paths.InMatchingOrder() {
		r := route{path: path, segments: strings.Split(path, "/"), item: spec.Paths.Value(path)}
		for _, segment := range r.segments {
			if _, variable := variable(segment); !variable && strings.ContainsAny(segment, "{}") {
				return nil, fmt.Errorf("path %s: a parameter must fill its segment", path)
			}
		}
		routes = append(routes, r)
	}
	return routes, nil
}

// operations are all of a document, without the parameters that only a request has.
func (d *Document) operations() iter.Seq[*Route] {
	return func(yield func(*Route) bool) {
		for _, r := range d.routes {
			for method, operation := range r.item.Operations() {
				if !yield(&Route{operation, method, r.path, nil, r.item}) {
					return
				}
			}
		}
	}
}

// operation finds an operation by its id.
func (d *Document) operation(id string) *Route {
	for route := range d.operations() {
		if route.Operation.OperationID == id {
			return route
		}
	}
	return nil
}

// variable returns the name of the parameter that a segment stands for.
func variable(segment string) (string, bool) {
	inner, open := strings.CutPrefix(segment, "{")
	inner, closed := strings.CutSuffix(inner, "}")
	return inner, open && closed
}

// FindRoute returns the operation that a request addresses, or an *Error. It looks at the path only, not at the host,
// and compares it before unescaping: %2F does not end a segment.
func (d *Document) FindRoute(req *http.Request) (*Route, error) {
	segments := strings.Split(req.URL.EscapedPath(), "/")
	for _, r := range d.routes {
		params, ok := r.match(segments)
		if !ok {
			continue
		}
		operations := r.item.Operations()
		operation := operations[req.Method]
		if operation == nil {
			allowed := slices.Sorted(maps.Keys(operations))
			return nil, &Error{Kind: MethodNotAllowed, Rule: strings.Join(allowed, ", ")}
		}
		return &Route{operation, req.Method, r.path, params, r.item}, nil
	}
	return nil, &Error{Kind: NoRoute}
}

func (r route) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	params := map[string]string{}
	for i, want := range r.segments {
		got, err := url.PathUnescape(segments[i])
		if err != nil {
			return nil, false
		}
		name, isVariable := variable(want)
		switch {
		case !isVariable && got != want:
			return nil, false
		case isVariable && (got == "" || got == "." || got == ".."): // other servers would rewrite the path
			return nil, false
		case isVariable:
			params[name] = got
		}
	}
	return params, true
}

// parameters returns the parameters of an operation, those of its path item included.
func (r *Route) parameters() openapi3.Parameters {
	all := slices.Clone(r.Operation.Parameters)
	for _, p := range r.item.Parameters {
		if r.Operation.Parameters.GetByInAndName(p.Value.In, p.Value.Name) == nil {
			all = append(all, p)
		}
	}
	return all
}
