package openapi

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openbalances/openbalances/specs"
)

// Where a request names the accounts it asks for. The rule is the same for every document: the last parameter of the
// path, else the repeated query parameter account_id, else the members accountId of the JSON body.
const (
	accountQuery  = "account_id"
	accountMember = "accountId"
)

// AskedAccounts returns the account ids that a request asks for, in its order; none if no good answer of the operation has
// an x-sandbox-account. Several tells that the answer has a part for each of them: always if the query names them, for a
// body if it names more than one. The body can be read again afterwards.
func (d *Document) AskedAccounts(req *http.Request) (ids []string, several bool, err error) {
	route, err := d.FindRoute(req)
	if err != nil {
		return nil, false, err
	}
	if !d.isAboutAccounts(route.Operation.OperationID) {
		return nil, false, nil
	}
	if name := lastVariable(route.Path); name != "" {
		return []string{route.params[name]}, false, nil
	}
	if route.parameters().GetByInAndName(openapi3.ParameterInQuery, accountQuery) != nil {
		return req.URL.Query()[accountQuery], true, nil
	}
	body, err := rereadable(req)
	if err != nil {
		return nil, false, err
	}
	ids = accountsIn(body)
	return ids, len(ids) > 1, nil
}

// namesAccounts tells whether requests of an operation about accounts name them.
func (d *Document) namesAccounts(operation string) bool {
	if d.NamesAccount(operation) || d.operation(operation).parameters().GetByInAndName(openapi3.ParameterInQuery, accountQuery) != nil {
		return true
	}
	return d.First(func(e specs.Example) bool {
		return e.Operation == operation && e.Status == 0 && len(accountsIn(e.JSON)) > 0
	}) != nil
}

// NamesAccount tells whether requests of an operation name one account in their path.
func (d *Document) NamesAccount(operation string) bool {
	route := d.operation(operation)
	return route != nil && lastVariable(route.Path) != ""
}

// isAboutAccounts tells whether answers of an operation are about accounts that the request names. Refusals may be those of
// another operation.
func (d *Document) isAboutAccounts(operation string) bool {
	return d.First(func(e specs.Example) bool {
		return e.Operation == operation && e.Status < http.StatusBadRequest && len(asked(e)) > 0
	}) != nil
}

func lastVariable(path string) (name string) {
	for segment := range strings.SplitSeq(path, "/") {
		if v, ok := variable(segment); ok {
			name = v
		}
	}
	return name
}

// accountsIn returns the text members accountId of a body that are not empty.
func accountsIn(body []byte) (ids []string) {
	dec, name := jsontext.NewDecoder(bytes.NewReader(body)), ""
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return ids
		}
		in, read := dec.StackIndex(dec.StackDepth())
		switch {
		case in == '{' && read%2 == 1:
			name = token.String()
		case in == '{' && name == accountMember && token.Kind() == '"' && token.String() != "":
			ids = append(ids, token.String())
		}
	}
}

// withAccounts fills the list whose elements have an accountId with one copy of its first element for each id.
func withAccounts(body []byte, ids []string) ([]byte, error) {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, err
	}
	for name, member := range members {
		list, _ := member.([]any)
		if len(list) == 0 {
			continue
		}
		first, _ := list[0].(map[string]any)
		if _, ok := first[accountMember]; !ok {
			continue
		}
		elements := make([]any, len(ids))
		for i, id := range ids {
			element := maps.Clone(first)
			element[accountMember] = id
			elements[i] = element
		}
		members[name] = elements
	}
	return json.Marshal(members)
}
