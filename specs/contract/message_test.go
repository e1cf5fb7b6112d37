package contract_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/internal/spectest"
)

var toy, sample, setBody = spectest.Toy, spectest.Sample, spectest.SetBody

func TestRequests(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	const none = contract.Kind("")
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	without := func(name string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(name) } }
	query := func(raw string) func(*http.Request) { return func(r *http.Request) { r.URL.RawQuery = raw } }
	path := func(raw string) func(*http.Request) {
		return func(r *http.Request) { r.URL, _ = url.Parse("http://toy" + raw) }
	}
	body := func(text string) func(*http.Request) { return func(r *http.Request) { setBody(r, text) } }
	for name, tc := range map[string]struct {
		operation string
		change    func(*http.Request)
		kind      contract.Kind
		part      string
		rule      string
	}{
		"as documented":        {"getBalance", func(*http.Request) {}, none, "", ""},
		"several":              {"getBatch", func(*http.Request) {}, none, "", ""},
		"body":                 {"postBalance", func(*http.Request) {}, none, "", ""},
		"no security":          {"ping", func(*http.Request) {}, none, "", ""},
		"basic":                {"getBalance", header("Authorization", "basic SECRET"), none, "", ""},
		"empty, but allowed":   {"getBalance", header("X-Present", ""), none, "", ""},
		"escaped slash":        {"getBalance", path("/accounts/a%2Fb/balance"), none, "", ""},
		"no such path":         {"ping", path("/SECRET"), contract.KindNoRoute, "", ""},
		"trailing slash":       {"ping", path("/ping/"), contract.KindNoRoute, "", ""},
		"dot segment":          {"getBalance", path("/accounts/../balance"), contract.KindNoRoute, "", ""},
		"escaped dot segment":  {"getBalance", path("/accounts/%2E%2e/balance"), contract.KindNoRoute, "", ""},
		"empty segment":        {"getBalance", path("/accounts//balance"), contract.KindNoRoute, "", ""},
		"method":               {"getBatch", func(r *http.Request) { r.Method = "PUT" }, contract.KindMethodNotAllowed, "", "GET, POST"},
		"no credential":        {"getBalance", without("Authorization"), contract.KindMissingCredential, "security scheme", ""},
		"empty bearer":         {"getBalance", header("Authorization", "Bearer "), contract.KindMissingCredential, "security scheme", ""},
		"other scheme":         {"getBalance", header("Authorization", "Digest SECRET"), contract.KindMissingCredential, "security scheme", ""},
		"two credentials":      {"getBalance", func(r *http.Request) { r.Header.Add("Authorization", "Bearer SECRET") }, contract.KindMissingCredential, "security scheme", ""},
		"no key":               {"postBalance", without("X-Key"), contract.KindMissingCredential, "security scheme key", ""},
		"empty key":            {"postBalance", header("X-Key", ""), contract.KindMissingCredential, "security scheme key", ""},
		"header missing":       {"getBalance", without("X-Present"), contract.KindViolation, "header X-Present", "required"},
		"path item's header":   {"getBalance", without("X-Request-ID"), contract.KindViolation, "header X-Request-ID", "required"},
		"empty, not allowed":   {"getBalance", header("X-Consent", ""), contract.KindViolation, "header X-Consent", "minLength"},
		"format":               {"getBalance", header("X-Request-ID", "SECRET"), contract.KindViolation, "header X-Request-ID", "format"},
		"header twice":         {"getBalance", func(r *http.Request) { r.Header.Add("X-Consent", "SECRET") }, contract.KindViolation, "header X-Consent", "repeated"},
		"query type":           {"getBalance", query("limit=SECRET"), contract.KindViolation, "query limit", "invalid"},
		"query twice":          {"getBalance", query("limit=1&limit=2"), contract.KindViolation, "query limit", "repeated"},
		"query undocumented":   {"getBalance", query("SECRET=1"), contract.KindViolation, "query", "undocumented parameter"},
		"query malformed":      {"getBalance", query("limit=%zz"), contract.KindViolation, "query", "malformed"},
		"query missing":        {"getBatch", query(""), contract.KindViolation, "query account_id", "required"},
		"body not documented":  {"ping", body(`{}`), contract.KindViolation, "request body", "undocumented"},
		"body missing":         {"postBalance", body(``), contract.KindViolation, "request body", "required"},
		"body's media type":    {"postBalance", header("Content-Type", "text/plain"), contract.KindViolation, "request header Content-Type", "undocumented media type"},
		"no media type":        {"postBalance", without("Content-Type"), contract.KindViolation, "request header Content-Type", "required once"},
		"body's schema":        {"postBalance", body(`{"banks":[{"accountId":""}]}`), contract.KindViolation, "request body /banks/0/accountId", "minLength"},
		"body's missing part":  {"postBalance", body(`{"banks":[{"SECRET":1}]}`), contract.KindViolation, "request body /banks/0/accountId", "required"},
		"duplicate name":       {"postBalance", body(`{"banks":[{"accountId":"1","accountId":"SECRET"}]}`), contract.KindViolation, "request body /banks/0/accountId", "not JSON"},
		"second value":         {"postBalance", body(`{"banks":[{"accountId":"1"}]}{}`), contract.KindViolation, "request body", "data after"},
		"not JSON":             {"postBalance", body(`SECRET`), contract.KindViolation, "request body", "not JSON"},
		"charset":              {"postBalance", header("Content-Type", "application/json; charset=UTF-8"), none, "", ""},
		"charset not of JSON":  {"postBalance", header("Content-Type", "application/json; charset=iso-8859-1"), contract.KindViolation, "request header Content-Type", "unexpected parameter"},
		"media type parameter": {"postBalance", header("Content-Type", "application/json; version=1"), contract.KindViolation, "request header Content-Type", "unexpected parameter"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req := sample(t, doc, "http://toy", tc.operation)
			tc.change(req)
			err := doc.ValidateRequest(t.Context(), req)
			if tc.kind == none {
				require.NoError(t, err)
				return
			}
			var broken *contract.Error
			require.ErrorAs(t, err, &broken)
			assert.Equal(t, tc.kind, broken.Kind)
			assert.True(t, strings.HasPrefix(err.Error(), "contract: "+string(tc.kind)), err)
			assert.Contains(t, broken.Part, tc.part)
			assert.Contains(t, broken.Rule, tc.rule)
			assert.NotContains(t, err.Error(), "SECRET")
		})
	}
}

func TestRequestStaysAsItIs(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	withDefault := sample(t, doc, "", "getBalance")
	withDefault.URL.RawQuery = ""
	require.NoError(t, doc.ValidateRequest(t.Context(), withDefault))
	assert.Empty(t, withDefault.URL.RawQuery)
	for _, text := range []string{`{"banks":[{"accountId":"7"}]}`, `{"banks":[]}`, `{`} {
		req := sample(t, doc, "", "postBalance")
		setBody(req, text)
		_ = doc.ValidateRequest(t.Context(), req)
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		assert.Equal(t, text, string(body))
	}
	unreadable := sample(t, doc, "", "postBalance")
	unreadable.Body = http.MaxBytesReader(nil, unreadable.Body, 3)
	err := doc.ValidateRequest(t.Context(), unreadable)
	assert.ErrorContains(t, err, "reading the request body")
	assert.False(t, errors.As(err, new(*contract.Error)))
}

// What package traffic reports in the same way is tested there, for both.
func TestResponses(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	req := sample(t, doc, "http://toy", "getBalance")
	good := `{"balance":{"accountId":"a:plain","amount":"12.00"},"status":"OK"}`
	balance := func(member string) string { return `{"balance":{"accountId":"SECRET",` + member + `},"status":"OK"}` }
	for name, tc := range map[string]struct {
		status int
		media  string
		body   string
		part   string // empty: valid
		rule   string
	}{
		"as documented":        {200, "application/json", good, "", ""},
		"charset":              {200, "application/json;charset=utf-8", good, "", ""},
		"further members":      {200, "application/json", `{"status":"OK","more":{"Status":1}}`, "", ""},
		"no content":           {403, "text/html", "<html>", "", ""},
		"malformed media type": {200, "application/json;;=", good, "response header Content-Type", "malformed"},
		"duplicate name":       {200, "application/json", balance(`"amount":"1","amount":"1000000"`), "response body /balance/amount", "duplicate name"},
		"invalid UTF-8":        {200, "application/json", balance(`"amount":"1","x":"` + "\xff" + `"`), "response body /balance/x", "invalid UTF-8"},
		"lone surrogate":       {200, "application/json", balance(`"amount":"1","x":"\ud800"`), "response body /balance/x", "not JSON"},
		"byte order mark":      {200, "application/json", "\ufeff" + good, "response body", "not JSON"},
		"amount missing":       {200, "application/json", balance(`"x":1`), "response body /balance/amount", "required"},
		"amount null":          {200, "application/json", balance(`"amount":null`), "response body /balance/amount", ""},
		"amount a number":      {200, "application/json", balance(`"amount":12`), "response body /balance/amount", "type"},
		"amount's format":      {200, "application/json", balance(`"amount":"SECRET"`), "response body /balance/amount", "format"},
		"exponent":             {200, "application/json", balance(`"amount":"1e5"`), "response body /balance/amount", "format"},
		"link":                 {200, "application/json", balance(`"amount":"1","link":"SECRET"`), "response body /balance/link", "format"},
		"list":                 {200, "application/json", "[]", "response body", "type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := openapi.Of(doc).SampleResponseHeader(req, tc.status)
			header["Content-Type"] = []string{tc.media}
			if tc.media == "" {
				header.Del("Content-Type")
			}
			err := doc.ValidateResponse(t.Context(), req, tc.status, header, []byte(tc.body))
			assertViolation(t, err, tc.part, tc.rule)
		})
	}
}

func assertViolation(t *testing.T, err error, part, rule string) {
	t.Helper()
	if part == "" {
		require.NoError(t, err)
		return
	}
	var broken *contract.Error
	require.ErrorAs(t, err, &broken)
	assert.Equal(t, contract.KindViolation, broken.Kind)
	assert.Equal(t, part, broken.Part)
	assert.Contains(t, broken.Rule, rule)
	assert.NotContains(t, err.Error(), "SECRET")
}
