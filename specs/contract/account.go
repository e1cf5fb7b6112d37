package contract

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/go-json-experiment/json/jsontext"
)

// Where a request names the accounts it asks for. The rule is the same for every document: the last parameter of the
// path, else the repeated query parameter account_id, else the first member accountId of the JSON body.
const (
	accountQuery  = "account_id"
	accountMember = "accountId"
)

// AskedAccounts returns the account ids that a request asks for, in its order; none if no example of the operation has
// an x-sandbox-account. Several tells that the operation takes
// more than one, however many were asked for. The body can be read again afterwards.
func (d *Document) AskedAccounts(req *http.Request) (ids []string, several bool, err error) {
	route, params, err := d.FindRoute(req)
	if err != nil {
		return nil, false, err
	}
	if !d.isAboutAccounts(route.Operation.OperationID) {
		return nil, false, nil
	}
	if name := lastVariable(route.Path); name != "" {
		return []string{params[name]}, false, nil
	}
	if takesSeveral(route) {
		return req.URL.Query()[accountQuery], true, nil
	}
	body, err := rereadable(req)
	if err != nil {
		return nil, false, err
	}
	if id, _, _ := accountIn(body); id != "" {
		ids = []string{id}
	}
	return ids, false, nil
}

// isAboutAccounts tells whether answers of an operation are about accounts that the request names.
func (d *Document) isAboutAccounts(operation string) bool {
	return d.first(func(e Example) bool { return e.Operation == operation && len(e.asked()) > 0 }) != nil
}

func lastVariable(path string) (name string) {
	for segment := range strings.SplitSeq(path, "/") {
		if v, ok := variable(segment); ok {
			name = v
		}
	}
	return name
}

func takesSeveral(route *routers.Route) bool {
	for _, p := range parameters(route) {
		if p.Value.In == openapi3.ParameterInQuery && p.Value.Name == accountQuery {
			return true
		}
	}
	return false
}

// accountIn finds the first text member accountId of a body, and the bytes between which its value lies.
func accountIn(body []byte) (id string, start, end int64) {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return "", 0, 0
		}
		in, read := dec.StackIndex(dec.StackDepth())
		isName := in == '{' && read%2 == 1
		if !isName || token.String() != accountMember || dec.PeekKind() != '"' {
			continue
		}
		value, err := dec.ReadValue()
		if err != nil {
			return "", 0, 0
		}
		text, _ := jsontext.AppendUnquote(nil, value)
		end = dec.InputOffset()
		return string(text), end - int64(len(value)), end
	}
}

// withAccount puts an account id into a body, where accountIn finds it.
func withAccount(body []byte, id string) ([]byte, error) {
	_, start, end := accountIn(body)
	quoted, err := jsontext.AppendQuote(nil, id)
	if err != nil || end == 0 {
		return body, err
	}
	return slices.Concat(body[:start], quoted, body[end:]), nil
}
