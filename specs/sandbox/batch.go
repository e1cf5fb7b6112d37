package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs"
)

// batch puts an answer for several accounts together. Its frame is that of the operation's examples: an object with one
// list, an element per account in the order asked. An element is the 200 example of the document that answers for the
// account alone; where there is none, it is the first element among the operation's examples that names no account.
// Where no element does so, the operation answers for one account or several in the same form, see merged.
func (s *server) batch(op *openapi3.Operation, ids []string) []byte {
	member, refused := s.frame(op)
	if refused == nil {
		return s.merged(op, ids)
	}
	elements := make([][]byte, len(ids))
	for i, id := range ids {
		elements[i] = refused
		if e := s.single("", id); e != nil {
			elements[i] = e.JSON
		}
	}
	var body bytes.Buffer
	list := fmt.Appendf(nil, "{%q:[%s]}", member, bytes.Join(elements, []byte(",")))
	_ = json.Indent(&body, list, "", "  ") // parts of valid JSON
	return body.Bytes()
}

// single is the good answer for one account, of an operation or of any.
func (s *server) single(operation, account string) *specs.Example {
	return s.doc.First(func(e specs.Example) bool {
		own := operation == "" || e.Operation == operation && e.Valid
		return own && e.Account == account && e.Status == http.StatusOK
	})
}

// merged joins the operation's good answers for the single accounts: the frame of the first, the list elements of all.
// An account without such an answer adds nothing. The result is nil if there is none at all.
func (s *server) merged(op *openapi3.Operation, ids []string) []byte {
	var frame map[string]json.RawMessage
	var member string
	var elements []json.RawMessage
	for _, id := range ids {
		e := s.single(op.OperationID, id)
		if e == nil {
			continue
		}
		answer, list, found := listIn(e.JSON)
		if frame == nil {
			frame, member = answer, list
		}
		elements = append(elements, found...)
	}
	if len(elements) == 0 {
		return nil
	}
	frame[member], _ = json.Marshal(elements) // parts of valid JSON
	body, _ := json.MarshalIndent(frame, "", "  ")
	return body
}

// listIn returns the object that holds one list that is not empty, the name of the list and its elements.
func listIn(body []byte) (object map[string]json.RawMessage, name string, elements []json.RawMessage) {
	if json.Unmarshal(body, &object) != nil {
		return nil, "", nil
	}
	for name, value := range object {
		if json.Unmarshal(value, &elements) == nil && len(elements) > 0 {
			return object, name, elements
		}
	}
	return nil, "", nil
}

// frame returns the name of the list in the operation's valid 200 examples, and an element that names no account.
func (s *server) frame(op *openapi3.Operation) (member string, refused []byte) {
	for _, e := range s.doc.Examples() {
		var lists map[string][]json.RawMessage
		if e.Operation != op.OperationID || e.Status != http.StatusOK || !e.Valid || json.Unmarshal(e.JSON, &lists) != nil {
			continue
		}
		for name, elements := range lists {
			for _, element := range elements {
				if !bytes.Contains(element, []byte(`"accountId"`)) {
					return name, element
				}
			}
		}
	}
	return "", nil
}
