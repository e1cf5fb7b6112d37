// Package contract checks requests and answers against a provider's OpenAPI document.
//
// It wraps kin-openapi's openapi3filter and closes what that leaves open: formats are checked (uuid, decimal, uri);
// an undocumented status, query parameter or request body is a violation, so is a repeated header; a credential has to
// be there where the document asks for one; the media type is compared exactly; a body is one JSON value without
// duplicate names, invalid UTF-8, trailing data or excessive nesting. Whether a header may be empty is for its schema
// to say (minLength, pattern). It checks shape, not behaviour: no signature is verified.
//
// Errors name the part of the message and the rule it breaks, never the value. Nothing global is changed.
//
// A Document checks single messages, for tests and the sandbox. It takes the path of a request relative to the
// document: strip the path of the server first. Package traffic checks live traffic in passing.
package contract

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/openbalances/openbalances/specs"
)

// Document is a provider's OpenAPI document, ready to check messages. It is safe for concurrent use.
type Document struct {
	Provider string
	Spec     *openapi3.T // not to be changed

	tree       tree
	routes     []route
	examples   []Example
	signatures map[string]*Signature // by operationId
}

// Load returns the embedded document of a provider, which is parsed once in a process.
func Load(provider string) (*Document, error) {
	own, _ := loaded.LoadOrStore(provider, sync.OnceValues(func() (*Document, error) {
		data, err := specs.Document(provider)
		if err != nil {
			loaded.Delete(provider) // whoever asks for names that are none fills no memory
			return nil, err
		}
		return Parse(provider, data)
	}))
	return own.(func() (*Document, error))()
}

var loaded sync.Map // by provider

// Parse reads a document from its YAML text. It refuses what is not OpenAPI; what else the project asks is Check's.
func Parse(provider string, data []byte) (*Document, error) {
	d, err := parse(provider, data)
	if err != nil {
		return nil, fmt.Errorf("contract: %s: %w", provider, err)
	}
	return d, nil
}

// NeedsBaseURL tells whether all of the document's servers are templates, so that only the caller knows the address.
func (d *Document) NeedsBaseURL() bool {
	fixed := func(server *openapi3.Server) bool { return len(server.Variables) == 0 }
	return len(d.Spec.Servers) > 0 && !slices.ContainsFunc(d.Spec.Servers, fixed)
}

// JSON returns the whole document in its order, with numbers as they are written.
func (d *Document) JSON() ([]byte, error) { return toJSON(d.tree.root.Content[0]) }

func parse(provider string, data []byte) (*Document, error) {
	loader := openapi3.NewLoader()
	loader.IncludeOrigin = true // for package mapping, which needs the order of properties
	spec, err := loader.LoadFromData(data)
	if err != nil {
		return nil, cmp.Or(yaml.Unmarshal(data, new(any)), err) // the loader tries JSON, too, and tells of both
	}
	if err := spec.Validate(context.Background(), openapi3.DisableExamplesValidation()); err != nil {
		return nil, err
	}
	spec.SetStringFormatValidators(formats())
	d := &Document{Provider: provider, Spec: spec}
	if err := yaml.Unmarshal(data, &d.tree.root); err != nil {
		return nil, err
	}
	if d.routes, err = newRoutes(spec); err != nil {
		return nil, err
	}
	if d.examples, err = d.tree.examples(); err != nil {
		return nil, err
	}
	for i := range d.examples {
		if err := d.compose(&d.examples[i]); err != nil {
			return nil, fmt.Errorf("example %s: %s: %w", d.examples[i].Name, composeExtension, err)
		}
	}
	return d, d.readSignatures()
}
