// Package prismtest holds adapters to a server that is not ours: Stoplight Prism serves a provider's document, and an
// adapter has to make of its answers exactly what it makes of those of package sandbox, for every status and every
// example that Prism knows. On the way Prism checks each request and each answer against the document, with validators
// that share no code with package contract.
//
// Two differences are evened out, here and nowhere else:
//
//   - Numbers. Prism is written in JavaScript, which has binary doubles only: it writes 4.200 as 4.2, 1.0E7 as 10000000
//     and 900719925474099.301 as 900719925474099.2. So the sandbox's numbers are rounded in the same way before the
//     adapter reads them; everything else, amounts in strings included, stays as it is.
//   - Echoes. The sandbox repeats a header of a request where the document declares it for the answer, as the
//     providers do; Prism sends the document's example. It is replaced by the one of the request.
//
// Examples under x-invalid-examples do not exist for Prism. Calls that Prism cannot serve are listed in limits.
package prismtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/require"
)

// Open returns an adapter with credentials that fit the document.
type Open func(options *adapters.Options) (adapters.Source, error)

// Run compares the two servers for all calls. document is one of package specs, script the entry point of Prism.
func Run(t *testing.T, script string, document *contract.Document, open Open) {
	text, err := specs.Document(document.Provider())
	require.NoError(t, err)
	pair := newPair(t, script, document, text, open)
	calls := callsOf(t, document)
	require.NotEmpty(t, calls)
	left := maps.Clone(limits[document.Provider()])
	for _, call := range calls {
		t.Run(call.name(), func(t *testing.T) {
			err := pair.compare(t.Context(), call)
			if complaint, ok := left[call.name()]; ok {
				delete(left, call.name())
				require.ErrorContains(t, err, complaint, "cure: remove the call from limits, Prism serves it now")
				return
			}
			require.NoError(t, err)
		})
	}
	require.Empty(t, left, "cure: remove from limits what is no call any more")
}

// limits are the only calls that may fail, by provider and name, and what Prism says of them; any other outcome is a failure.
// Neonomics wants a header empty when no PSU is present, which Prism takes for missing.
var limits = map[string]map[string]string{"neonomics": {
	"getBalances default unattended":          "must have required property 'x-psu-ip-address'",
	"getAccounts default accounts unattended": "must have required property 'x-psu-ip-address'",
}}

// pair is an adapter, the sandbox and a Prism.
type pair struct {
	document       *contract.Document
	open           Open
	sandbox, prism string // base URLs
}

// newPair starts both servers; Prism reads text instead of the document.
func newPair(t *testing.T, script string, document *contract.Document, text []byte, open Open) pair {
	t.Helper()
	server := httptest.NewServer(sandbox.Handler(document))
	t.Cleanup(server.Close)
	return pair{document, open, server.URL, start(t, script, text)}
}

// compare makes one call to both servers. A method that uses another operation of the document is left to that.
func (p pair) compare(ctx context.Context, call call) error {
	want, err := p.result(ctx, call, p.sandbox, fromSandbox)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, errOther) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	got, err := p.result(ctx, call, p.prism, fromPrism)
	if err != nil {
		return fmt.Errorf("prism: %w", err)
	}
	if got != want {
		return fmt.Errorf("the adapter makes different things of the same answer; "+
			"cure: find out which server reads the document wrongly\nfrom the sandbox: %s\nfrom Prism:       %s", want, got)
	}
	return nil
}

// errOther says that a call used another operation than the one it was made for.
var errOther = errors.New("another operation was called")

// now is the clock of both adapters, so that their times can be compared.
var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

var psu = adapters.Attended(adapters.PSUContext{
	IPAddress: netip.MustParseAddr("203.0.113.7"), IPPort: 49152, UserAgent: "Browser/1.0", Accept: "text/html",
	AcceptCharset: "utf-8", AcceptEncoding: "gzip", AcceptLanguage: "nb", HTTPMethod: "GET",
	DeviceID: "99435c7e-ad88-49ec-a2ad-99ddcb1f7721", GeoLocation: "GEO:59.913869;10.752245",
	Referer: "https://tpp.example/accounts",
})

// result is what the adapter makes of a server's answer, as JSON. The error says what is wrong with the exchange.
func (p pair) result(ctx context.Context, call call, url string, receive receive) (string, error) {
	wire := &transport{prefer: call.prefer, receive: receive}
	source, err := p.open(&adapters.Options{
		BaseURL: url, HTTPClient: &http.Client{Transport: wire}, Now: func() time.Time { return now },
	})
	if err != nil {
		return "", err
	}
	text, err := call.of(ctx, source)
	switch {
	case err != nil:
		return "", err
	case wire.problem != nil:
		return "", wire.problem
	case wire.sent == nil:
		return "", fmt.Errorf("nothing was sent: %s", text)
	}
	if operation, _, err := p.document.Asked(wire.sent); err != nil || operation != call.operation {
		return "", errors.Join(errOther, err)
	}
	for _, values := range wire.sent.Header {
		if uuid.Validate(values[0]) == nil { // the request's id, which is another one in each call
			text = strings.ReplaceAll(text, values[0], "the one sent")
		}
	}
	return text, nil
}
