package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs/contract"
)

// batch puts an answer for several accounts together. Its frame is that of the operation's examples: an object with one
// list, an element per account in the order asked. An element is the 200 example of the document that answers for the
// account alone; where there is none, it is the first element among the operation's examples that names no account.
// The result is nil if the operation has no such examples.
func (s *server) batch(op *openapi3.Operation, ids []string) []byte {
	member, refused := s.frame(op)
	if refused == nil {
		return nil
	}
	elements := make([][]byte, len(ids))
	for i, id := range ids {
		elements[i] = refused
		e := s.first(func(e contract.Example) bool { return e.Account == id && e.Status == http.StatusOK })
		if e != nil {
			elements[i] = e.JSON
		}
	}
	var body bytes.Buffer
	list := fmt.Appendf(nil, "{%q:[%s]}", member, bytes.Join(elements, []byte(",")))
	if err := json.Indent(&body, list, "", "  "); err != nil {
		return nil
	}
	return body.Bytes()
}

// frame returns the name of the list in the operation's valid 200 examples, and an element that names no account.
func (s *server) frame(op *openapi3.Operation) (member string, refused []byte) {
	for _, e := range s.examples {
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
