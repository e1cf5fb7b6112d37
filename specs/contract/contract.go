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
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/internal/openapi"
)

// Document is a provider's OpenAPI document, ready to check messages. It is safe for concurrent use.
type Document struct{ inner }

type inner = openapi.Holder

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
	d, err := openapi.Parse(provider, data)
	if err != nil {
		return nil, fmt.Errorf("contract: %s: %w", provider, err)
	}
	return &Document{openapi.Hold(d)}, nil
}

// Provider returns the name that the document was read by.
func (d *Document) Provider() string { return openapi.Of(d).Provider }

// Check tells everything in which a document falls short of what package specs describes: OpenAPI itself, the
// provenance head, names and accounts of the examples, and whether each example is valid or invalid as it claims to be.
func (d *Document) Check(ctx context.Context) error { return openapi.Of(d).Check(ctx) }

// JSON returns the whole document in its order, with numbers as they are written.
func (d *Document) JSON() ([]byte, error) { return openapi.Of(d).JSON() }

// Examples returns all examples in the order of the document, those of requests included. An example that several
// operations refer to appears once for each. Their slices are shared: do not change them.
func (d *Document) Examples() []specs.Example { return openapi.Of(d).Examples() }

// Codes returns the documented codes, which stand in x-kind.
func (d *Document) Codes() map[string]specs.Code { return openapi.Of(d).Codes() }

// Origin returns whose fault an answer with this status is, as x-origin says: provider, bank, or "" where it does not.
func (d *Document) Origin(operation string, status int, header http.Header) string {
	return openapi.Of(d).Origin(operation, status, header)
}

// NeedsBaseURL tells whether all of the document's servers are templates, so that only the caller knows the address.
func (d *Document) NeedsBaseURL() bool { return openapi.Of(d).NeedsBaseURL() }

// Asked returns the operationId that a request addresses, and the ids of the accounts that it asks for, in its order: that in
// the path, else those of the query parameter account_id, else the members accountId of the JSON body. There are none if no
// good answer of the operation has an x-sandbox-account. It looks at the path only, not at the host, and compares it before
// unescaping: %2F does not end a segment. The error is an [*Error], or that of reading the body, which can be read again.
func (d *Document) Asked(req *http.Request) (operation string, accounts []string, err error) {
	route, err := openapi.Of(d).FindRoute(req)
	if err != nil {
		return "", nil, public(err)
	}
	accounts, _, err = openapi.Of(d).AskedAccounts(req)
	return route.Operation.OperationID, accounts, public(err)
}

// ValidateRequest checks a request against the operation it addresses. It returns an [*Error], or the error of reading
// the body. The body is read to its end and can be read again afterwards.
func (d *Document) ValidateRequest(ctx context.Context, req *http.Request) error {
	return public(openapi.Of(d).ValidateRequest(ctx, req))
}

// ValidateResponse checks the answer to a request: status, headers, media type, body. A status without documented
// content may have any body. The error is an [*Error].
func (d *Document) ValidateResponse(
	ctx context.Context, req *http.Request, status int, header http.Header, body []byte,
) error {
	return public(openapi.Of(d).ValidateResponse(ctx, req, status, header, body))
}

// ValidateAnswer checks the JSON body of an operation's 200 alone. The error is an [*Error].
func (d *Document) ValidateAnswer(operation string, body []byte) error {
	return public(openapi.Of(d).ValidateAnswer(operation, body))
}

// Kind says what is wrong with a message.
type Kind string

// The kinds of an Error.
const (
	KindNoRoute           Kind = "no such route"
	KindMethodNotAllowed  Kind = "method not allowed"
	KindMissingCredential Kind = "missing credential"
	KindViolation         Kind = "violation"
)

// Error tells which part of a message breaks which rule. It holds no value of the message.
type Error struct {
	Kind Kind
	Part string // such as "header X-Request-ID", "response body /balances/0/amount", "security scheme bearerAuth"
	Rule string // the schema keyword (required, pattern, ...) or a few words; for KindMethodNotAllowed the methods there are
	// Documented is what the document says there, as far as a line can hold it: the type, the pattern, the first of the
	// listed values, statuses or media types. Empty where there is nothing to say.
	Documented string
}

// Error returns one line: kind, part and rule.
func (e *Error) Error() string { return openapi.Line(string(e.Kind), e.Part, e.Rule) }

// public makes an *Error of one of package openapi.
func public(err error) error {
	var broken *openapi.Error
	if !errors.As(err, &broken) {
		return err
	}
	return &Error{Kind(broken.Kind), broken.Part, broken.Rule, broken.Documented}
}
