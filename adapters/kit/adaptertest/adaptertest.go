// Package adaptertest is the conformance suite that every adapter passes, and that an adapter outside this module can
// run too. It speaks real HTTP on loopback and needs no network.
//
// An adapter's test is a Harness and one line. One in a module of its own brings its provider's OpenAPI document along:
//
//	func TestConformance(t *testing.T) {
//		text, err := os.ReadFile("openapi.yaml")
//		require.NoError(t, err)
//		document, err := contract.Parse("mybank", text)
//		require.NoError(t, err)
//		credentials := mybank.Credentials{AccessToken: "token-1234"}
//		adaptertest.Run(t, adaptertest.Harness{
//			Provider: "mybank",
//			Document: document,
//			New:      func(o *adapters.Options) (adapters.Source, error) { return mybank.New(credentials, o) },
//			Secrets:  []string{"token-1234"},
//			Credentials: adaptertest.Tagged(credentials, mybank.New),
//		})
//	}
//
// Its client is generated with the settings and templates of this module, from the folder of the module:
//
//	openbalances=$(go list -m -f '{{.Dir}}' github.com/openbalances/openbalances)
//	sed -e 's/^package: .*/package: client/' -e "s|^output: .*|output: $PWD/client/client.gen.go|" \
//		"$openbalances/specs/mypos/oapi-codegen.yaml" > oapi-codegen.yaml
//	go run -C "$openbalances" github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen \
//		-config "$PWD/oapi-codegen.yaml" "$PWD/openapi.yaml"
//
// A provider's source of access tokens is checked by [Tokens].
//
// # Expectations
//
// The cases are data, read from the folder of the test and written by hand from the provider's page. Every example of the
// document that has an account has its expectation in testdata/examples/<name>.json, with these members:
//
//	status         the HTTP status of the example
//	account        its x-sandbox-account
//	balances       what the adapter returns, as the JSON of adapters.Balance without receivedAt and requestId; [] for none
//	error          instead of balances: kind, and what the body says: code, message, requestId, links
//	accounts       of an answer for several accounts: its x-sandbox-accounts
//	results        of such an answer: accountId with balances or error, in this order; derived for a composed answer
//
// That of an example of an operation that lists accounts (x-sandbox-list) has, beside status and error:
//
//	accounts       what Accounts returns, as the JSON of adapters.Account
//	accountsError  the error of Accounts, where AllBalances has none
//	all            what AllBalances returns: accountId with balances or error, besides it "notListed": true where the list
//	               names the account without balances; derived for a composed answer
//
// Every request that the adapter makes is in testdata/requests: attended.http and unattended.http of Balances, batch.http,
// accounts.http and all.http, as far as there is such a call. Method and target are the first line, then come the headers in
// the order of the alphabet, and behind an empty line the body. A random UUID is written <uuid>, and <varies> what differs
// from call to call.
//
// The package's own tests are such an adapter, of a made-up bank. They plant more than a hundred faults into it one by
// one, and see that each fails the cases that are meant for it and no others: go test -run Broken -v lists them.
package adaptertest

import (
	"cmp"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Harness is what the suite has to know about an adapter.
type Harness struct {
	// Provider is the adapter's name.
	Provider string
	// Document is the provider's OpenAPI document; nil means the one of package specs.
	Document *contract.Document
	// Operations are those of the document that New's adapter uses, where another one of the same package uses the others.
	Operations []string
	// Folder has the expectations; testdata if empty.
	Folder string
	// New returns the adapter with credentials of the test's own and the given options.
	New func(options *adapters.Options) (adapters.Source, error)
	// Secrets are all texts of those credentials; none may ever be shown.
	Secrets []string
	// Volatile are the request headers that differ from call to call besides those that are a UUID.
	Volatile []string
	// Bank is the bank's code where a request names one, as One Single View's do.
	Bank string
	// Profile is that of the bank whose adapter New returns. The expectations are those of the standard: the suite plays the
	// bank, sees that it is asked as the profile says, and that all balances and accounts bear its name.
	Profile *bank.Profile
	// Declared are declarations (x-maps-to) in place of the document's, for a profile with which an answer means something
	// else, by schema and property: "Balance.balanceType". They count where they and the expectations differ.
	Declared map[string]any

	// Credentials let the suite try such as cannot be used. Without them the cases that need them are skipped.
	Credentials *Credentials
	// Verify checks the signature of a request like the provider's server and returns the lower-case names of the
	// headers that it covers. Nil means that the adapter does not sign.
	Verify func(request *http.Request, body []byte) (covered []string, err error)

	declaration *mapping.Document
	standard    *mapping.Document // without Declared
	places      map[string]spot
	key         string // of the bank's portal, where it has one
}

// Run runs the whole suite. It calls t.Parallel. The cases are these tests:
//
//   - examples/<name> and batch/<name>: what the adapter makes of each example of the document, as it is expected by
//     hand; batch only where the adapter has such a call.
//   - requests/attended, unattended and batch: what it sends, to the byte, and that one call is one request.
//   - catalogue/<name>: the bad days of [Catalogue]. A case that cannot apply to the adapter is skipped and says why.
//   - declared/<call>/<name>: what the document declares of every good answer, and of every variation of each.
//   - sweep/<name>: every value of every good answer spoilt in every way. Each gives an error or an identical result.
func Run(t *testing.T, h Harness) {
	t.Parallel()
	h.load(t)
	t.Run("examples", h.examples)
	t.Run("batch", h.batch)
	t.Run("declared", h.declared)
	t.Run("requests", h.requests)
	t.Run("accounts", h.accounts)
	t.Run("catalogue", h.catalogue)
	t.Run("sweep", h.sweep)
}

// load fills in the document.
func (h *Harness) load(t testing.TB) {
	t.Helper()
	h.Document, h.Folder = documentOf(t, h.Provider, h.Document), cmp.Or(h.Folder, "testdata")
	h.declaration, h.standard = mapping.New(h.Document), mapping.New(h.Document)
	for property, mapsTo := range h.Declared {
		h.declaration.Declare(property, mapsTo)
	}
	if h.Profile != nil {
		h.useProfile(t)
	}
	h.places = h.findPlaces(t)
}

// documented are the examples of the operations that the adapter uses.
func (h Harness) documented() []specs.Example {
	return slices.DeleteFunc(h.Document.Examples(), func(example specs.Example) bool {
		return len(h.Operations) > 0 && !slices.Contains(h.Operations, example.Operation)
	})
}

// documentOf is the provider's own document, which has to keep the rules of package specs, or the one there.
func documentOf(t testing.TB, provider string, own *contract.Document) *contract.Document {
	t.Helper()
	if own != nil {
		require.NoError(t, own.Check(t.Context()))
		return own
	}
	document, err := contract.Load(provider)
	require.NoError(t, err)
	return document
}

// basePath is in front of every request, so that an adapter that builds absolute paths fails.
const basePath = "/under/a/prefix"

// now is the clock of all tests.
var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// psu is the attended PSU of all tests.
var psu = adapters.Attended(adapters.PSUContext{
	IPAddress: netip.MustParseAddr("203.0.113.7"), IPPort: 49152, UserAgent: "Browser/1.0", Accept: "text/html",
	AcceptCharset: "utf-8", AcceptEncoding: "gzip", AcceptLanguage: "nb", HTTPMethod: "GET",
	DeviceID: "99435c7e-ad88-49ec-a2ad-99ddcb1f7721", GeoLocation: "GEO:59.913869;10.752245",
	Referer: "https://tpp.example/accounts",
})

// open returns the adapter, connected to a server with the handler.
func (h Harness) open(t *testing.T, handler http.Handler) adapters.Source {
	t.Helper()
	source, err := h.New(h.options(t, handler))
	require.NoError(t, err)
	return source
}

// batches reports whether the adapter answers for several accounts in one call. Nothing is sent without an id.
func batches(t *testing.T, source adapters.Source) bool {
	t.Helper()
	_, err := source.BatchBalances(t.Context(), nil, psu)
	require.Error(t, err, "no account ids have to be refused")
	return !errors.Is(err, errors.ErrUnsupported)
}

// options lead to a server with the handler.
func (h Harness) options(t *testing.T, handler http.Handler) *adapters.Options {
	t.Helper()
	address := serve(t, h.front(t, handler))
	return &adapters.Options{BaseURL: address + basePath, HTTPClient: ownClient(t), Now: func() time.Time { return now }}
}

// bank is the provider's sandbox; a request that breaks the document fails the test.
func (h Harness) bank(t *testing.T) http.Handler {
	answer := sandbox.Handler(h.Document)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.NoError(t, h.Document.ValidateRequest(r.Context(), r), "the request breaks the document")
		answer.ServeHTTP(w, r)
	})
}

// account is an account id that the sandbox knows.
func (h Harness) account(t *testing.T) string {
	t.Helper()
	for _, example := range h.documented() {
		if example.Valid && example.Status == http.StatusOK && example.Account != "" {
			return example.Account
		}
	}
	require.Fail(t, "the document has no example with an account")
	return ""
}
