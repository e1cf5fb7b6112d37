package main_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hostile is what a provider could send to steer a terminal, to hide something, or to be calculated by a spreadsheet.
const hostile = "=HYPERLINK(1);+2\u001b]0;x\u0007\r\n\u202eevil\u2028\u0085\u00a0\U000e0041\ufeff"

func hostileBank(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(hostile)
	require.NoError(t, err)
	return serve(t, accounts{
		"a": `[{"amount":"-1.50","currency":"NOK","type":` + string(text) + `},{"amount":"2","currency":"NOK","type":"CLBD"}]`, "b": `[]`,
	})
}

func TestGetCSV(t *testing.T) {
	t.Parallel()
	config := strings.Replace(oneConnection(hostileBank(t), "a", "b", "gone"), `"home"`, `"@home, \"x\""`, 1)
	before := time.Now().Truncate(time.Millisecond)
	got := get(t, config, "-format", "csv")
	text := regexp.MustCompile(`NOK,,([^\r,]+)`).ReplaceAllStringFunc(got.stdout, func(end string) string {
		received, err := time.Parse(time.RFC3339Nano, strings.TrimPrefix(end, "NOK,,"))
		require.NoError(t, err)
		assert.WithinRange(t, received, before, time.Now())
		return "NOK,,RECEIVED"
	})
	assert.Equal(t, "connection,provider,accountId,iban,bban,type,providerType,amount,currency,asOf,receivedAt,bank,referenceDate,lastCommittedTransaction,requestId\r\n"+
		`"\u{40}home, ""x""",neonomics,a,,,unknown,\u{3d}HYPERLINK(1);\u{2b}2\u{1b}]0;x\u{7}\u{d}\u{a}\u{202e}evil\u{2028}\u{85}`+
		`\u{a0}\u{e0041}\u{feff},-1.50,NOK,,RECEIVED,,,,`+"\r\n"+
		`"\u{40}home, ""x""",neonomics,a,,,closingBooked,CLBD,2,NOK,,RECEIVED,,,,`+"\r\n", text)
	assert.Equal(t, `failed: @home, "x" neonomics gone: neonomics: get balances: not_found (HTTP 404)
2 balances from 2 accounts, 1 failed
`, got.stderr)
	assert.Equal(t, 1, got.exit)
}

func TestGetCSVHasTheValuesOfTheJSON(t *testing.T) {
	t.Parallel()
	config := strings.ReplaceAll(goodSandboxConfig, "SANDBOX", serveSandbox(t))
	rows, err := csv.NewReader(strings.NewReader(get(t, config, "-format", "csv").stdout)).ReadAll()
	require.NoError(t, err)
	var document struct{ Balances []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(get(t, config, "-json").stdout), &document))
	require.Len(t, rows, len(document.Balances)+1)
	require.NotEmpty(t, document.Balances)
	for i, balance := range document.Balances {
		for column, name := range rows[0] {
			want, _ := balance[name].(string)
			if name == "receivedAt" || name == "requestId" && want != "" {
				assert.NotEmpty(t, rows[i+1][column])
				continue
			}
			assert.Equal(t, want, rows[i+1][column], name)
		}
	}
}

const goodSandboxConfig = `{"connections":[{"name":"gulf","provider":"onesingleview","baseURL":"SANDBOX/onesingleview",
"accounts":["100004000000000000000014","100004000000000000000004"],"credentials":{"clientId":"c","clientCode":"5e0c2f8a-91d4-4f6e-8b39-6d1f1c7a2b90",
"signatureKey":"k","accessToken":"t","merchantId":"APIS-300505","bankCode":"SVMB01","consentId":"urn:SVMB01:kac-0d7f6c1e-2b34-4c8e-9f0a-5b6c7d8e9f01"}},
{"name":"shop","provider":"mypos","baseURL":"SANDBOX/mypos","accounts":["50044620073"],
"credentials":{"accessToken":"t","apiKey":"k","consentId":"3f1c9a52-6f0e-4b7e-9a43-2f0b8c6d1e11"}}]}`

func TestFormatsAreHarmless(t *testing.T) {
	t.Parallel()
	config := oneConnection(hostileBank(t), "a")
	for _, args := range [][]string{{}, {"-format", "table"}, {"-format", "csv"}, {"-format", "json"}} {
		got := get(t, config, args...)
		require.Equal(t, 0, got.exit)
		assertHarmless(t, got)
	}
	folder := files(t, map[string]string{"config.json": config})
	for _, args := range [][]string{{}, {"-json"}} {
		assertHarmless(t, run(t, append([]string{"explain", "-config", folder + "/config.json", "-connection", "home", "-account", "a"}, args...)...))
	}
}

func assertHarmless(t *testing.T, got outcome) {
	t.Helper()
	assert.Contains(t, got.stdout, "evil")
	for _, r := range got.stdout + got.stderr {
		assert.True(t, r == '\n' || r == '\r' || unicode.IsPrint(r), "%q", r)
	}
	assert.NotContains(t, strings.ReplaceAll(got.stdout, "\r\n", ""), "\r")
}

func TestFormatFlags(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, accounts{"a": `[]`}), "a")
	document := get(t, config, "-json")
	assert.Equal(t, document, get(t, config, "-format", "json"))
	assert.Equal(t, document, get(t, config, "-format", "json", "-json"))
	assert.Equal(t, get(t, config), get(t, config, "-format", "table"))
	for _, command := range []string{"get", "accounts", "demo"} {
		for flags, line := range map[string]string{
			"-json -format csv":   "-json and -format csv contradict each other",
			"-format table -json": "-json and -format table contradict each other",
			"-format xml":         "-format is none of table, json, csv",
			"-format JSON":        "-format is none of table, json, csv",
		} {
			args := strings.Fields(command + " " + flags)
			if command != "demo" {
				args = append(args, "-config", "nowhere.json")
			}
			assert.Equal(t, outcome{2, "", "openbalances: " + line + "\n"}, run(t, args...))
		}
	}
}

func TestUnwritableOutputOfGet(t *testing.T) {
	t.Parallel()
	for _, as := range []string{"csv", "json", "table"} {
		args := getArgs(t, oneConnection(serve(t, accounts{"a": `[]`}), "a"), "-format", as)
		assert.Equal(t, 1, openbalances.Run(t.Context(), args, full{}, io.Discard), as)
	}
}
