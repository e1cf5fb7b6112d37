package traffic_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
)

// live is a client whose traffic with a server on loopback is checked.
type live struct {
	url    string
	client *http.Client

	mu   sync.Mutex
	seen []traffic.Deviation
}

// watch starts a server and watches a client of it.
func watch(t *testing.T, doc *contract.Document, handler http.Handler, options traffic.Options) *live {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	l := &live{url: server.URL + "/base"}
	options.BaseURL = l.url
	options.Report = l.report
	l.client = &http.Client{
		Transport:     traffic.NewTransport(server.Client().Transport, doc, options),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return l
}

func (l *live) report(d traffic.Deviation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = append(l.seen, d)
}

// send makes a call and reads the answer to its end.
func (l *live) send(t *testing.T, req *http.Request) string {
	t.Helper()
	resp, err := l.client.Do(req)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return string(body)
}

// deviations returns what has been reported and forgets it.
func (l *live) deviations() []traffic.Deviation {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := l.seen
	l.seen = nil
	return seen
}

// brief is how the tests write deviations: part, rule and number.
func brief(all []traffic.Deviation) []string {
	lines := []string{}
	for _, d := range all {
		line := d.Part + ": " + d.Rule
		if d.Count != 1 {
			line += fmt.Sprintf(" x%d", d.Count)
		}
		lines = append(lines, line)
	}
	return lines
}

// reply answers every request in one way.
type reply struct {
	status int
	header http.Header
	body   string
}

func (a reply) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// replyOf is an answer of an operation with the documented headers.
func replyOf(t *testing.T, doc *contract.Document, operation string, status int, body string) reply {
	t.Helper()
	return reply{status, doc.SampleResponseHeader(sample(t, doc, "", operation), status), body}
}

const toyFile = "../contract/testdata/toy.yaml"

func toy(t *testing.T) *contract.Document {
	t.Helper()
	text, err := os.ReadFile(toyFile)
	require.NoError(t, err)
	doc, err := contract.Parse("toy", text)
	require.NoError(t, err)
	return doc
}

func sample(t *testing.T, doc *contract.Document, base, operation string, accounts ...string) *http.Request {
	t.Helper()
	req, err := doc.SampleRequest(t.Context(), base, operation, accounts...)
	require.NoError(t, err)
	return req
}

func setBody(req *http.Request, body string) {
	req.Body, req.GetBody = io.NopCloser(strings.NewReader(body)), nil
	req.ContentLength = int64(len(body))
}

// good is an answer of the toy bank's getBalance without fault.
const good = `{"balance":{"accountId":"a:plain","amount":"12.00"},"status":"OK"}`

// documents returns those of all providers.
func documents(t *testing.T) map[string]*contract.Document {
	t.Helper()
	all := map[string]*contract.Document{}
	for _, provider := range specs.Providers() {
		doc, err := contract.Load(provider)
		require.NoError(t, err)
		all[provider] = doc
	}
	require.NotEmpty(t, all)
	return all
}
