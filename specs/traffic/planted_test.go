package traffic_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/traffic"
)

func sortedNames(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

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
				l := watch(t, doc, answer, traffic.Options{})
				assert.Equal(t, answer.body, l.send(t, sample(t, doc, l.url, e.Operation)))
				got := l.deviations()
				if tc.want == "" {
					assert.Empty(t, got)
					return
				}
				require.Len(t, got, 1)
				assert.Regexp(t, regexp.QuoteMeta(tc.want)+"$", brief(got)[0])
				assert.Equal(t, answer.status, got[0].Status)
				assert.Equal(t, provider, got[0].Provider)
				assert.Equal(t, e.Operation, got[0].Operation)
			})
		}
	}
}

// What the toy bank's answers can have besides.
func TestDeviationsOfAnswers(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	balance := func(members string) string { return `{"balance":{` + members + `},"status":"OK"}` }
	header := func(name string, values ...string) func(*reply) {
		return func(a *reply) { a.header[http.CanonicalHeaderKey(name)] = values }
	}
	body := func(text string) func(*reply) { return func(a *reply) { a.body = text } }
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
		"everything": {body(balance(`"amount":1,"level":"x","link":"x","news":[]`)), []string{
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
			l := watch(t, doc, answer, traffic.Options{})
			l.send(t, sample(t, doc, l.url, "getBalance"))
			assert.Equal(t, tc.want, brief(l.deviations()))
		})
	}
}

// The same fault in many elements is one deviation with a number, and many faults are cut off.
func TestDeviationsAreCountedAndCutOff(t *testing.T) {
	t.Parallel()
	doc := toy(t)
	elements := func(n int) string { return `{"list":[` + strings.TrimSuffix(strings.Repeat(`{},`, n), ",") + `]}` }
	members := func(n int) string {
		text := `{"list":[]`
		for i := range n {
			text += `,"` + strings.Repeat("x", i+1) + `":1`
		}
		return text + `}`
	}
	for _, tc := range []struct {
		body string
		want []string
	}{
		{elements(3), []string{"response body /list/*/status: required x3"}},
		{elements(1000), []string{"response body /list/*/status: required x1000"}},
		{elements(1001), []string{"response body /list/*/status: required x1000", ": further deviations"}},
		{elements(5000), []string{"response body /list/*/status: required x1000", ": further deviations"}},
	} {
		l := watch(t, doc, replyOf(t, doc, "getBatch", http.StatusOK, tc.body), traffic.Options{})
		l.send(t, sample(t, doc, l.url, "getBatch"))
		assert.Equal(t, tc.want, brief(l.deviations()))
	}
	l := watch(t, doc, replyOf(t, doc, "getBatch", http.StatusOK, members(20)), traffic.Options{})
	l.send(t, sample(t, doc, l.url, "getBatch"))
	assert.Len(t, l.deviations(), 20)
	l = watch(t, doc, replyOf(t, doc, "getBatch", http.StatusOK, members(27)), traffic.Options{})
	l.send(t, sample(t, doc, l.url, "getBatch"))
	all := l.deviations()
	require.Len(t, all, 21)
	assert.Equal(t, "toy getBatch: further deviations (7 times)", all[20].String())
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
		doc := docs[tc.provider]
		l := watch(t, doc, replyOf(t, doc, tc.operation, http.StatusOK, tc.body), traffic.Options{})
		l.send(t, sample(t, doc, l.url, tc.operation))
		var lines []string
		for _, d := range l.deviations() {
			lines = append(lines, d.String())
			assert.True(t, d.Checked())
		}
		assert.Contains(t, strings.Join(lines, "\n"), tc.want)
	}
}
