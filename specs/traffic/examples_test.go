package traffic_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
)

// overall is what the examples of One Single View's balances of all accounts show.
var overall = []string{
	"/payload/*/data/account/*/balance/*/type: undocumented value x2",
	"/payload/*/data/account/*/balance/*/nickname: undocumented member",
}

// open are the examples that show a value or a member which their document does not list, because providers have them.
// A provider that is not named here may have more of them.
var open = map[string]map[string][]string{
	"eika": {
		"additionalFields":       {"/account/name: undocumented member", "/account/product: undocumented member"},
		"genericBadRequest":      {"/code: undocumented value"},
		"genericNotFound":        {"/code: undocumented value"},
		"genericServerError":     {"/code: undocumented value"},
		"genericTooManyRequests": {"/code: undocumented value"},
		"listWithBalances": {
			"/accounts/*/balances/*/balanceAmount/currency: undocumented value", "/accounts/*/currency: undocumented value",
		},
		"unlistedCurrency": {
			"/account/currency: undocumented value", "/balances/*/balanceAmount/currency: undocumented value",
		},
	},
	"mypos": {
		"listWithBalances": {"/accounts/*/balances/*/balanceType: undocumented value x2"},
		"severalBalances":  {"/balances/*/balanceType: undocumented value"},
		"unknownType":      {"/balances/*/balanceType: undocumented value"},
	},
	"neonomics": {
		"bankFault":      {"/errorCode: undocumented value"},
		"furtherMembers": {"/*/referenceDate: undocumented member"},
		"invalidRequest": {"/errorCode: undocumented value"},
		"listWithBalances": {
			"/*/balances/*/type: undocumented value x5", "/*/balances/*/referenceDate: undocumented member",
		},
		"isoTypes":       {"/*/type: undocumented value x4"},
		"neonomicsFault": {"/errorCode: undocumented value"},
		"unknownType":    {"/*/type: undocumented value"},
	},
	"onesingleview": {
		"balanceList": overall, "balanceCheck": overall, "accountAggregation": overall,
		"failureUnknownCode": {"/errorCode: undocumented value"},
		"furtherMembers": {
			"/payload/*/bankName: undocumented member", "/payload/*/data/balance/*/nickname: undocumented member",
		},
		"unknownType": {"/payload/*/data/balance/*/type: undocumented value x2"},
	},
	"tokenio": {},
}

func TestExamplesDoNotDeviate(t *testing.T) {
	t.Parallel()
	for provider, doc := range documents(t) {
		for _, e := range doc.Examples() {
			if !e.Valid {
				continue
			}
			t.Run(provider+"/"+e.Operation+"/"+e.Name, func(t *testing.T) {
				t.Parallel()
				known, listed := open[provider]
				want := []string{}
				for _, line := range known[e.Name] {
					want = append(want, "response body "+line)
				}
				got := exchanged(t, doc, e)
				if listed {
					assert.Equal(t, want, brief(got))
				}
				for _, d := range got {
					assert.Contains(t, []string{traffic.RuleMember, traffic.RuleValue}, d.Rule, d)
				}
			})
		}
	}
}

// exchanged sends or answers an example and returns what deviates.
func exchanged(t *testing.T, doc *contract.Document, e contract.Example) []traffic.Deviation {
	t.Helper()
	handler := replyOf(t, doc, e.Operation, e.Status, string(e.JSON))
	if e.Status == 0 {
		answer := firstAnswer(t, doc, e.Operation)
		handler = replyOf(t, doc, e.Operation, answer.Status, string(answer.JSON))
	}
	l := watch(t, doc, handler, traffic.Options{})
	req := sample(t, doc, l.url, e.Operation)
	if e.Status == 0 {
		setBody(req, sentBody(t, e))
	}
	assert.Equal(t, handler.body, l.send(t, req))
	return l.deviations()
}

// sentBody is the body of a request example.
func sentBody(t *testing.T, e contract.Example) string {
	t.Helper()
	body, err := e.Body()
	require.NoError(t, err)
	return string(body)
}

// firstAnswer is an example without any deviation.
func firstAnswer(t *testing.T, doc *contract.Document, operation string) contract.Example {
	t.Helper()
	for _, e := range doc.Examples() {
		if e.Operation == operation && e.Valid && e.Status == http.StatusOK {
			return e
		}
	}
	require.Fail(t, "no example", operation)
	return contract.Example{}
}

// An invalid example is reported at the place and for the rule that ValidateRequest and ValidateResponse name.
func TestInvalidExamplesDeviate(t *testing.T) {
	t.Parallel()
	for provider, doc := range documents(t) {
		for _, e := range doc.Examples() {
			if e.Valid {
				continue
			}
			t.Run(provider+"/"+e.Operation+"/"+e.Name, func(t *testing.T) {
				t.Parallel()
				want := firstFault(t, doc, e)
				require.NotEmpty(t, want)
				assertReported(t, want, exchanged(t, doc, e))
			})
		}
	}
}

// hidden are indices and the names of links.
var hidden = regexp.MustCompile(`/(?:[0-9]+|self)(/|$)`)

// firstFault is what a Document says of an example; empty if nothing.
func firstFault(t *testing.T, doc *contract.Document, e contract.Example) string {
	t.Helper()
	req := sample(t, doc, "", e.Operation)
	var err error
	if e.Status == 0 {
		setBody(req, sentBody(t, e))
		err = doc.ValidateRequest(t.Context(), req)
	} else {
		err = doc.ValidateResponse(t.Context(), req, e.Status, doc.SampleResponseHeader(req, e.Status), e.JSON)
	}
	if err == nil {
		return ""
	}
	var broken *contract.Error
	require.True(t, errors.As(err, &broken))
	return hidden.ReplaceAllString(broken.Part, "/*$1") + ": " + broken.Rule
}

// assertReported asks for one deviation, and for more precision than a Document has behind allOf.
func assertReported(t *testing.T, want string, got []traffic.Deviation) {
	t.Helper()
	lines := brief(got)
	require.NotEmpty(t, lines, want)
	if strings.HasSuffix(want, ": allOf") {
		want = lines[0]
		assert.NotContains(t, want, "undocumented")
	}
	assert.Contains(t, lines, want)
	for i, line := range lines {
		assert.NotContains(t, lines[i+1:], line, "reported twice")
	}
}

// Every member of every provider's first answer is taken away, made null and given another type; what a Document says
// of the result is what the Transport reports, once.
func TestEachBrokenMemberIsReportedOnce(t *testing.T) {
	t.Parallel()
	for provider, doc := range documents(t) {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			e := firstAnswer(t, doc, doc.Examples()[0].Operation)
			broken := 0
			for name, text := range mutations(t, e.JSON) {
				e.JSON = text
				want := firstFault(t, doc, e)
				got := exchanged(t, doc, e)
				if want == "" {
					assert.Empty(t, brief(got), name)
					continue
				}
				broken++
				assertReported(t, want, got)
			}
			assert.Greater(t, broken, 5)
		})
	}
}

// mutations returns copies of a body with one member changed, by what was done.
func mutations(t *testing.T, body []byte) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	parse := func() (value any) {
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&value))
		return value
	}
	for what, change := range map[string]func(map[string]any, string){
		"without": func(m map[string]any, name string) { delete(m, name) },
		"null":    func(m map[string]any, name string) { m[name] = nil },
		"list":    func(m map[string]any, name string) { m[name] = []any{m[name]} },
	} {
		for n := 0; ; n++ {
			value := parse()
			name := changeNth(value, n, change)
			if name == "" {
				break
			}
			text, err := json.Marshal(value)
			require.NoError(t, err)
			all[what+" "+name] = text
		}
	}
	return all
}

// changeNth changes one member of a value and returns its name; "" if there are fewer.
func changeNth(value any, n int, change func(map[string]any, string)) string {
	left := n
	var visit func(value any) string
	visit = func(value any) string {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				if name := visit(element); name != "" {
					return name
				}
			}
		case map[string]any:
			for _, name := range sortedNames(value) {
				if left == 0 {
					change(value, name)
					return name
				}
				left--
				if found := visit(value[name]); found != "" {
					return name + "/" + found
				}
			}
		}
		return ""
	}
	return visit(value)
}
