package traffic_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/traffic"
)

// open are the good examples that show a value or a member which their document does not list, because providers have
// them. A provider that is not named here may have more of them.
var open = map[string]string{
	"eika": `additionalFields genericBadRequest genericNotFound genericServerError genericTooManyRequests listWithBalances
		unlistedCurrency`,
	"mypos":         "listWithBalances severalBalances unknownType",
	"neonomics":     "bankFault furtherMembers invalidRequest isoTypes listWithBalances neonomicsFault unknownType",
	"onesingleview": "accountAggregation balanceCheck balanceList failureUnknownCode furtherMembers unknownType",
}

// TestExamples sends or answers every example. A good one shows nothing but open values and members; an invalid one is
// reported at the place and for the rule that ValidateRequest and ValidateResponse name.
func TestExamples(t *testing.T) {
	t.Parallel()
	for provider, doc := range documents(t) {
		for _, e := range doc.Examples() {
			t.Run(provider+"/"+e.Operation+"/"+e.Name, func(t *testing.T) {
				t.Parallel()
				got := exchanged(t, doc, e)
				if !openapi.Fits(e) {
					want := firstFault(t, doc, e)
					require.NotEmpty(t, want)
					assertReported(t, want, got)
					return
				}
				if names, listed := open[provider]; listed {
					assert.Equal(t, slices.Contains(strings.Fields(names), e.Name), len(got) > 0, brief(got))
				}
				for _, d := range got {
					assert.Contains(t, []string{traffic.RuleMember, traffic.RuleValue}, d.Rule, d)
				}
			})
		}
	}
}

// exchanged sends or answers an example and returns what deviates.
func exchanged(t *testing.T, doc *contract.Document, e specs.Example) []traffic.Deviation {
	t.Helper()
	if e.Status != 0 {
		return observed(t, doc, e.Operation, replyOf(t, doc, e.Operation, e.Status, string(e.JSON)), traffic.Options{})
	}
	answer := firstAnswer(t, doc, e.Operation)
	return observed(t, doc, e.Operation, replyOf(t, doc, e.Operation, answer.Status, string(answer.JSON)), traffic.Options{},
		func(req *http.Request) { setBody(req, sentBody(t, e)) })
}

// sentBody is the body of a request example.
func sentBody(t *testing.T, e specs.Example) string {
	t.Helper()
	body, err := openapi.Body(e)
	require.NoError(t, err)
	return string(body)
}

// hidden are indices and the names of links.
var hidden = regexp.MustCompile(`/(?:[0-9]+|self)(/|$)`)

// firstFault is what a Document says of an example; empty if nothing.
func firstFault(t *testing.T, doc *contract.Document, e specs.Example) string {
	t.Helper()
	req := sample(t, doc, "", e.Operation)
	var err error
	if e.Status == 0 {
		setBody(req, sentBody(t, e))
		err = doc.ValidateRequest(t.Context(), req)
	} else {
		err = doc.ValidateResponse(t.Context(), req, e.Status, openapi.Of(doc).SampleResponseHeader(req, e.Status), e.JSON)
	}
	return faultOf(t, err)
}

// faultOf is the error of a Document as brief writes it; empty without one.
func faultOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var broken *contract.Error
	require.ErrorAs(t, err, &broken)
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
	assert.Len(t, slices.Compact(slices.Sorted(slices.Values(lines))), len(lines), "reported twice")
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
			for _, text := range mutations(t, e.JSON) {
				e.JSON = text
				want, got := firstFault(t, doc, e), exchanged(t, doc, e)
				if want == "" {
					assert.Empty(t, brief(got), string(text))
					continue
				}
				broken++
				assertReported(t, want, got)
			}
			assert.Greater(t, broken, 5)
		})
	}
}

// mutations are copies of a body with one member changed.
func mutations(t *testing.T, body []byte) (all [][]byte) {
	t.Helper()
	var whole any
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&whole))
	write := func() {
		text, err := json.Marshal(whole)
		require.NoError(t, err)
		all = append(all, text)
	}
	var visit func(value any)
	visit = func(value any) {
		if list, ok := value.([]any); ok {
			for _, element := range list {
				visit(element)
			}
		}
		members, _ := value.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			member := members[name]
			delete(members, name)
			write()
			for _, other := range []any{nil, []any{member}} {
				members[name] = other
				write()
			}
			members[name] = member
			visit(member)
		}
	}
	visit(whole)
	return all
}
