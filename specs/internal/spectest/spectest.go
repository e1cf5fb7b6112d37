// Package spectest is what the tests of the packages below specs share.
package spectest

import (
	_ "embed"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/stretchr/testify/require"
)

// ToyText is a document with one of everything.
//
//go:embed toy.yaml
var ToyText string

// Toy is ToyText, parsed.
func Toy(t testing.TB) *contract.Document { t.Helper(); return Parse(t, "toy", ToyText) }

// Text is the document of a provider.
func Text(t testing.TB, provider string) string {
	t.Helper()
	text, err := specs.Document(provider)
	require.NoError(t, err)
	return string(text)
}

// parsed holds the documents that were parsed, by provider and text. Nothing changes a document.
var parsed sync.Map

// Parse parses a document that has to be good.
func Parse(t testing.TB, provider, text string) *contract.Document {
	t.Helper()
	key := [2]string{provider, text}
	if doc, ok := parsed.Load(key); ok {
		return doc.(*contract.Document)
	}
	doc, err := contract.Parse(provider, []byte(text))
	require.NoError(t, err)
	parsed.Store(key, doc)
	return doc
}

// Load is the document of a provider, parsed.
func Load(t testing.TB, provider string) *contract.Document {
	t.Helper()
	return Parse(t, provider, Text(t, provider))
}

// Documents are those of all providers.
func Documents(t testing.TB) map[string]*contract.Document {
	t.Helper()
	all := map[string]*contract.Document{}
	for _, provider := range specs.Providers() {
		all[provider] = Load(t, provider)
	}
	require.NotEmpty(t, all)
	return all
}

// Planted is a text with a fault in it.
func Planted(t testing.TB, text, old, fault string) string {
	t.Helper()
	require.True(t, strings.Contains(text, old) && old != fault, "there is no %q to plant a fault in", old)
	return strings.ReplaceAll(text, old, fault)
}

// Sample is a request that is made of a document's examples.
func Sample(t testing.TB, doc *contract.Document, base, operation string, accounts ...string) *http.Request {
	t.Helper()
	req, err := openapi.Of(doc).SampleRequest(t.Context(), base, operation, accounts...)
	require.NoError(t, err)
	return req
}

// SetBody gives a request another body.
func SetBody(req *http.Request, body string) {
	req.Body, req.GetBody = io.NopCloser(strings.NewReader(body)), nil
	req.ContentLength = int64(len(body))
}
