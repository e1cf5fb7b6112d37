package traffic_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/traffic"
)

var toy, documents, sample, setBody = spectest.Toy, spectest.Documents, spectest.Sample, spectest.SetBody

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

// ofBody puts "response body" before what the tests write of one: a pointer, a colon and the rule.
func ofBody(lines []string) []string {
	all := []string{}
	for _, line := range lines {
		all = append(all, "response body"+strings.Replace(" "+line, " :", ":", 1))
	}
	return all
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
	return reply{status, openapi.Of(doc).SampleResponseHeader(sample(t, doc, "", operation), status), body}
}

// observed makes one call with the sample request and returns what is reported of it. The answer arrives as it was sent.
func observed(t *testing.T, doc *contract.Document, operation string, answer reply, options traffic.Options, changes ...func(*http.Request)) []traffic.Deviation {
	t.Helper()
	l := watch(t, doc, answer, options)
	req := sample(t, doc, l.url, operation)
	for _, change := range changes {
		change(req)
	}
	got := l.send(t, req)
	assert.True(t, answer.body == got, "the answer is handed on as it is")
	return l.deviations()
}

// observedBody is about an answer with status 200.
func observedBody(t *testing.T, doc *contract.Document, operation, body string) []traffic.Deviation {
	t.Helper()
	return observed(t, doc, operation, replyOf(t, doc, operation, http.StatusOK, body), traffic.Options{})
}

// firstAnswer is an example without any deviation.
func firstAnswer(t *testing.T, doc *contract.Document, operation string) specs.Example {
	t.Helper()
	for _, e := range doc.Examples() {
		if e.Operation == operation && e.Valid && e.Status == http.StatusOK {
			return e
		}
	}
	require.Fail(t, "no example", operation)
	return specs.Example{}
}

// good is an answer of the toy bank's getBalance without fault.
const good = `{"balance":{"accountId":"a:plain","amount":"12.00"},"status":"OK"}`

// What a document says is prepared once for all Transports, of which a process may have thousands.
func TestTransportsShareTheirDocument(t *testing.T) {
	doc := toy(t)
	_ = traffic.NewTransport(nil, doc, traffic.Options{})
	assert.Less(t, testing.AllocsPerRun(10, func() { _ = traffic.NewTransport(nil, doc, traffic.Options{}) }), 20.0)
}
