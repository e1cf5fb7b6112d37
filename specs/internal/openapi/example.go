package openapi

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/openbalances/openbalances/specs"
)

// example is an example and its definition, which is one however many operations refer to it.
type example struct {
	specs.Example
	source *yaml.Node
}

// Examples returns all examples in the order of the document, those of requests included. An example that several
// operations refer to appears once for each. The JSON is shared: do not change it.
func (d *Document) Examples() []specs.Example {
	all := make([]specs.Example, len(d.examples))
	for i, e := range d.examples {
		all[i] = e.Example
	}
	return all
}

// examples walks paths, operations, request bodies and answers.
func (t *tree) examples() (all []example, err error) {
	for path, item := range t.pairs(t.get(&t.root, "paths")) {
		for method, operation := range t.pairs(item) {
			at := specs.Example{Operation: t.text(operation, "operationId"), Method: strings.ToUpper(method), Path: path}
			if at.Operation == "" {
				continue // parameters, summary, ... of the path
			}
			found, problem := t.operationExamples(operation, at)
			all = append(all, found...)
			if problem != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", at.Operation, problem))
			}
		}
	}
	return all, err
}

func (t *tree) operationExamples(operation *yaml.Node, at specs.Example) ([]example, error) {
	all, err := t.contentExamples(t.get(operation, "requestBody"), at)
	for status, response := range t.pairs(t.get(operation, "responses")) {
		code, problem := strconv.Atoi(status)
		if problem != nil {
			err = errors.Join(err, fmt.Errorf("status %s: only single statuses are allowed", status))
		}
		at.Status = code
		if account := t.text(response, "x-sandbox-account"); account != "" { // of a status without a body
			bare := example{at, t.resolve(response)}
			bare.Name, bare.Summary, bare.Account, bare.Valid = "status"+status, t.text(response, "description"), account, true
			all = append(all, bare)
		}
		found, problem := t.contentExamples(response, at)
		all, err = append(all, found...), errors.Join(err, problem)
	}
	return all, err
}

// contentExamples reads examples and x-invalid-examples of a request body or an answer.
func (t *tree) contentExamples(body *yaml.Node, at specs.Example) (all []example, err error) {
	for name, media := range t.pairs(t.get(body, "content")) {
		at.Media = name
		for key, group := range t.pairs(media) {
			if key != "examples" && key != "x-invalid-examples" {
				continue
			}
			at.Valid = key == "examples"
			for name, node := range t.pairs(group) {
				one, problem := t.example(name, node, at)
				all = append(all, one)
				if problem != nil {
					err = errors.Join(err, fmt.Errorf("example %s: %w", name, problem))
				}
			}
		}
	}
	return all, err
}

func (t *tree) example(name string, node *yaml.Node, at specs.Example) (example, error) {
	e, value := example{at, t.resolve(node)}, t.get(node, "value")
	if value == nil {
		return e, errors.New("no value")
	}
	e.Name, e.Summary, e.Reason, e.Refused = name, t.text(node, "summary"), t.text(node, "reason"), t.text(node, "refused")
	e.Compose = t.text(node, composeExtension)
	e.Account, e.Accounts = t.text(node, "x-sandbox-account"), t.texts(node, "x-sandbox-accounts")
	var err error
	e.JSON, err = toJSON(value)
	return e, err
}

// Fits tells whether the example keeps its schema, as all do but those with a Reason.
func Fits(e specs.Example) bool { return e.Valid || e.Refused != "" }

// Body is the example as it is sent: JSON, or the form that a request's media type asks for.
func Body(e specs.Example) ([]byte, error) {
	if e.Media == formMedia {
		return encodeForm(e.JSON)
	}
	return e.JSON, nil
}

// First returns the first example that fits, or nil. It is not to be changed.
func (d *Document) First(fits func(specs.Example) bool) *specs.Example {
	if i := d.index(fits); i >= 0 {
		return &d.examples[i].Example
	}
	return nil
}

func (d *Document) index(fits func(specs.Example) bool) int {
	return slices.IndexFunc(d.examples, func(e example) bool { return fits(e.Example) })
}
