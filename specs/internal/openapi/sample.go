package openapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs"
)

// SampleRequest builds a valid request from the examples of an operation's parameters and body, with a made-up
// credential. It asks for the accounts given, if the operation is about accounts, or for the one in the examples. The base
// URL is that of the server.
func (d *Document) SampleRequest(
	ctx context.Context, base, operation string, accounts ...string,
) (*http.Request, error) {
	route := d.operation(operation)
	if route == nil {
		return nil, fmt.Errorf("contract: %s: no operation %q", d.Provider, operation)
	}
	if !d.isAboutAccounts(operation) {
		accounts = nil
	}
	media, body, err := d.sampleBody(operation, accounts)
	if err != nil {
		return nil, err
	}
	path, query, header := sampleParameters(route, accounts)
	req, err := http.NewRequestWithContext(ctx, route.Method, base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if media != "" {
		header.Set("Content-Type", media)
	}
	req.URL.RawQuery, req.Header = query.Encode(), header
	d.addCredential(req, route)
	return req, nil
}

func (d *Document) sampleBody(operation string, accounts []string) (media string, body []byte, err error) {
	e := d.First(func(e specs.Example) bool { return e.Operation == operation && e.Status == 0 && e.Valid })
	switch {
	case e == nil:
		return "", nil, nil
	case len(accounts) > 0:
		body, err = withAccounts(e.JSON, accounts)
	default:
		body, err = Body(*e)
	}
	return e.Media, body, err
}

func sampleParameters(route *Route, accounts []string) (path string, query url.Values, header http.Header) {
	path, query, header = route.Path, url.Values{}, http.Header{"Accept": {"application/json"}}
	for _, p := range route.parameters() {
		name, values := p.Value.Name, texts(p.Value.Example)
		if len(accounts) > 0 && (name == accountQuery || name == lastVariable(route.Path)) {
			values = accounts
		}
		switch text := strings.Join(values, ","); {
		case p.Value.In == openapi3.ParameterInPath:
			path = strings.Replace(path, "{"+name+"}", url.PathEscape(text), 1)
		case p.Value.In == openapi3.ParameterInQuery && values != nil:
			query[name] = values
		case p.Value.In == openapi3.ParameterInHeader && values != nil:
			header.Set(name, text)
		}
	}
	return path, query, header
}

// texts writes an example as it stands in a path, query or header.
func texts(example any) []string {
	switch v := example.(type) {
	case nil:
		return nil
	case string:
		return []string{v}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, texts(item)...)
		}
		return all
	}
	text, _ := json.Marshal(example) // a number or a bool
	return []string{string(text)}
}

// addCredential meets the first security requirement of an operation.
func (d *Document) addCredential(req *http.Request, route *Route) {
	requirements := d.Spec.Security
	if own := route.Operation.Security; own != nil {
		requirements = *own
	}
	if len(requirements) == 0 {
		return
	}
	for name := range requirements[0] {
		scheme := d.Spec.Components.SecuritySchemes[name].Value
		if scheme.Type == "apiKey" {
			req.Header.Set(scheme.Name, "sandbox")
		} else {
			req.Header.Set("Authorization", authScheme(scheme)+" c2FuZGJveDpzYW5kYm94")
		}
	}
}

// SampleResponseHeader returns the headers that the document declares for an answer to req: the value of the request's
// header of the same name, else the example. One that has neither is left out. Content-Type comes with the content.
func (d *Document) SampleResponseHeader(req *http.Request, status int) http.Header {
	header := http.Header{}
	route, err := d.FindRoute(req)
	if err != nil {
		return header
	}
	ref := route.Operation.Responses.Status(status)
	if ref == nil {
		return header
	}
	for name, h := range ref.Value.Headers {
		switch {
		case req.Header.Get(name) != "":
			header.Set(name, req.Header.Get(name))
		case h.Value.Example != nil:
			header.Set(name, strings.Join(texts(h.Value.Example), ","))
		}
	}
	if len(ref.Value.Content) > 0 {
		header.Set("Content-Type", "application/json")
	}
	return header
}
