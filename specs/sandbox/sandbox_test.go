package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/sandbox"
)

// bank is a document, and the address under which a sandbox serves it.
type bank struct {
	doc *contract.Document
	url string
}

var newHandler = sync.OnceValues(sandbox.New)

func provider(t *testing.T, name string) bank {
	t.Helper()
	handler, err := newHandler()
	require.NoError(t, err)
	return bank{spectest.Load(t, name), serve(t, handler) + "/" + name}
}

// banks are one for every provider there is, and one for the toy document.
func banks(t *testing.T) map[string]bank {
	t.Helper()
	all := map[string]bank{"toy": toy(t)}
	for _, name := range specs.Providers() {
		all[name] = provider(t, name)
	}
	return all
}

func toy(t *testing.T) bank {
	t.Helper()
	doc := spectest.Toy(t)
	return bank{doc, serve(t, sandbox.Handler(doc))}
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func (b bank) request(t *testing.T, operation string, accounts ...string) *http.Request {
	t.Helper()
	req := spectest.Sample(t, b.doc, b.url, operation, accounts...)
	if signature := openapi.Of(b.doc).Signature(operation); signature != nil && signature.Kind == openapi.BodyHashSignature {
		signBody(t, req, signature)
	}
	return req
}

type reply struct {
	status int
	header http.Header
	body   string
}

func send(t *testing.T, req *http.Request) reply {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirected") }}
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return reply{resp.StatusCode, resp.Header, string(body)}
}

// assertContract checks a reply against the document.
func (b bank) assertContract(t *testing.T, got reply, operation string, valid bool) {
	t.Helper()
	err := b.doc.ValidateResponse(t.Context(), spectest.Sample(t, b.doc, "", operation), got.status, got.header, []byte(got.body))
	assert.Equal(t, valid, err == nil, err)
}

// namesAccounts tells whether requests of an operation name the accounts that they ask for.
func (b bank) namesAccounts(t *testing.T, operation string) bool {
	t.Helper()
	ids, _, err := openapi.Of(b.doc).AskedAccounts(spectest.Sample(t, b.doc, "", operation, "any"))
	require.NoError(t, err)
	return len(ids) > 0
}

func answers(doc *contract.Document) []specs.Example {
	return slices.DeleteFunc(doc.Examples(), func(e specs.Example) bool { return e.Status == 0 })
}

// operationOf is the operation of the first example that fits, "" if none does.
func operationOf(doc *contract.Document, fits func(specs.Example) bool) string {
	all := doc.Examples()
	if i := slices.IndexFunc(all, fits); i >= 0 {
		return all[i].Operation
	}
	return ""
}

// Every example of every document is the answer, byte for byte, for its account and for whoever names it.
func TestEveryExampleIsServed(t *testing.T) {
	t.Parallel()
	for name, b := range banks(t) {
		for _, e := range answers(b.doc) {
			named := b.request(t, e.Operation)
			named.Header.Set("Prefer", "dynamic=true; example="+e.Name)
			requests := []*http.Request{named}
			// Where several operations share an example, the first is the one for single accounts.
			first := operationOf(b.doc, func(other specs.Example) bool { return other.Name == e.Name })
			if e.Account != "" && e.Operation == first {
				requests = append(requests, b.request(t, e.Operation, e.Account))
			} else if e.Account == "" && len(e.Accounts) > 0 {
				if b.namesAccounts(t, e.Operation) {
					requests = append(requests, b.request(t, e.Operation, e.Accounts...))
				}
			}
			for _, req := range requests {
				got := send(t, req)
				assert.Equal(t, e.Status, got.status, "%s %s", name, e.Name)
				assert.Equal(t, string(e.JSON), got.body, "%s %s", name, e.Name)
				b.assertContract(t, got, e.Operation, openapi.Fits(e))
			}
		}
	}
}

func TestPreferNamesAStatus(t *testing.T) {
	t.Parallel()
	all := banks(t)
	delete(all, "toy") // has content without example
	for name, b := range all {
		for _, item := range openapi.Of(b.doc).Spec.Paths.Map() {
			for _, operation := range item.Operations() {
				for code, response := range operation.Responses.Map() {
					req := b.request(t, operation.OperationID)
					req.Header.Set("Prefer", "code="+code)
					got := send(t, req)
					assert.Equal(t, code, strconv.Itoa(got.status), name)
					assert.Equal(t, len(response.Value.Content) > 0, got.body != "", "%s %s", name, code)
					assert.Equal(t, got.body != "", got.header.Get("Content-Type") != "", "%s %s", name, code)
					b.assertContract(t, got, operation.OperationID, true)
				}
			}
		}
	}
}

func TestPrefer(t *testing.T) {
	t.Parallel()
	b := toy(t)
	for prefer, want := range map[string]struct {
		status int
		body   string
	}{
		`example=same`:                       {200, "a:alias"},
		`example="same"`:                     {200, "a:alias"},
		`EXAMPLE = same , dynamic=false`:     {200, "a:alias"},
		`code=404;example=unknownAccount`:    {404, "GONE"},
		`code=404, example=unknownAccount`:   {404, "GONE"},
		`code=404`:                           {404, "GONE"},
		`code=200`:                           {200, "a:plain"},
		`example=amountMissing`:              {200, "a:broken"},
		`code=403`:                           {403, ""},
		`code=503`:                           {503, ""}, // content, but no example
		`example=goneWithoutCode`:            {404, "{}"},
		`dynamic=true`:                       {404, "GONE"}, // decided by the account
		`respond-async`:                      {404, "GONE"},
		`example=nothing`:                    {404, `{"title":"the document has no such example or status"}`},
		`example=alive`:                      {404, "title"}, // of another operation
		`code=200;example=unknownAccount`:    {404, "title"},
		`code=599`:                           {404, "title"},
		`code=4XX`:                           {404, "title"},
		`code=`:                              {404, "GONE"},
		`example=nothing,code=403`:           {404, "title"},
		`code=403;dynamic=true;example=none`: {404, "title"},
	} {
		req := b.request(t, "getBalance", "a:nobody")
		req.Header.Set("Prefer", prefer)
		got := send(t, req)
		assert.Equal(t, want.status, got.status, prefer)
		assert.Contains(t, got.body, want.body, prefer)
		assert.Equal(t, got.body == "", got.header.Get("Content-Type") == "", prefer)
		if strings.HasPrefix(got.body, `{"title"`) {
			assert.Equal(t, "application/problem+json", got.header.Get("Content-Type"), prefer)
		}
	}
}

func TestUnknownAccountIsTheDocumentedAnswer(t *testing.T) {
	t.Parallel()
	for name, b := range banks(t) {
		operation, want := answers(b.doc)[0].Operation, ""
		for _, e := range slices.Backward(answers(b.doc)) {
			if e.Operation == operation && e.Status == http.StatusNotFound && e.Valid {
				want = string(e.JSON) // the first one in the end
			}
		}
		got := send(t, b.request(t, operation, "nobody-1"))
		assert.Equal(t, reply{http.StatusNotFound, nil, want}, withoutHeader(got), name)
	}
}

// Without a header that it needs no document answers 200, whatever is preferred.
func TestBrokenRequestsAreRefused(t *testing.T) {
	t.Parallel()
	for name, b := range banks(t) {
		operation, refused := answers(b.doc)[0].Operation, 0
		for header := range b.request(t, operation).Header {
			req := spectest.Sample(t, b.doc, "", operation)
			req.Header.Del(header)
			var broken *contract.Error
			if !errors.As(b.doc.ValidateRequest(t.Context(), req), &broken) {
				continue
			}
			refused++
			req = b.request(t, operation)
			req.Header.Del(header)
			req.Header.Set("Prefer", "code=200")
			got := send(t, req)
			assert.GreaterOrEqual(t, got.status, 400, "%s without %s", name, header)
			violation := got.header.Get("X-Sandbox-Violation")
			assert.Equal(t, strings.TrimSpace(broken.Part+": "+broken.Rule), violation, name)
			assert.Regexp(t, "^security scheme .*:$|^header .*: required$|Content-Type: required once$", violation, name)
		}
		assert.Positive(t, refused, name) // the credential at least
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := toy(t)
	for name, tc := range map[string]struct {
		operation string
		change    func(*http.Request)
		status    int
		body      string
		violation string
	}{
		"no credential":         {"getBalance", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "WHO", "security scheme"},
		"no credential, bare":   {"getBatch", func(r *http.Request) { r.Header.Del("Authorization") }, 401, "", "security scheme"},
		"no key, undocumented":  {"postBalance", func(r *http.Request) { r.Header.Del("X-Key") }, 401, "", "security scheme key"},
		"violation":             {"getBalance", func(r *http.Request) { r.Header.Set("X-Request-ID", "SECRET") }, 400, "BAD", "header X-Request-ID: format"},
		"invalidRequest":        {"postBalance", func(r *http.Request) { r.Header.Del("Content-Type") }, 510, "WRONG", "Content-Type"},
		"violation, bare":       {"ping", func(r *http.Request) { r.URL.RawQuery = "x=1" }, 400, "", "query"},
		"Prefer changes it not": {"getBalance", func(r *http.Request) { r.Header.Del("X-Consent"); r.Header.Set("Prefer", "code=200") }, 400, "BAD", "header X-Consent"},
		"no path":               {"ping", func(r *http.Request) { r.URL.Path += "/x" }, 404, "no such path\n", ""},
		"dots":                  {"ping", func(r *http.Request) { r.URL.Path = "/accounts/../ping" }, 404, "no such path\n", ""},
		"no method":             {"getBatch", func(r *http.Request) { r.Method = "DELETE" }, 405, "no such method\n", ""},
		"too large":             {"postBalance", func(r *http.Request) { setBody(r, strings.Repeat(" ", 2<<20)) }, 400, "unreadable request\n", ""},
		"Prefer of a request":   {"postBalance", func(r *http.Request) { r.Header.Set("Prefer", "example=ask") }, 404, "title", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := b.request(t, tc.operation)
			tc.change(req)
			got := send(t, req)
			assert.Equal(t, tc.status, got.status)
			assert.Contains(t, got.body, tc.body)
			assert.Equal(t, tc.body == "", got.body == "")
			assert.Contains(t, got.header.Get("X-Sandbox-Violation"), tc.violation)
			assert.NotContains(t, got.header.Get("X-Sandbox-Violation"), "SECRET")
			assert.Equal(t, tc.status == http.StatusMethodNotAllowed, got.header.Get("Allow") == "GET, POST")
		})
	}
}

func TestPathsOfNoProvider(t *testing.T) {
	t.Parallel()
	b := provider(t, specs.Providers()[0])
	for _, path := range []string{"/", "/nobody/x", "//", "/../" + specs.Providers()[0] + "/..", "/" + specs.Providers()[0]} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url, nil)
		require.NoError(t, err)
		req.URL.Opaque = path
		assert.Equal(t, http.StatusNotFound, send(t, req).status, path)
	}
}

func TestHeadersAreEchoedOrExamples(t *testing.T) {
	t.Parallel()
	b := toy(t)
	req := b.request(t, "getBalance")
	req.Header.Set("X-Request-ID", "11111111-2222-3333-4444-555555555555")
	got := send(t, req)
	assert.Equal(t, "11111111-2222-3333-4444-555555555555", got.header.Get("X-Request-ID"))
	assert.Equal(t, "3", got.header.Get("X-Left"))
	assert.NotContains(t, got.header, "X-Unset")
	assert.NotContains(t, send(t, b.request(t, "getBalance", "a:gone")).header, "X-Left", "declared for 200 only")
	assert.Equal(t, "application/json", got.header.Get("Content-Type"))
}

func withoutHeader(r reply) reply { r.header = nil; return r }

// elements returns the parts of a composed answer, as compact text.
func elements(t *testing.T, body string) (texts []string) {
	t.Helper()
	var frame struct{ List []json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(body), &frame))
	for _, element := range frame.List {
		texts = append(texts, strings.Join(strings.Fields(string(element)), ""))
	}
	return texts
}

func TestBatchIsComposed(t *testing.T) {
	t.Parallel()
	b := toy(t)
	asked := []string{"a:alias", "a:nobody", "a:plain", "a:bad", "a:broken", "a:refused", "a:plain"}
	got := send(t, b.request(t, "getBatch", asked...))
	require.Equal(t, 200, got.status)
	parts := elements(t, got.body)
	require.Len(t, parts, len(asked))
	for i, want := range []string{"a:alias", `{"status":"NO"}`, "a:plain", `{"status":"NO"}`, "a:broken", `{"status":"NO"}`, "a:plain"} {
		assert.Contains(t, parts[i], want)
	}
	assert.Contains(t, got.body, `"<b> é \" \n &"`)
}

func TestBatchInTheOrderOfAnExampleIsThatExample(t *testing.T) {
	t.Parallel()
	b := toy(t)
	assert.Len(t, elements(t, send(t, b.request(t, "getBatch", "a:one", "a:two")).body), 2)
	assert.Contains(t, send(t, b.request(t, "getBatch", "a:one", "a:two")).body, "a:one")
	assert.NotContains(t, send(t, b.request(t, "getBatch", "a:two", "a:one")).body, "a:one")
}

// Wherever a provider takes several accounts at once, the parts are those of the single calls.
func TestBatchesOfTheProviders(t *testing.T) {
	t.Parallel()
	for name, b := range banks(t) {
		operation := operationOf(b.doc, func(e specs.Example) bool { return len(e.Accounts) > 0 })
		if name == "toy" || operation == "" {
			continue
		}
		accounts, err := sandbox.Accounts(name)
		require.NoError(t, err)
		slices.Reverse(accounts)
		named := b.namesAccounts(t, operation)
		got := send(t, b.request(t, operation, append(accounts, "nobody")...))
		b.assertContract(t, got, operation, true)
		last := 0
		for _, account := range accounts {
			at := strings.Index(got.body, strconv.Quote(account))
			assert.True(t, at >= 0 || named, "%s %s: the answer about all accounts leaves it out", name, account)
			if at >= 0 {
				assert.True(t, at > last || !named, "%s %s: not in the order asked", name, account)
				last = at
			}
		}
		assert.Positive(t, last)
	}
}

// An account that is named can be fetched, and it is what the sandbox lists. A provider need not have a list.
func TestAccounts(t *testing.T) {
	t.Parallel()
	lists := 0
	for _, name := range specs.Providers() {
		b := provider(t, name)
		accounts, err := sandbox.Accounts(name)
		require.NoError(t, err)
		require.NotEmpty(t, accounts, name)
		for _, account := range accounts {
			assert.Equal(t, 200, send(t, b.request(t, answers(b.doc)[0].Operation, account)).status, name)
		}
		listed, others := map[string]bool{}, map[string]bool{}
		for _, e := range b.doc.Examples() {
			others[e.Account] = others[e.Account] || e.Valid && e.Status == http.StatusOK && e.Operation != "getBalances"
		}
		for _, e := range b.doc.Examples() {
			if listed[e.Operation] || !e.Lists {
				continue
			}
			listed[e.Operation] = true
			got := send(t, b.request(t, e.Operation))
			require.Equal(t, 200, got.status, name)
			ids := openapi.Of(b.doc).Listed(e.Operation, []byte(got.body))
			if len(ids) > 0 && others[ids[0]] { // those of another operation, such as card accounts
				assert.False(t, slices.ContainsFunc(ids, func(id string) bool { return !others[id] }), "%s %s", name, e.Operation)
				continue
			}
			assert.ElementsMatch(t, accounts, ids,
				"%s %s; cure: let its first example list the accounts of the good examples of getBalances", name, e.Operation)
		}
		lists += len(listed)
	}
	assert.Positive(t, lists, "no operation has x-sandbox-list")
	_, err := sandbox.Accounts("nobody")
	require.ErrorContains(t, err, "nobody")
}

// Where one operation answers for one account or several, the answer for several has the parts of the single ones.
func TestAccountsInTheBody(t *testing.T) {
	t.Parallel()
	b := provider(t, "onesingleview")
	const first, second, failed, unknown = "100004000000000000000002", "100004000000000000000006", "100004000000000000020400", "9"
	got := send(t, b.request(t, "getBalances", second, failed, unknown, first))
	b.assertContract(t, got, "getBalances", true)
	require.Equal(t, 200, got.status)
	require.Contains(t, got.body, second)
	assert.Greater(t, strings.Index(got.body, first), strings.Index(got.body, second))
	assert.NotContains(t, got.body, failed)
	assert.Equal(t, 404, send(t, b.request(t, "getBalances", failed, unknown)).status)
}
