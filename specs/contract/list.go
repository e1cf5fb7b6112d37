package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// listExtension marks an operation that lists accounts: it is the RFC 6901 pointer to their ids in an answer, with "*"
// for every element of a list.
const listExtension = "x-sandbox-list"

// ListsAccounts tells whether an operation lists accounts.
func (d *Document) ListsAccounts(operation string) bool { return d.listPointer(operation) != "" }

// ListedAccounts returns the ids of the accounts that an answer of a list operation names, in its order.
func (d *Document) ListedAccounts(e Example) (ids []string) {
	var answer any
	pointer := d.listPointer(e.Operation)
	if pointer == "" || json.Unmarshal(e.JSON, &answer) != nil {
		return nil
	}
	for _, value := range follow([]any{answer}, strings.Split(pointer, "/")[1:]) {
		if id, ok := value.(string); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

func (d *Document) listPointer(operation string) string {
	route := d.operation(operation)
	if route == nil {
		return ""
	}
	pointer, _ := route.Operation.Extensions[listExtension].(string)
	return pointer
}

// follow goes from each value to what the first key leads to, and on.
func follow(values []any, keys []string) []any {
	if len(keys) == 0 {
		return values
	}
	var next []any
	for _, value := range values {
		switch value := value.(type) {
		case []any:
			if keys[0] == "*" {
				next = append(next, value...)
			}
		case map[string]any:
			if member, ok := value[keys[0]]; ok {
				next = append(next, member)
			}
		}
	}
	return follow(next, keys[1:])
}

// checkLists checks that the answer that the sandbox gives for a list of accounts names some, each once.
func (d *Document) checkLists() error {
	var problems []error
	checked := map[string]bool{}
	for _, e := range d.examples {
		if e.Status != http.StatusOK || !e.Valid || checked[e.Operation] || !d.ListsAccounts(e.Operation) {
			continue
		}
		checked[e.Operation] = true
		seen := map[string]bool{}
		for _, id := range d.ListedAccounts(e) {
			if seen[id] {
				problems = append(problems, fmt.Errorf("example %s: lists an account twice", e.Name))
			}
			seen[id] = true
		}
		if len(seen) == 0 {
			problems = append(problems, fmt.Errorf("%s: %s leads to no account in example %s", e.Operation, listExtension, e.Name))
		}
	}
	return errors.Join(problems...)
}
