package openapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v3"

	"github.com/openbalances/openbalances/specs"
)

// listExtension marks an operation that lists accounts: it is the RFC 6901 pointer to their ids in an answer, with "*"
// for every element of a list.
const listExtension = "x-sandbox-list"

// composeExtension marks an example that is composed of the good answers for each account alone: it is the name of a member
// that each account of a list gets from there, or the pointer to a list that gets the elements of all accounts.
const composeExtension = "x-sandbox-compose"

// Listed returns the ids of the accounts that an answer of a list operation names, in its order.
func (d *Document) Listed(operation string, body []byte) (ids []string) {
	var answer tree
	pointer := d.listPointer(operation)
	if pointer == "" || yaml.Unmarshal(body, &answer.root) != nil { // JSON is YAML
		return nil
	}
	for _, id := range answer.follow(&answer.root, keys(pointer)) {
		if id.ShortTag() == "!!str" {
			ids = append(ids, id.Value)
		}
	}
	return ids
}

// maxPartial is how deep an x-partial may stand.
const maxPartial = 8

// partial tells whether an x-partial stands in a schema.
func partial(schema *openapi3.SchemaRef, depth int) bool {
	if schema == nil || depth == 0 {
		return false
	}
	found := schema.Value.Extensions["x-partial"] != nil || partial(schema.Value.Items, depth-1)
	for _, property := range schema.Value.Properties {
		found = found || partial(property, depth-1)
	}
	return found
}

func (d *Document) listPointer(operation string) string {
	route := d.operation(operation)
	if route == nil {
		return ""
	}
	pointer, _ := route.Operation.Extensions[listExtension].(string)
	return pointer
}

// compose completes an example that is marked with x-sandbox-compose.
func (d *Document) compose(e *example) error {
	if e.Compose == "" {
		return nil
	}
	if strings.HasPrefix(e.Compose, "/") {
		return d.composeList(e)
	}
	path, value := keys(d.listPointer(e.Operation)), d.tree.get(e.source, "value")
	last := len(path) - 1
	if last < 0 {
		return errors.New("the operation has no " + listExtension)
	}
	for _, account := range d.tree.follow(value, path[:last]) {
		member, err := d.single(d.tree.text(account, path[last]), e.Compose)
		if err != nil {
			return err
		}
		account.Content = append(account.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: e.Compose}, member)
	}
	var err error
	e.JSON, err = toJSON(value)
	return err
}

// composeList completes the list of an answer about several accounts, whose elements name their account themselves.
func (d *Document) composeList(e *example) error {
	value := d.tree.get(e.source, "value")
	for _, list := range d.tree.follow(value, keys(e.Compose)) {
		for _, account := range e.Accounts {
			good, err := d.good(account)
			if err != nil {
				return err
			}
			for _, own := range d.tree.follow(d.tree.get(good.source, "value"), keys(e.Compose)) {
				list.Content = append(list.Content, own.Content...)
			}
		}
	}
	var err error
	e.JSON, err = toJSON(value)
	return err
}

// good returns the good answer for one account.
func (d *Document) good(account string) (*example, error) {
	i := d.index(func(e specs.Example) bool { return e.Account == account && e.Status == http.StatusOK && e.Valid })
	if i < 0 || account == "" {
		return nil, fmt.Errorf("no good example has the x-sandbox-account %q", account)
	}
	return &d.examples[i], nil
}

// single returns a member of the good answer for one account; if that is a list, the answer itself.
func (d *Document) single(account, name string) (*yaml.Node, error) {
	e, err := d.good(account)
	if err != nil {
		return nil, err
	}
	answer := d.tree.get(e.source, "value")
	if answer.Kind == yaml.SequenceNode {
		return answer, nil
	}
	if member := d.tree.get(answer, name); member != nil {
		return member, nil
	}
	return nil, fmt.Errorf("example %s has no %s", e.Name, name)
}

// lists checks that the answer that the sandbox gives for a list of accounts names some, each once.
func (c *check) lists() {
	checked := map[string]bool{}
	for _, e := range c.examples {
		if e.Status != http.StatusOK || !e.Valid || checked[e.Operation] || !e.Lists {
			continue
		}
		checked[e.Operation] = true
		ids := e.Listed
		if len(ids) == 0 {
			c.find("%s: %s leads to no account in example %s", e.Operation, listExtension, e.Name)
		}
		if len(slices.Compact(slices.Sorted(slices.Values(ids)))) < len(ids) {
			c.find("example %s: lists an account twice", e.Name)
		}
	}
}
