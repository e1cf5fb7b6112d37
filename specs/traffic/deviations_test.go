package traffic_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/traffic"
)

// plants are faults that every provider's answer can have.
var plants = map[string]struct {
	plant func(*reply)
	want  string
}{
	"none":              {func(*reply) {}, ""},
	"status":            {func(a *reply) { a.status = http.StatusTeapot }, "response status 418: undocumented"},
	"redirect":          {func(a *reply) { a.status = http.StatusFound }, "response status 302: undocumented"},
	"media type":        {func(a *reply) { a.header.Set("Content-Type", "text/html") }, "response header Content-Type: undocumented media type"},
	"no media type":     {func(a *reply) { a.header["Content-Type"] = nil }, "response header Content-Type: required once"},
	"charset":           {func(a *reply) { a.header.Set("Content-Type", "application/json; charset=latin1") }, "response header Content-Type: unexpected parameter"},
	"no body":           {func(a *reply) { a.body = "" }, "response body: not JSON: truncated"},
	"truncated":         {func(a *reply) { a.body = a.body[:len(a.body)/2] }, "response body: not JSON: truncated"},
	"second value":      {func(a *reply) { a.body += "{}" }, "response body: data after the JSON value"},
	"HTML":              {func(a *reply) { a.body = "<html>" }, "response body: not JSON: syntax, duplicate name or invalid UTF-8"},
	"deep":              {func(a *reply) { a.body = strings.Repeat("[", 99) + strings.Repeat("]", 99) }, "response body: nested too deeply"},
	"null":              {func(a *reply) { a.body = "null" }, "response body: nullable"},
	"another type":      {func(a *reply) { a.body = "7" }, "response body: type"},
	"Content-Encoding":  {func(a *reply) { a.header.Set("Content-Encoding", "br") }, "response body: not checked: has a Content-Encoding"},
	"undocumented name": {func(a *reply) { a.body = strings.Replace(a.body, "{", `{"brandNew":{"x":1},`, 1) }, "brandNew: undocumented member"},
	"duplicate name":    {func(a *reply) { a.body = firstMember.ReplaceAllString(a.body, `{$1$1`) }, "not JSON: syntax, duplicate name or invalid UTF-8"},
}

// firstMember is the first member of an object that is no list and no object.
var firstMember = regexp.MustCompile(`\{(\s*"[^"]+":\s*(?:"[^"]*"|[0-9.]+),)`)

func TestPlantedDeviationsAreReportedOnce(t *testing.T) {
	t.Parallel()
	for provider, doc := range documents(t) {
		e := firstAnswer(t, doc, doc.Examples()[0].Operation)
		for name, tc := range plants {
			t.Run(provider+"/"+name, func(t *testing.T) {
				t.Parallel()
				answer := replyOf(t, doc, e.Operation, http.StatusOK, string(e.JSON))
				tc.plant(&answer)
				got := observed(t, doc, e.Operation, answer, traffic.Options{})
				if tc.want == "" {
					assert.Empty(t, got)
					return
				}
				require.Len(t, got, 1)
				assert.Regexp(t, regexp.QuoteMeta(tc.want)+"$", brief(got)[0])
				if got[0].Checked() && got[0].Rule != traffic.RuleMember { // which a Document lets pass
					err := doc.ValidateResponse(t.Context(), sample(t, doc, "", e.Operation), answer.status, answer.header, []byte(answer.body))
					assertReported(t, faultOf(t, err), got)
				}
				got[0].Part, got[0].Rule, got[0].Documented = "", "", ""
				assert.Equal(t, traffic.Deviation{Provider: provider, Operation: e.Operation, Status: answer.status, Count: 1}, got[0])
			})
		}
	}
}

// What the toy bank's answers can have besides.
func TestDeviationsOfAnswers(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	header := func(name string, values ...string) func(*reply) {
		return func(a *reply) { a.header[http.CanonicalHeaderKey(name)] = values }
	}
	for name, tc := range map[string]struct {
		plant func(*reply)
		want  []string
	}{
		"none":           {func(*reply) {}, []string{}},
		"header missing": {header("X-Request-ID"), []string{"response header X-Request-ID: required"}},
		"headers": {
			func(a *reply) { header("X-Request-ID", "7")(a); header("X-Left", "many")(a) },
			[]string{"response header X-Left: invalid", "response header X-Request-ID: format"},
		},
		"everything": {func(a *reply) { a.body = `{"balance":{"amount":1,"level":"x","link":"x","news":[]},"status":"OK"}` }, []string{
			"response body /balance/accountId: required", "response body /balance/amount: type",
			"response body /balance/level: type", "response body /balance/link: format",
			"response body /balance/news: undocumented member",
		}},
		"only the text of a header": {func(a *reply) { a.status, a.body = http.StatusForbidden, "<html>" }, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := replyOf(t, doc, "getBalance", http.StatusOK, good)
			tc.plant(&answer)
			got := observed(t, doc, "getBalance", answer, traffic.Options{})
			assert.Equal(t, tc.want, brief(got))
			err := doc.ValidateResponse(t.Context(), sample(t, doc, "", "getBalance"), answer.status, answer.header, []byte(answer.body))
			if fault := faultOf(t, err); fault != "" || len(got) > 0 {
				assertReported(t, fault, got)
			}
		})
	}
}

// What can be wrong with a request to the toy bank.
func TestDeviationsOfRequests(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	body := func(text string) func(*http.Request) { return func(r *http.Request) { setBody(r, text) } }
	for name, tc := range map[string]struct {
		operation string
		change    func(*http.Request)
		want      []string
	}{
		"none":           {"getBalance", func(*http.Request) {}, []string{}},
		"none of a body": {"postBalance", func(*http.Request) {}, []string{}},
		"path":           {"ping", func(r *http.Request) { r.URL.Path += "/SECRET" }, []string{"request path: undocumented"}},
		"method":         {"ping", func(r *http.Request) { r.Method = http.MethodDelete }, []string{"request method: undocumented"}},
		"outside":        {"ping", func(r *http.Request) { r.URL.Path = "/other/ping" }, []string{"request URL: not checked: outside the base URL"}},
		"several": {
			"getBalance",
			func(r *http.Request) {
				r.Header.Del("X-Present")
				r.Header.Del("Authorization")
				r.URL.RawQuery = "a=1&b=2&limit=x"
			},
			[]string{
				"request security scheme bearer: missing credential", "request header X-Present: required",
				"request query limit: invalid", "request query: undocumented parameter x2",
			},
		},
		"header twice":      {"getBalance", header("X-Consent", "a", "b"), []string{"request header X-Consent: repeated"}},
		"body not declared": {"ping", body(`{}`), []string{"request body: undocumented"}},
		"empty body":        {"ping", body(``), []string{}},
		"body missing":      {"postBalance", body(``), []string{"request body: required"}},
		"no body": {"postBalance", func(r *http.Request) { r.Body, r.GetBody, r.ContentLength = nil, nil, 0 },
			[]string{"request body: required"}},
		"media type":        {"postBalance", header("Content-Type", "text/plain"), []string{"request header Content-Type: undocumented media type"}},
		"encoding":          {"postBalance", header("Content-Encoding", "gzip"), []string{"request body: not checked: has a Content-Encoding"}},
		"schema":            {"postBalance", body(`{"banks":[{"accountId":""},{}],"x":1}`), []string{"request body /banks/*/accountId: minLength", "request body /banks/*/accountId: required", "request body /x: undocumented member"}},
		"not JSON":          {"postBalance", body(`{`), []string{"request body: not JSON: truncated"}},
		"over the cap":      {"postBalance", body(`{"banks":[` + strings.Repeat(" ", 500) + `]}`), []string{"request body: not checked: larger than the cap"}},
		"unknown length":    {"postBalance", func(r *http.Request) { setBody(r, `{"banks":[]}`); r.ContentLength = -1 }, []string{"request body /banks: minItems"}},
		"undeclared, large": {"ping", body(strings.Repeat(" ", 500)), []string{"request body: undocumented"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := replyOf(t, doc, tc.operation, http.StatusOK, good)
			if tc.operation == "ping" {
				answer.body = `{"code":"ALIVE"}`
			}
			got := observed(t, doc, tc.operation, answer, traffic.Options{MaxBodyBytes: 200}, tc.change)
			assert.Equal(t, tc.want, brief(got))
			for _, d := range got {
				assert.Zero(t, d.Status)
			}
		})
	}
}

// Schemas that are put together: each fault counts once, and a member is known if any part knows it.
func TestComposedSchemas(t *testing.T) {
	t.Parallel()
	const named = "{type: object, required: [name], properties: {name: {type: string}}}"
	const sized = "{type: object, required: [name, size], properties: {name: {type: string}, size: {type: integer}}}"
	for name, tc := range map[string]struct {
		schema, body string
		want         []string
	}{
		"allOf":                {"{allOf: [" + named + "," + sized + "]}", `{"name":"a","size":1}`, []string{}},
		"allOf, missing":       {"{allOf: [" + named + "," + sized + "]}", `{}`, []string{"/name: required", "/size: required"}},
		"allOf, type":          {"{allOf: [" + named + "," + sized + "]}", `{"name":1,"size":1}`, []string{"/name: type"}},
		"allOf, unknown":       {"{allOf: [" + named + "," + sized + "]}", `{"name":"a","size":1,"new":1}`, []string{"/new: undocumented member"}},
		"oneOf":                {"{oneOf: [" + named + ",{type: string}]}", `{"name":"a"}`, []string{}},
		"oneOf, none":          {"{oneOf: [" + named + ",{type: string}]}", `7`, []string{": oneOf"}},
		"oneOf, unknown":       {"{oneOf: [" + named + ",{type: string}]}", `{"name":"a","new":1}`, []string{"/new: undocumented member"}},
		"anyOf":                {"{anyOf: [" + named + "," + sized + "]}", `{"name":"a","size":1}`, []string{}},
		"anyOf, listed":        {"{anyOf: [{type: string, x-extensible-enum: [a]}, {type: string, x-extensible-enum: [b]}]}", `"b"`, []string{}},
		"anyOf, not listed":    {"{anyOf: [{type: string, x-extensible-enum: [a]}, {type: string, x-extensible-enum: [b]}]}", `"c"`, []string{": undocumented value"}},
		"not":                  {"{not: {type: string}}", `"a"`, []string{": not"}},
		"open":                 {"{type: object, additionalProperties: true}", `{"a":{"b":1}}`, []string{}},
		"free":                 {"{type: object}", `{"a":{"b":1}}`, []string{}},
		"anything":             {"{}", `[{"a":null}]`, []string{}},
		"map":                  {"{type: object, additionalProperties: " + named + "}", `{"a":{},"b":{"name":1}}`, []string{"/*/name: required", "/*/name: type"}},
		"closed":               {"{type: object, additionalProperties: false}", `{"a":1}`, []string{"/a: undocumented member"}},
		"nullable":             {"{type: string, nullable: true}", `null`, []string{}},
		"null":                 {"{type: string}", `null`, []string{": nullable"}},
		"write-only":           {"{type: object, required: [pin], properties: {pin: {type: string, writeOnly: true}}}", `{}`, []string{}},
		"read-only":            {"{type: object, required: [id], properties: {id: {type: string, readOnly: true}}}", `{}`, []string{"/id: required"}},
		"list of lists":        {"{type: array, items: {type: array, items: {type: integer}}}", `[[1,"a"],["b"]]`, []string{"/*/*: type x2"}},
		"unique":               {"{type: array, uniqueItems: true, items: {type: integer}}", `[1,1]`, []string{": uniqueItems"}},
		"name with a slash":    {"{type: object, required: [a/b~c], properties: {a/b~c: {type: string}}}", `{}`, []string{"/a~1b~0c: required"}},
		"documented-values":    {"{type: string, x-documented-values: [a, b]}", `"c"`, []string{": undocumented value"}},
		"name of another part": {"{type: object, properties: {iso20022: {type: object, properties: {x: {}}}}}", `{"iso20022":{"iso20022":1}}`, []string{"/iso20022/iso20022: undocumented member"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := spectest.Parse(t, "toy", spectest.Planted(t, spectest.ToyText,
				"  schemas:\n    Single:\n", "  schemas:\n    Single: "+tc.schema+"\n    Former:\n"))
			assert.Equal(t, ofBody(tc.want), brief(observedBody(t, doc, "getBalance", tc.body)))
		})
	}
}

// The same fault in many elements is one deviation with a number, and many faults are cut off.
func TestDeviationsAreCountedAndCutOff(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	elements := func(n int) string { return `{"list":[` + strings.TrimSuffix(strings.Repeat(`{},`, n), ",") + `]}` }
	for n, want := range map[int][]string{
		3:    {"response body /list/*/status: required x3"},
		1000: {"response body /list/*/status: required x1000"},
		1001: {"response body /list/*/status: required x1000", ": further deviations"},
		5000: {"response body /list/*/status: required x1000", ": further deviations"},
	} {
		assert.Equal(t, want, brief(observedBody(t, doc, "getBatch", elements(n))))
	}
	members := `{"list":[]`
	for i := range 27 {
		members += `,"` + strings.Repeat("x", i+1) + `":1`
		all := observedBody(t, doc, "getBatch", members+"}")
		require.Len(t, all, min(i+1, 21))
		if i == 26 {
			assert.Equal(t, "toy getBatch: further deviations (7 times)", all[20].String())
		}
	}
}

func TestDeviationSaysWhatIsDocumented(t *testing.T) {
	t.Parallel()
	docs := documents(t)
	for _, tc := range []struct{ provider, operation, body, want string }{
		{"neonomics", "getBalances", `[{"amount":1,"currency":"NOK","type":"AVLB"}]`,
			"neonomics getBalances: response body /*/amount: type (documented: string)"},
		{"neonomics", "getBalances", `[{"amount":null,"currency":"NOK","type":"AVLB"}]`,
			"neonomics getBalances: response body /*/amount: nullable (documented: string)"},
		{"neonomics", "getBalances", `[{"amount":"1","currency":"nok","type":"NEW"},{"amount":"1","currency":"NOK","type":"NEW"}]`,
			"neonomics getBalances: response body /*/currency: pattern (documented: ^[A-Z]{3}$)\n" +
				"neonomics getBalances: response body /*/type: undocumented value (documented: CLSG, AVLB, EXPN; 2 times)"},
		{"tokenio", "getBalances", `{"status":"DONE"}`, "tokenio getBalances: response body /status: enum " +
			"(documented: INVALID_REQUEST, SUCCESSFUL_REQUEST, MORE_SIGNATURES_NEEDED)"},
		{"eika", "getBalances", `{"account":{"accountNumber":"1","currency":"XXX"},"balances":[]}`, "undocumented value " +
			"(documented: AED, AFN, ALL, AMD, ANG, AOA, ARS, AUD, AWG, AZN, BAM, BBD, BDT, BGN, BHD, BIF, ...)"},
	} {
		var lines []string
		for _, d := range observedBody(t, docs[tc.provider], tc.operation, tc.body) {
			lines = append(lines, d.String())
			assert.True(t, d.Checked())
		}
		assert.Contains(t, strings.Join(lines, "\n"), tc.want)
	}
}

// What is shown of a name that the document does not have.
func TestNamesOfMembers(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	for name, want := range map[string]string{
		"pendingAmount": "pendingAmount", "pending_amount": "pending_amount", "address2": "address2", "v2amount": "v2amount",
		"iso20022": "*", "a1b2": "*", "": "*", "two words": "*", "x.y": "*", "naïve": "*", "x/y": "*", "-x": "*", "7": "*",
		"abcdefghijklmnopqrstuvwxyzabcdef": "abcdefghijklmnopqrstuvwxyzabcdef", "abcdefghijklmnopqrstuvwxyzabcdefg": "*",
	} {
		body := fmt.Sprintf(`{"status":"OK",%q:1}`, name)
		assert.Equal(t, []string{"response body /" + want + ": undocumented member"}, brief(observedBody(t, doc, "getBalance", body)))
	}
}
