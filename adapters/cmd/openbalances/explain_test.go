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

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// explained is what explain prints for accounts of one connection, or for its list.
func explained(t *testing.T, config, accounts string, flags ...string) outcome {
	t.Helper()
	folder := files(t, map[string]string{"config.json": config})
	args := append([]string{"explain", "-config", filepath.Join(folder, "config.json"), "-connection", "home"}, flags...)
	for account := range strings.FieldsSeq(accounts) {
		args = append(args, "-account", account)
	}
	return run(t, args...)
}

// fiveConnections returns the configuration five.json in front of a sandbox, and the accounts by connection.
func fiveConnections(t *testing.T) (file string, accounts map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "five.json"))
	require.NoError(t, err)
	me := newIdentity()
	folder := files(t, map[string]string{
		"five.json":   strings.ReplaceAll(string(text), "SANDBOX", serveSandbox(t)),
		"signing.pem": me.certificate, "keys/signing.key": me.pkcs1, "keys/api.key": "key\r\n",
	})
	var config struct {
		Connections []struct {
			Name     string
			Accounts []string
		}
	}
	require.NoError(t, json.Unmarshal(text, &config))
	accounts = map[string][]string{}
	for _, c := range config.Connections {
		accounts[c.Name] = c.Accounts
	}
	return filepath.Join(folder, "five.json"), accounts
}

// The goldens say for each account of five.json what the provider's document declares: which value becomes which field.
func TestExplainEveryProvider(t *testing.T) {
	t.Parallel()
	file, connections := fiveConnections(t)
	for name, accounts := range connections {
		for i, account := range accounts {
			t.Run(fmt.Sprint(name, i), func(t *testing.T) {
				t.Parallel()
				golden, err := os.ReadFile(filepath.Join("testdata", "explain", fmt.Sprintf("%s%d.txt", name, i)))
				require.NoError(t, err)
				got := run(t, "explain", "-config", file, "-connection", name, "-account", account)
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
	file, connections := fiveConnections(t)
	for name, row := range map[string]string{
		"home": `/accounts/0/balances/0/balanceAmount/amount +100\.26 +balance\.amount = 100\.26`,
		"shop": `/accounts/0/balances/0/amount +4\.200 +balance\.amount = 4\.200`, "private": `/0/balances/0/amount +42850\.00 +balance\.amount`,
		"gulf": `balance\.amount = `, "work": `/accounts/0/id +… +account\.id = … +as sent`,
	} {
		got := run(t, "explain", "-config", file, "-connection", name)
		assert.Regexp(t, row, got.stdout)
		for _, account := range connections[name] {
			assert.NotContains(t, got.stdout+got.stderr, account)
		}
		assert.NotRegexp(t, `[A-Z]{2}\d\d[A-Z0-9]{10}`, got.stdout, "an IBAN")
	}
	work := connections["work"]
	got := run(t, "explain", "-config", file, "-connection", "work", "-account", work[0], "-account", work[1])
	assert.Equal(t, 0, got.exit, got.stderr)
	assert.Regexp(t, `/response/1/balance/current/value +640\.0000 +balance\.amount = 640\.0000`, got.stdout)
	assert.Equal(t, "work tokenio: 7 balances from 22 values\n", got.stderr)
	got = run(t, "explain", "-config", file, "-connection", "shop", "-account", "1", "-account", "2")
	assert.Equal(t, outcome{1, "", "failed: shop mypos: mypos: get balances of several accounts: unsupported: the provider has no such call, nothing was sent\n"}, got)
}

func TestExplainJSON(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, accounts{"a": `[{"amount":1.50,"currency":"NOK","type":"CLBD","extra":"86011117947"}]`}), "a")
	assert.Equal(t, outcome{0, `{
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
`, ""}, explained(t, config, "a", "-json"))
}

// An answer that cannot be used is shown as far as it is JSON, and never with a value.
func TestExplainFailures(t *testing.T) {
	t.Parallel()
	const secret = "S3CR3T"
	for _, c := range []struct {
		name                 string
		status               int
		body, stdout, stderr string
	}{
		{"no amount", 200, `[{"amount":null,"currency":"NOK","type":"S3CR3T","open":true}]`,
			`VALUE        SENT  FEEDS                 RULE
/0/currency  …     balance.currency = …  as sent
/0/type      …     balance.type = …      not in the vocabulary
/0/…         true  -                     not in the document
`, "protocol (HTTP 200): [0].amount: missing"},
		{"refusal", 530, `{"id":"S3CR3T","errorCode":"S3CR3T","message":"S3CR3T","source":"S3CR3T","type":"S3CR3T","timestamp":1}`,
			"", "unavailable (HTTP 530)"},
		{"no JSON", 503, `<html>S3CR3T</html>`, "", "unavailable (HTTP 503)"},
		{"broken off", 200, `[{"amount":"47.11",`, "", "protocol (HTTP 200): [0]: JSON ends too early"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := oneConnection(serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				_, _ = fmt.Fprint(w, c.body)
			})), "a")
			got := explained(t, config, "a")
			assert.Equal(t, outcome{1, c.stdout, "failed: home neonomics: neonomics: get balances: " + c.stderr + "\n"}, got)
			assert.NotContains(t, got.stdout+explained(t, config, "a", "-json").stdout, secret)
		})
	}
	got := explained(t, oneConnection("http://127.0.0.1:1", "a"), "a", "-json")
	assert.Equal(t, outcome{1, `{
  "connection": "home",
  "provider": "neonomics",
  "values": [],
  "failures": [
    "neonomics: get balances: unavailable: connection refused"
  ]
}
`, ""}, got)
}

func TestExplainMakesOneCall(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	config := oneConnection(serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		accounts{"b": `[{"amount":"1","currency":"NOK","type":"CLBD"}]`}.ServeHTTP(w, r)
	})), "a")
	got := explained(t, config, "b")
	assert.Equal(t, 0, got.exit, "an account that is not in the configuration")
	assert.Contains(t, got.stdout, "/0/amount")
	assert.EqualValues(t, 1, calls.Load())
}

func TestExplainIsBounded(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, accounts{"a": `[{"amount":"1","currency":"NOK","type":"CLBD"},{"amount":"2","currency":"NOK","type":"CLBD"}]`}), "a")
	file := filepath.Join(files(t, map[string]string{"config.json": config}), "config.json")
	var stdout, stderr strings.Builder
	assert.Equal(t, 0, openbalances.Explain(t.Context(), file, "a", 2, false, &stdout, &stderr))
	assert.Equal(t, outcome{0, `VALUE        SENT  FEEDS                   RULE
/0/amount    1     balance.amount = 1      as sent
/0/currency  NOK   balance.currency = NOK  as sent
`, "only the first 2 values are explained, 4 are not\nhome neonomics: 2 balances from 6 values\n"},
		outcome{0, stdout.String(), stderr.String()})
	stdout.Reset()
	assert.Equal(t, 0, openbalances.Explain(t.Context(), file, "a", 2, true, &stdout, &stderr))
	assert.Contains(t, stdout.String(), "\n  \"more\": 4\n")
	assert.Equal(t, 2000, openbalances.MaxSteps)
}

func TestExplainStoppedByTheClock(t *testing.T) {
	t.Parallel()
	got := explained(t, oneConnection(stuck(t), "slow"), "slow", "-timeout", "50ms")
	assert.Equal(t, outcome{1, "", "failed: home neonomics: no answer in time\n"}, got)
}

// Some rules need an answer that no example holds.
func TestExplainRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, row string }{
		{"exponent", `[{"amount":1.0E1,"currency":"NOK","type":"CLBD"}]`, `/0/amount +1\.0E1 +balance\.amount = 10 +written out`},
		{"provider's name", `[{"amount":"1","currency":"NOK","type":"EXPN"}]`, `balance\.type = expected +table: EXPN -> expected`},
		{"Berlin Group", `[{"amount":"1","currency":"NOK","type":"interim_booked"}]`, `balance\.type = interimBooked +name of the vocabulary`},
		{"no known name", `[{"amount":"1","currency":"NOK","type":"Trial"}]`, `balance\.type = unknown +not in the vocabulary`},
		{"no balances", `[]`, `^$`},
		{"undocumented", `[{"amount":"1","currency":"NOK","type":"CLBD","86011117947":{"NO93":"x"}}]`, `/0/… +- +not in the document`},
		{"a name that is a number", `[{"amount":"1","currency":"NOK","type":"CLBD","12":"x"}]`, `/0/… +… +- +not in the document`},
		{"long", `[{"amount":"1","currency":"NOK","type":"` + strings.Repeat("ab", 200) + `"}]`, `b?(ab){19}a?…b?(ab){19}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := explained(t, oneConnection(serve(t, accounts{"a": c.body}), "a"), "a")
			require.Equal(t, 0, got.exit, got.stderr)
			assert.Regexp(t, c.row, got.stdout)
		})
	}
}

func TestExplainMisuse(t *testing.T) {
	t.Parallel()
	folder := files(t, map[string]string{"config.json": oneConnection("http://127.0.0.1:1", "a")})
	config := filepath.Join(folder, "config.json")
	for args, line := range map[string]string{
		"-config x":                                       "explain needs -connection NAME; see openbalances explain -h",
		"-config x -account a":                            "explain needs -connection NAME; see openbalances explain -h",
		"-config x -connection home -account ..":          "-account: account id: names another path",
		"-connection home -account a":                     "explain needs -config FILE; see openbalances explain -h",
		"-config " + config + " -connection b -account a": "-connection is none of home",
	} {
		assert.Equal(t, outcome{2, "", "openbalances: " + line + "\n"}, run(t, append([]string{"explain"}, strings.Fields(args)...)...))
	}
}
