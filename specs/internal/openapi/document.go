// Package openapi reads the providers' documents with kin-openapi: schemas, routes, examples, samples of requests and what
// requests are signed with. It stands behind a contract.Document, whose callers see no type of kin-openapi, and serves the
// packages beside package contract.
package openapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"
)

// Document is a provider's OpenAPI document, ready to check messages. It is safe for concurrent use.
type Document struct {
	Provider string
	Spec     *openapi3.T // not to be changed

	tree       tree
	routes     []route
	examples   []example
	signatures map[string]*Signature // by operationId
	names      map[string]bool
}

// Holder is embedded in a contract.Document, so that Of finds the Document behind it.
type Holder struct{ document *Document }

// Hold returns the Holder of a document.
func Hold(document *Document) Holder { return Holder{document} }

func (h Holder) held() *Document { return h.document }

// Of returns what stands behind a contract.Document.
func Of(public interface{ held() *Document }) *Document { return public.held() }

// Parse reads a document from its YAML text.
func Parse(provider string, data []byte) (*Document, error) {
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
	d := &Document{Provider: provider, Spec: spec, names: map[string]bool{}}
	if err := yaml.Unmarshal(data, &d.tree.root); err != nil {
		return nil, err
	}
	if d.routes, err = newRoutes(spec); err != nil {
		return nil, err
	}
	if err := d.readExamples(); err != nil {
		return nil, err
	}
	_ = spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		for name := range ref.Value.Properties {
			d.names[name] = true
		}
		return nil
	})
	return d, d.readSignatures()
}

// NeedsBaseURL tells whether all of the document's servers are templates, so that only the caller knows the address.
func (d *Document) NeedsBaseURL() bool {
	fixed := func(server *openapi3.Server) bool { return len(server.Variables) == 0 }
	return len(d.Spec.Servers) > 0 && !slices.ContainsFunc(d.Spec.Servers, fixed)
}

// JSON returns the whole document in its order, with numbers as they are written.
func (d *Document) JSON() ([]byte, error) { return toJSON(d.tree.root.Content[0]) }

// Names tells whether a property of the document has the name, so that it identifies nobody.
func (d *Document) Names(name string) bool { return d.names[name] }

func (d *Document) readExamples() (err error) {
	if d.examples, err = d.tree.examples(); err != nil {
		return err
	}
	for i := range d.examples {
		e := &d.examples[i]
		if err := d.compose(e); err != nil {
			return fmt.Errorf("example %s: %s: %w", e.Name, composeExtension, err)
		}
		e.Named = d.namesAccounts(e.Operation)
		e.Lists, e.Listed = d.listPointer(e.Operation) != "", d.Listed(e.Operation, e.JSON)
		e.Partial = e.Lists && partial(d.Answer(e.Operation), maxPartial)
	}
	return nil
}
