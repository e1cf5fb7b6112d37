package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// explained is what explain prints for an account of one connection.
func explained(t *testing.T, config, account string, flags ...string) outcome {
	t.Helper()
	folder := files(t, map[string]string{"config.json": config})
	args := append([]string{"explain", "-config", filepath.Join(folder, "config.json"), "-connection", "home", "-account", account}, flags...)
	got := run(t, args...)
	got.stdout = received.ReplaceAllString(got.stdout, "RECEIVED$1")
	return got
}

// received finds the time of receipt, which is in whole seconds.
var received = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ( +when|",\n +"rule": "when)`)

// The goldens say for each account of five.json what the provider's page and the adapter's comment say: which value
// becomes which field.
func TestExplainEveryProvider(t *testing.T) {
	t.Parallel()
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
	for _, c := range config.Connections {
		for i, account := range c.Accounts {
			t.Run(fmt.Sprint(c.Name, i), func(t *testing.T) {
				t.Parallel()
				golden, err := os.ReadFile(filepath.Join("testdata", "explain", fmt.Sprintf("%s%d.txt", c.Name, i)))
				require.NoError(t, err)
				got := run(t, "explain", "-config", filepath.Join(folder, "five.json"), "-connection", c.Name, "-account", account)
				assert.Equal(t, string(golden), received.ReplaceAllString(got.stdout, "RECEIVED$1")+got.stderr)
				assert.Equal(t, strings.Contains(got.stderr, "failed: "), got.exit == 1)
				assert.NotContains(t, got.stdout+got.stderr, account)
			})
		}
	}
}

func TestExplainJSON(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, accounts{"a": `[{"amount":1.50,"currency":"NOK","type":"CLBD","extra":null}]`}), "a")
	assert.Equal(t, outcome{0, `{
  "connection": "home",
  "provider": "neonomics",
  "status": 200,
  "values": [
    {
      "pointer": "/0/amount",
      "sent": 1.50,
      "feeds": [
        {
          "field": "balances[0].amount",
          "value": "1.50",
          "rule": "exact, scale kept"
        }
      ],
      "rule": "required"
    },
    {
      "pointer": "/0/currency",
      "sent": "NOK",
      "feeds": [
        {
          "field": "balances[0].currency",
          "value": "NOK",
          "rule": "as sent"
        }
      ],
      "rule": "required"
    },
    {
      "pointer": "/0/type",
      "sent": "CLBD",
      "feeds": [
        {
          "field": "balances[0].providerType",
          "value": "CLBD",
          "rule": "as sent"
        },
        {
          "field": "balances[0].type",
          "value": "closingBooked",
          "rule": "Berlin Group or ISO 20022 name"
        }
      ],
      "rule": "required"
    },
    {
      "pointer": "/0/…",
      "sent": null,
      "feeds": [],
      "rule": "not used"
    }
  ],
  "derived": [
    {
      "field": "balances[0].provider",
      "value": "neonomics",
      "rule": "the adapter's name"
    },
    {
      "field": "balances[0].accountId",
      "value": "…",
      "rule": "the account asked for"
    },
    {
      "field": "balances[0].receivedAt",
      "value": "RECEIVED",
      "rule": "when the answer arrived"
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
			`VALUE        SENT  FEEDS  RULE
/0/amount    null  -
/0/currency  …     -
/0/type      …     -
/0/…         true  -
`, "protocol (HTTP 200): [0].amount: missing"},
		{"refusal", 530, `{"id":"S3CR3T","errorCode":"S3CR3T","message":"S3CR3T","source":"S3CR3T","type":"S3CR3T","timestamp":1}`,
			`VALUE       SENT  FEEDS                RULE
/id         …     -
/errorCode  …     failure.code = …     part of the failure
/message    …     failure.message = …  part of the failure
/source     …     -
/type       …     -
/timestamp  …     -
`, "unavailable (HTTP 530)"},
		{"name twice", 200, `[{"amount":"47.11","amount":"S3CR3T","currency":"NOK","type":"S3CR3T"}]`,
			`VALUE        SENT  FEEDS                                           RULE
/0/amount    …     failure.detail = [0].amount: name occurs twice  part of the failure
/0/amount    …     failure.kind = protocol                         part of the failure
/0/currency  …     -
/0/type      …     -
`, "protocol (HTTP 200): [0].amount: name occurs twice"},
		{"no JSON", 503, `<html>S3CR3T</html>`, "", "unavailable (HTTP 503)"},
		{"broken off", 200, `[{"amount":"47.11",`, "", "protocol (HTTP 200): [0]: JSON ends too early"},
		{"no UTF-8", 200, "[{\"amount\":\"47.11\",\"currency\":\"NOK\",\"type\":\"S3CR3T\xff\"}]", "", "protocol (HTTP 200): [0].type: not valid JSON"},
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
  "derived": [],
  "failure": "neonomics: get balances: unavailable: connection refused"
}
`, ""}, got)
}

// Whatever happens to the answer afterwards, the provider sees one call.
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
	assert.Equal(t, outcome{0, `VALUE        SENT   FEEDS                       RULE
/0/amount    "1"    balances[0].amount = 1      exact, scale kept; required
/0/currency  "NOK"  balances[0].currency = NOK  as sent; required
`, "only the first 2 values are explained, 4 are not\nhome neonomics: 2 balances from 6 values\n"},
		outcome{0, stdout.String(), stderr.String()}, "a field that no value was found for may come from one that was not tried")
	stdout.Reset()
	assert.Equal(t, 0, openbalances.Explain(t.Context(), file, "a", 2, true, &stdout, &stderr))
	assert.Contains(t, stdout.String(), "\n  \"more\": 4,\n  \"derived\": []\n")
	assert.Equal(t, 2000, openbalances.MaxLeaves)
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
		{"exponent", `[{"amount":1.0E1,"currency":"NOK","type":"CLBD"}]`, `/0/amount +1\.0E1 +balances\[0\]\.amount = 10 +exact, scale kept; required`},
		{"provider's name", `[{"amount":"1","currency":"NOK","type":"EXPN"}]`, `balances\[0\]\.type = expected +the provider's own name, see go doc adapters/neonomics`},
		{"Berlin Group", `[{"amount":"1","currency":"NOK","type":"interim_booked"}]`, `balances\[0\]\.type = interimBooked +Berlin Group or ISO 20022 name`},
		{"no known name", `[{"amount":"1","currency":"NOK","type":"Trial"}]`, `balances\[0\]\.type = unknown +not a known name`},
		{"a name without letters", `[{"amount":"1","currency":"NOK","type":"?"}]`, `"\?" +balances\[0\]\.providerType = \?`},
		{"zero", `[{"amount":"0.00","currency":"NOK","type":"CLBD"}]`, `/0/amount +"0\.00" +balances\[0\]\.amount = 0\.00 +exact, scale kept; required`},
		{"no balances", `[]`, `^VALUE  SENT  FEEDS  RULE\n +\[\] +- +the whole answer\n$`},
		{"undocumented", `[{"amount":"1","currency":"NOK","type":"CLBD","86011117947":{"NO93":"x"}}]`, `/0/…/… +… +- +not used`},
		{"long", `[{"amount":"1","currency":"NOK","type":"` + strings.Repeat("ab", 200) + `"}]`, `"(ab){19}…b?(ab){19}" +balances`},
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
		"-config x -connection home":                      "explain needs -connection NAME and -account ID; see openbalances explain -h",
		"-config x -account a":                            "explain needs -connection NAME and -account ID; see openbalances explain -h",
		"-config x -connection home -account ..":          "explain needs -connection NAME and -account ID; see openbalances explain -h",
		"-connection home -account a":                     "explain needs -config FILE; see openbalances explain -h",
		"-config " + config + " -connection b -account a": "-connection is none of home",
	} {
		assert.Equal(t, outcome{2, "", "openbalances: " + line + "\n"}, run(t, append([]string{"explain"}, strings.Fields(args)...)...))
	}
}

func FuzzExplainWritesWhatItReads(f *testing.F) {
	for _, body := range []string{`{"a":[1,2.50,{"b":null}],"":""}`, `[]`, `"x"`, `{"a":1} 2`, `[1,]`, `1e999`, `{"a":{}}`, "[\"\\u2028<\"]"} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		again, ok := openbalances.ParseTree([]byte(body))
		if !ok {
			return
		}
		assert.Equal(t, values(t, []byte(body)), values(t, again))
	})
}

// values decodes a body with its numbers as they are written.
func values(t *testing.T, body []byte) (value any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&value))
	require.ErrorIs(t, decoder.Decode(new(any)), io.EOF)
	return value
}
