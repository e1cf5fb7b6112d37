// Package sandbox serves the examples of the providers' OpenAPI documents over HTTP: a bank for demos and tests that
// needs no network and no contract. It checks each request against the document, verifies its signature where the
// document says how (x-sandbox-signature), and answers it from the examples. Other behaviour it does not imitate: any
// credential is good, nothing is counted, nothing changes.
//
// A request is answered by the first of these that applies:
//
//   - No such path or method: 404 or 405, plain text.
//   - No credential: the first example of 401.
//   - The request breaks the document: the first example of 400, else the example of a higher status that is named
//     invalidRequest. The header X-Sandbox-Violation names the part and the rule, never the value.
//   - The signature is missing, malformed or does not verify: the example that the document names for it, a 401. The
//     header X-Sandbox-Violation as before.
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
//
// Signatures are verified for real, with what everybody can know: an HTTP signature with the certificate that the
// request brings, a body hash with the key in the document's x-sandbox-credentials. So no authority is trusted: who
// issued the certificate, for when and for what, is not checked, only that key id, certificate and signature belong
// together. The age of Date is not checked, so that requests from the documents, and recorded ones, stay good. A
// signature that the document does not describe to the sandbox, because its key is known to nobody else (Neonomics'
// end-to-end signature, Token.io's token), is not looked at.
package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"strings"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
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

// Option changes how a Handler works.
type Option func(*server)

// AnySignature lets every signature of the right form pass, for tests that change a request on its way.
func AnySignature() Option { return func(s *server) { s.anySignature = true } }

// Handler serves one document, at the root.
func Handler(doc *contract.Document, options ...Option) http.Handler {
	s := &server{doc: openapi.Of(doc)}
	for _, option := range options {
		option(s)
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
		if e.Operation == "getBalances" && e.Account != "" && e.Status == http.StatusOK && e.Valid {
			accounts = append(accounts, e.Account)
		}
	}
	return accounts, nil
}

// Credentials returns the made-up credentials that fit a provider's document (x-sandbox-credentials), by the names that
// the adapter's configuration has. A certificate and a key are not among them.
func Credentials(provider string) (map[string]any, error) {
	doc, err := contract.Load(provider)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	named, _ := openapi.Of(doc).Spec.Info.Extensions["x-sandbox-credentials"].(map[string]any)
	return maps.Clone(named), nil
}
