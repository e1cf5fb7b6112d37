package contract

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Example is a named example of a document.
type Example struct {
	Operation string // operationId
	Method    string
	Path      string // as in the document, with its {parameters}
	Status    int    // of the answer; 0 for the body of a request
	Name      string
	Summary   string
	Account   string   // x-sandbox-account: the account id that the sandbox answers with this example
	Accounts  []string // x-sandbox-accounts: the same for an answer about several accounts
	Compose   string   // x-sandbox-compose: the member that each account of the list gets from its own example
	Media     string   // media type of the body
	JSON      []byte   // indented; strings, numbers and the order of members as written in the document
	Valid     bool     // false for x-invalid-examples
	Reason    string   // why it is invalid
	Refused   string   // why it is to be refused although it keeps its schema; not Valid either

	source *yaml.Node // one per definition, however many operations refer to it
}

// Examples returns all examples in the order of the document, those of requests included. An example that several
// operations refer to appears once for each. The JSON is shared: do not change it.
func (d *Document) Examples() []Example { return slices.Clone(d.examples) }

// Only returns the document with the examples of these operations alone; with none of them, the document itself.
func (d *Document) Only(operations ...string) *Document {
	if len(operations) == 0 {
		return d
	}
	part := *d
	part.examples = slices.DeleteFunc(d.Examples(), func(e Example) bool { return !slices.Contains(operations, e.Operation) })
	return &part
}

// examples walks paths, operations, request bodies and answers.
func (t *tree) examples() (all []Example, err error) {
	for path, item := range t.pairs(t.get(&t.root, "paths")) {
		for method, operation := range t.pairs(item) {
			at := Example{Operation: t.text(operation, "operationId"), Method: strings.ToUpper(method), Path: path}
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

func (t *tree) operationExamples(operation *yaml.Node, at Example) ([]Example, error) {
	all, err := t.contentExamples(t.get(operation, "requestBody"), at)
	for status, response := range t.pairs(t.get(operation, "responses")) {
		code, problem := strconv.Atoi(status)
		if problem != nil {
			err = errors.Join(err, fmt.Errorf("status %s: only single statuses are allowed", status))
		}
		at.Status = code
		if account := t.text(response, "x-sandbox-account"); account != "" { // of a status without a body
			bare := at
			bare.Name, bare.Summary, bare.Account, bare.Valid = "status"+status, t.text(response, "description"), account, true
			bare.source = t.resolve(response)
			all = append(all, bare)
		}
		found, problem := t.contentExamples(response, at)
		all, err = append(all, found...), errors.Join(err, problem)
	}
	return all, err
}

// contentExamples reads examples and x-invalid-examples of a request body or an answer.
func (t *tree) contentExamples(body *yaml.Node, at Example) (all []Example, err error) {
	for name, media := range t.pairs(t.get(body, "content")) {
		at.Media = name
		for key, group := range t.pairs(media) {
			if key != "examples" && key != "x-invalid-examples" {
				continue
			}
			at.Valid = key == "examples"
			for name, node := range t.pairs(group) {
				example, problem := t.example(name, node, at)
				all = append(all, example)
				if problem != nil {
					err = errors.Join(err, fmt.Errorf("example %s: %w", name, problem))
				}
			}
		}
	}
	return all, err
}

func (t *tree) example(name string, node *yaml.Node, e Example) (Example, error) {
	value := t.get(node, "value")
	if value == nil {
		return e, errors.New("no value")
	}
	e.source = t.resolve(node)
	e.Name, e.Summary, e.Reason, e.Refused = name, t.text(node, "summary"), t.text(node, "reason"), t.text(node, "refused")
	e.Compose = t.text(node, composeExtension)
	e.Account, e.Accounts = t.text(node, "x-sandbox-account"), t.texts(node, "x-sandbox-accounts")
	var err error
	e.JSON, err = toJSON(value)
	return e, err
}

// Fits tells whether the example keeps its schema, as all do but those with a Reason.
func (e Example) Fits() bool { return e.Valid || e.Refused != "" }

// Body is the example as it is sent: JSON, or the form that a request's media type asks for.
func (e Example) Body() ([]byte, error) {
	if e.Media == formMedia {
		return encodeForm(e.JSON)
	}
	return e.JSON, nil
}

// First returns the first example that fits, or nil. It is not to be changed.
func (d *Document) First(fits func(Example) bool) *Example {
	if i := slices.IndexFunc(d.examples, fits); i >= 0 {
		return &d.examples[i]
	}
	return nil
}
