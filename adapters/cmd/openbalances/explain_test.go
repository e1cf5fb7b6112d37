package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// accountsOfFive are those that the configuration five.json names, by connection.
func accountsOfFive(t *testing.T, text string) map[string][]string {
	t.Helper()
	var config struct {
		Connections []struct {
			Name     string
			Accounts []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &config))
	accounts := map[string][]string{}
	for _, c := range config.Connections {
		accounts[c.Name] = c.Accounts
	}
	return accounts
}

// The goldens say for each account of five.json what the provider's document declares: which value becomes which field.
func TestExplainEveryProvider(t *testing.T) {
	t.Parallel()
	config := fiveConnections(t)
	for name, accounts := range accountsOfFive(t, config) {
		for i, account := range accounts {
			t.Run(fmt.Sprint(name, i), func(t *testing.T) {
				t.Parallel()
				golden, err := os.ReadFile(filepath.Join("testdata", "explain", fmt.Sprintf("%s%d.txt", name, i)))
				require.NoError(t, err)
				got := on(t, config, "explain", "-connection", name, "-account", account)
				assert.Equal(t, string(golden), got.stdout+got.stderr)
				assert.Equal(t, strings.Contains(got.stderr, "failed: "), got.exit == 1)
				assert.NotContains(t, got.stdout+got.stderr, account)
			})
		}
	}
}

// Lists and batches are explained by the same declarations, and show no more.
func TestExplainListsAndBatches(t *testing.T) {
	t.Parallel()
	config := fiveConnections(t)
	connections := accountsOfFive(t, config)
	for name, row := range map[string]string{
		"home": `/accounts/0/balances/0/balanceAmount/amount +100\.26 +balance\.amount = 100\.26`,
		"shop": `/accounts/0/balances/0/amount +4\.200 +balance\.amount = 4\.200`, "private": `/0/balances/0/amount +42850\.00 +balance\.amount`,
		"gulf": `balance\.amount = `, "work": `/accounts/0/id +… +account\.id = … +as sent`,
	} {
		got := on(t, config, "explain", "-connection", name)
		assert.Regexp(t, row, got.stdout)
		for _, account := range connections[name] {
			assert.NotContains(t, got.stdout+got.stderr, account)
		}
		assert.NotRegexp(t, `[A-Z]{2}\d\d[A-Z0-9]{10}`, got.stdout, "an IBAN")
	}
	work := connections["work"]
	got := on(t, config, "explain", "-connection", "work", "-account", work[0], "-account", work[1])
	assert.Equal(t, 0, got.exit, got.stderr)
	assert.Regexp(t, `/response/1/balance/current/value +640\.0000 +balance\.amount = 640\.0000`, got.stdout)
	assert.Equal(t, "work tokenio: 7 balances from 22 values\n", got.stderr)
	assert.Equal(t, outcome{1, "",
		"failed: shop mypos: mypos: get balances of several accounts: unsupported: the provider has no such call, nothing was sent\n",
	}, on(t, config, "explain", "-connection", "shop", "-account", "1", "-account", "2"))
}

func TestExplain(t *testing.T) {
	t.Parallel()
	const command, failed = "explain -connection home -account a", "failed: home neonomics: neonomics: get balances: "
	const refusal = `530 {"id":"S3CR3T","errorCode":"S3CR3T","message":"S3CR3T","source":"S3CR3T","type":"S3CR3T","timestamp":1}`
	play(t, []scene{
		{"JSON", bank{"a": `[{"amount":1.50,"currency":"NOK","type":"CLBD","extra":"86011117947"}]`}, "b", command + " -json", outcome{0, `{
  "connection": "home",
  "provider": "neonomics",
  "status": 200,
  "values": [
    {
      "pointer": "/0/amount",
      "sent": "1.50",
      "field": "balance.amount",
      "value": "1.50",
      "rule": "as sent"
    },
    {
      "pointer": "/0/currency",
      "sent": "NOK",
      "field": "balance.currency",
      "value": "NOK",
      "rule": "as sent"
    },
    {
      "pointer": "/0/type",
      "sent": "CLBD",
      "field": "balance.type",
      "value": "closingBooked",
      "rule": "ISO 20022 code"
    },
    {
      "pointer": "/0/…",
      "sent": "…",
      "rule": "not in the document"
    }
  ]
}
`, ""}},
		// Some rules need an answer that no example holds.
		{"rules", bank{"a": `[{"amount":1.0E1,"currency":"NOK","type":"EXPN"},{"amount":"1","currency":"NOK","type":"interim_booked","86011117947":{"NO93":"x"}},
			{"amount":"1","currency":"NOK","type":"` + strings.Repeat("ab", 200) + `","12":"x"},{"amount":"1","currency":"NOK","type":` + hostile + `}]`}, "", command, outcome{0,
			`VALUE        SENT                                                                              FEEDS                         RULE
/0/amount    1.0E1                                                                             balance.amount = 10           written out
/0/currency  NOK                                                                               balance.currency = NOK        as sent
/0/type      EXPN                                                                              balance.type = expected       table: EXPN -> expected
/1/amount    1                                                                                 balance.amount = 1            as sent
/1/currency  NOK                                                                               balance.currency = NOK        as sent
/1/type      interim_booked                                                                    balance.type = interimBooked  name of the vocabulary
/1/…                                                                                           -                             not in the document
/2/amount    1                                                                                 balance.amount = 1            as sent
/2/currency  NOK                                                                               balance.currency = NOK        as sent
/2/type      abababababababababababababababababababa…abababababababababababababababababababab  balance.type = unknown        not in the vocabulary
/2/…         …                                                                                 -                             not in the document
/3/amount    1                                                                                 balance.amount = 1            as sent
/3/currency  NOK                                                                               balance.currency = NOK        as sent
/3/type      =HYPERLINK(1);+2\u{1b}]0;x\u{7}\u{d}\u{…vil\u{2028}\u{85}\u{a0}\u{e0041}\u{feff}  balance.type = unknown        not in the vocabulary
`, "home neonomics: 4 balances from 14 values\n"}},
		{"no balances", bank{"a": `[]`}, "a", command, outcome{0, "", "home neonomics: 0 balances from 0 values\n"}},
		// An answer that cannot be used is shown as far as it is JSON, and never with a value.
		{"no amount", bank{"a": `[{"amount":null,"currency":"NOK","type":"S3CR3T","open":true}]`}, "a", command, outcome{1,
			`VALUE        SENT  FEEDS                 RULE
/0/currency  …     balance.currency = …  as sent
/0/type      …     balance.type = …      not in the vocabulary
/0/…         true  -                     not in the document
`, failed + "protocol (HTTP 200): [0].amount: missing\n"}},
		{"refusal", bank{"a": refusal}, "a", command, outcome{1, "", failed + "unavailable (HTTP 530)\n"}},
		{"refusal as JSON", bank{"a": refusal}, "a", command + " -json", outcome{1, `{
  "connection": "home",
  "provider": "neonomics",
  "status": 530,
  "values": [],
  "failures": [
    "neonomics: get balances: unavailable (HTTP 530)"
  ]
}
`, ""}},
		{"no JSON", bank{"a": `503 <html>S3CR3T</html>`}, "a", command, outcome{1, "", failed + "unavailable (HTTP 503)\n"}},
		{"broken off", bank{"a": `[{"amount":"47.11",`}, "a", command, outcome{1, "", failed + "protocol (HTTP 200): [0]: JSON ends too early\n"}},
	})
}

// It makes one call, and explains no more of a large answer than anybody reads.
func TestExplainIsBounded(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	answer := bank{"b": "[" + strings.TrimSuffix(strings.Repeat(strings.Trim(one, "[]")+",", 700), ",") + "]"}
	config := oneConnection(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer.ServeHTTP(w, r)
	})), "a")
	got := on(t, config, "explain", "-connection", "home", "-account", "b")
	assert.Equal(t, 2001, strings.Count(got.stdout, "\n"))
	assert.Equal(t, "only the first 2000 values are explained, 100 are not\nhome neonomics: 700 balances from 2100 values\n", got.stderr)
	assert.EqualValues(t, 1, calls.Load())
	got = on(t, config, "explain", "-connection", "home", "-account", "b", "-json")
	assert.Contains(t, got.stdout, "\n  \"more\": 100\n")
}

func TestExplainMisuse(t *testing.T) {
	t.Parallel()
	for flags, line := range map[string]string{
		"":                              "explain needs -connection NAME; see openbalances explain -h",
		"-account a":                    "explain needs -connection NAME; see openbalances explain -h",
		"-connection home -account ..":  "-account: account id: names another path",
		"-connection home -config= ":    "explain needs -config FILE, or OPENBALANCES_CONFIG; see openbalances explain -h",
		"-connection nobody -account a": "-connection is none of home",
	} {
		got := on(t, oneConnection("http://127.0.0.1:1", "a"), "explain", strings.Fields(flags)...)
		assert.Equal(t, outcome{2, "", "openbalances: " + line + "\n"}, got)
	}
}
