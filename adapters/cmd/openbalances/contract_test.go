package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The check changes nothing else: neither exit code nor balances nor failures.
func TestGetContract(t *testing.T) {
	t.Parallel()
	// The answers are no longer those of the document, but still good enough for the adapter.
	changed := bank{
		"a1": `[{"amount":"1.00","currency":"NOK","type":"CLSG","bookedOn":"2026-11-20"},{"amount":"2.00","currency":"NOK","type":"NEW"}]`,
		"a2": `[{"amount":"3.00","currency":"NOK","type":"NEW"}]`, "a3": `[{"amount":"4.00","currency":"NOK","type":"AVLB"}]`, "a4": `[]`,
	}
	const (
		member  = "deviation: home neonomics getBalances: response body /*/bookedOn: undocumented member\n"
		value   = "deviation: home neonomics getBalances: response body /*/type: undocumented value (documented: CLSG, AVLB, EXPN"
		header  = "CONNECTION  PROVIDER   ACCOUNT  TYPE              AMOUNT  CURRENCY  AS OF  AGE\n"
		summary = "failed: home neonomics gone: neonomics: get balances: not_found (HTTP 404)\n4 balances from 3 accounts, 1 failed\n"
	)
	larger := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, strings.Repeat(" ", 2<<20))
	})
	play(t, []scene{
		{"table", changed, "a1 a2 a3 gone", "get -contract", outcome{1, header + `home        neonomics  a1       closingBooked       1.00  NOK       -      -
home        neonomics  a1       unknown (NEW)       2.00  NOK       -      -
home        neonomics  a2       unknown (NEW)       3.00  NOK       -      -
home        neonomics  a3       interimAvailable    4.00  NOK       -      -
`, member + value + "; 2 times)\n" + summary}},
		{"JSON", changed, "a2", "get -json -contract", outcome{0, `{
  "balances": [
    {
      "connection": "home",
      "provider": "neonomics",
      "accountId": "a2",
      "type": "unknown",
      "providerType": "NEW",
      "amount": "3.00",
      "currency": "NOK",
      "receivedAt": "RECEIVED"
    }
  ],
  "failures": [],
  "deviations": [
    {
      "connection": "home",
      "provider": "neonomics",
      "operation": "getBalances",
      "status": 200,
      "part": "response body /*/type",
      "rule": "undocumented value",
      "documented": "CLSG, AVLB, EXPN",
      "count": 1
    }
  ]
}
`, value + ")\n"}},
		{"nothing found", changed, "a4", "get -json -contract", outcome{0,
			fmt.Sprintf(nothing, "", fmt.Sprintf(isEmpty, ",\n      \"accountId\": \"a4\"")+",\n  \"deviations\": []"), ""}},
		// The check stands beneath the guard that caps bodies, so that it sees what the guard keeps from the adapter.
		{"larger than the cap", larger, "a", "get -contract", outcome{1, "CONNECTION  PROVIDER  ACCOUNT  TYPE  AMOUNT  CURRENCY  AS OF  AGE\n",
			`deviation: home neonomics getBalances: response body: not checked: larger than the cap
failed: home neonomics a: neonomics: get balances: too_large (HTTP 200): body: larger than the limit
0 balances from 0 accounts, 1 failed
`}},
	})
}

// Two connections, many calls at the same time: the order is that of the configuration and then of the text.
func TestGetContractKeepsOrder(t *testing.T) {
	t.Parallel()
	answers, ids, want := bank{}, []string{}, ""
	for i := range 40 {
		ids = append(ids, fmt.Sprintf("id%d", i))
		answers[ids[i]] = fmt.Sprintf(`[{"amount":"1","currency":"NOK","type":"CLSG","new%c":1}]`, 'a'+i%4)
	}
	for _, connection := range []string{"home", `a\u{1b}[2J`} {
		for _, name := range []string{"a", "b", "c", "d"} {
			want += fmt.Sprintf("deviation: %s neonomics getBalances: response body /*/new%s: undocumented member (10 times)\n", connection, name)
		}
	}
	server := serve(t, answers)
	for range 5 {
		got := on(t, configOf(neonomics("home", server, ids...), neonomics(`a\u001b[2J`, server, ids...)), "get", "-contract")
		assert.Equal(t, want+"80 balances from 80 accounts, 0 failed\n", got.stderr)
	}
}

// What the adapters send is what the documents say, and the sandbox's answers differ in nothing but new values.
func TestGetContractOfEveryProvider(t *testing.T) {
	t.Parallel()
	got := on(t, fiveConnections(t), "get", "-contract")
	assert.Equal(t, 1, got.exit)
	for line := range strings.Lines(got.stderr) {
		if strings.HasPrefix(line, "deviation: ") {
			assert.Regexp(t, "response body .*: undocumented (value|member)", line)
		}
	}
}

// Without baseURL an adapter calls an address that its document names.
func TestAdaptersCallWhereTheirDocumentsSay(t *testing.T) {
	t.Parallel()
	for _, name := range specs.Providers() {
		document, err := contract.Load(name)
		require.NoError(t, err)
		var found []traffic.Deviation
		client := &http.Client{Transport: traffic.NewTransport(teapot{}, document, traffic.Options{
			Report: func(d traffic.Deviation) { found = append(found, d) },
		})}
		source, err := openbalances.Opener(name)(&adapters.Options{HTTPClient: client})
		if document.NeedsBaseURL() {
			assert.ErrorContains(t, err, "baseURL: missing")
			continue
		}
		require.NoError(t, err)
		_, err = source.Balances(t.Context(), "account", adapters.Unattended())
		require.Error(t, err)
		require.Len(t, found, 1, "%v", found)
		assert.Equal(t, "response status 418", found[0].Part)
	}
}

// teapot answers without a server.
type teapot struct{}

func (teapot) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	answer := httptest.NewRecorder()
	answer.WriteHeader(http.StatusTeapot)
	return answer.Result(), nil
}
