// Package sandbox serves the examples of the providers' OpenAPI documents over HTTP: a bank for demos and tests that
// needs no network and no contract. It checks each request against the document and answers it from the examples. It
// imitates shapes, not behaviour: no signature is verified, nothing is counted, nothing changes.
//
// A request is answered by the first of these that applies:
//
//   - No such path or method: 404 or 405, plain text.
//   - No credential: the first example of 401.
//   - The request breaks the document: the first example of 400, else the example of a higher status that is named
//     invalidRequest. The header X-Sandbox-Violation names the part and the rule, never the value.
//   - Prefer: example=NAME, or code=NNN, or both, as Stoplight Prism takes them: that example, or the first one of that
//     status. An unknown one is answered by 404 and application/problem+json.
//   - The account asked for is the x-sandbox-account of an example of the operation: that example, also an invalid one.
//   - Several accounts: the example whose x-sandbox-accounts is the same list, else an answer put together from the
//     examples for the single accounts (see batch).
//   - Any other account: the first example of 404.
//   - No account in the request: the first example of 200.
//
// Where a status has no example, the answer has no body. Declared response headers are filled in: from the request's
// header of the same name, else from their example.
package sandbox

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
)

// New returns a handler that serves each provider of specs.Providers under /<provider>.
// It is safe for concurrent use; server timeouts are the caller's business.
func New() (http.Handler, error) {
	handlers := map[string]http.Handler{}
	for _, provider := range specs.Providers() {
		doc, err := contract.Load(provider)
		if err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
		handlers[provider] = http.StripPrefix("/"+provider, Handler(doc))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// No http.ServeMux: it answers an odd path, such as one with "..", by a redirect.
		provider, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		handler, ok := handlers[provider]
		if !ok {
			http.Error(w, "no such provider", http.StatusNotFound)
			return
		}
		handler.ServeHTTP(w, r)
	}), nil
}

// Handler serves one document, at the root.
func Handler(doc *contract.Document) http.Handler {
	s := &server{doc: doc}
	for _, e := range doc.Examples() {
		if e.Status != 0 {
			s.examples = append(s.examples, e)
		}
	}
	return s
}

// Accounts returns the account ids that a provider's sandbox answers by a valid 200, in the order of the document.
func Accounts(provider string) ([]string, error) {
	doc, err := contract.Load(provider)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	var accounts []string
	for _, e := range doc.Examples() {
		if e.Account != "" && e.Status == http.StatusOK && e.Valid {
			accounts = append(accounts, e.Account)
		}
	}
	return accounts, nil
}
