package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two good connections; the faults below break them one at a time. Every configured value holds S3CR3T.
const goodConfig = `{"connections":[
{"name":"home","provider":"neonomics","baseURL":"SERVER/neonomics","accounts":["account-S3CR3T-1","account-S3CR3T-2"],
 "credentials":{"accessToken":"env:OPENBALANCES_TEST_TOKEN","sessionId":"session-S3CR3T","deviceId":"device-S3CR3T"},
 "psu":{"ipAddress":"203.0.113.7","userAgent":"agent-S3CR3T"}},
{"name":"work","provider":"mypos","baseURL":"SERVER/mypos","accounts":["50044620073"],
 "credentials":{"accessToken":"access-S3CR3T","apiKey":"file:keys/api.key","consentId":"consent-S3CR3T"},
 "tls":{"clientCert":"signing.pem","clientKey":"signing.key","rootCAs":"signing.pem"}}]}`

const eikaFault = `"provider":"eika","baseURL":"SERVER/eika","accounts":["a"],"credentials":{`

// configFaults are a text of goodConfig, what replaces it, and the line that has to follow.
var configFaults = []struct{ name, old, new, line string }{
	{"unknown provider", `"mypos"`, `"bank-S3CR3T"`, "connections[1] (work): provider: none of " + strings.Join(specs.Providers(), " ")},
	{"no provider", `"provider":"mypos",`, ``, "connections[1] (work): provider: none of " + strings.Join(specs.Providers(), " ")},
	{"unknown key", `"accounts":["5`, `"accountz":["5`, `connections[1]."accountz": not a known name, did you mean accounts?`},
	{"unknown key at the top", `{"connections"`, `{"timeout":1,"connections"`, `"timeout": not a known name`},
	{"key in other case", `"psu":{"ipAddress"`, `"psu":{"ipaddress"`, `connections[0].psu."ipaddress": not a known name, did you mean ipAddress?`},
	{"duplicate key", `"name":"work"`, `"name":"work","name":"work"`, "connections[1].name: name occurs twice"},
	{"duplicate credential", `"apiKey":`, `"apiKey":"x","apiKey":`, `connections[1].credentials."apiKey": name occurs twice`},
	{"wrong type", `"50044620073"`, `50044620073`, "connections[1].accounts[0]: wrong JSON type"},
	{"wrong type of credential", `"file:keys/api.key"`, `["S3CR3T"]`, `connections[1].credentials."apiKey": wrong JSON type`},
	{"text after the document", `]}`, `]} S3CR3T`, "not valid JSON (line 7, column 90)"},
	{"cut off", `"tls":{`, `"tls"`, "connections[1].tls: not valid JSON (line 7, column 7)"},
	{"no name", `"name":"work"`, `"name":""`, "connections[1] (): name: missing"},
	{"name twice", `"name":"work"`, `"name":"home"`, "connections[1] (home): name: used by an earlier connection"},
	{"http to the world", `SERVER/mypos`, `http://S3CR3T.example/mypos`, "connections[1] (work): baseURL: http is for loopback hosts only, use https"},
	{"other scheme", `SERVER/mypos`, `ftp://127.0.0.1/S3CR3T`, "connections[1] (work): baseURL: neither https nor http"},
	{"user in the address", `SERVER/mypos`, `https://u:S3CR3T@127.0.0.1/`, "connections[1] (work): baseURL: has more than host and path"},
	{"no accounts", `["50044620073"]`, `[]`, "connections[1] (work): accounts: missing"},
	{"empty account", `"50044620073"`, `""`, "connections[1] (work): accounts[0]: missing"},
	{"account leads elsewhere", `"50044620073"`, `".."`, "connections[1] (work): accounts[0]: names another path"},
	{"account with a path", `"50044620073"`, `"S3CR3T/../1"`, "connections[1] (work): accounts[0]: names another path"},
	{"account twice", `"account-S3CR3T-2"`, `"account-S3CR3T-1"`, "connections[0] (home): accounts[1]: occurs twice"},
	{"missing credential", `"apiKey":"file:keys/api.key",`, ``, "connections[1] (work): credentials.apiKey: missing"},
	{"empty credential", `"file:keys/api.key"`, `""`, "connections[1] (work): credentials.apiKey: empty"},
	{"unknown credential", `"apiKey":`, `"password":"S3CR3T","apiKey":`, "connections[1] (work): credentials.password: not taken by mypos"},
	{"CR and LF in a credential", `access-S3CR3T`, `S3CR3T\r\nX-Evil: 1`, "connections[1] (work): credentials.accessToken: holds a control character"},
	{"unset variable", `env:OPENBALANCES_TEST_TOKEN`, `env:` + absentName, "connections[0] (home): credentials.accessToken: environment variable " + absentName + " is not set or empty"},
	{"empty variable", `env:OPENBALANCES_TEST_TOKEN`, `env:` + emptyVariable, "connections[0] (home): credentials.accessToken: environment variable " + emptyVariable + " is not set or empty"},
	{"not a variable", `env:OPENBALANCES_TEST_TOKEN`, `env:my S3CR3T`, "connections[0] (home): credentials.accessToken: env: is not followed by a variable's name"},
	{"missing file", `file:keys/api.key`, `file:S3CR3T.key`, "connections[1] (work): credentials.apiKey: no such file"},
	{"empty file", `file:keys/api.key`, `file:empty`, "connections[1] (work): credentials.apiKey: empty"},
	{"large file", `file:keys/api.key`, `file:large`, "connections[1] (work): credentials.apiKey: the file is larger than 64 KiB"},
	{"folder for a file", `file:keys/api.key`, `file:.`, "connections[1] (work): credentials.apiKey: the file cannot be read"},
	{"FIFO for a file", `file:keys/api.key`, `file:fifo`, "connections[1] (work): credentials.apiKey: not a regular file"},
	{"device for a file", `file:keys/api.key`, `file:/dev/zero`, "connections[1] (work): credentials.apiKey: not a regular file"},
	{"FIFO for a key", `"clientKey":"signing.key"`, `"clientKey":"fifo"`, "connections[1] (work): tls.clientKey: not a regular file"},
	{"FIFO for roots", `"rootCAs":"signing.pem"`, `"rootCAs":"fifo"`, "connections[1] (work): tls.rootCAs: not a regular file"},
	{"two lines in a file", `file:keys/api.key`, `file:lines`, "connections[1] (work): credentials.apiKey: holds a control character"},
	{"no PSU address", `"ipAddress":"203.0.113.7",`, ``, "connections[0] (home): psu.ipAddress: missing"},
	{"PSU address is none", `203.0.113.7`, `S3CR3T`, "connections[0] (home): psu.ipAddress: not an IP address"},
	{"PSU address is private", `203.0.113.7`, `10.1.2.3`, "connections[0] (home): psu.ipAddress: not a public IP address"},
	{"PSU text", `agent-S3CR3T`, `agent\u0007S3CR3T`, "connections[0] (home): psu.userAgent: holds a control character"},
	{"PSU port", `"userAgent"`, `"ipPort":70000,"userAgent"`, "connections[0].psu.ipPort: wrong JSON type"},
	{"client key is missing", `,"clientKey":"signing.key"`, ``, "connections[1] (work): tls.clientKey: missing beside clientCert"},
	{"client certificate is missing", `"clientCert":"signing.pem",`, ``, "connections[1] (work): tls.clientCert: missing beside clientKey"},
	{"no client certificate file", `"clientCert":"signing.pem"`, `"clientCert":"S3CR3T.pem"`, "connections[1] (work): tls.clientCert: no such file"},
	{"no client key file", `"signing.key"`, `"S3CR3T.key"`, "connections[1] (work): tls.clientKey: no such file"},
	{"client key of another", `"signing.key"`, `"other.key"`, "connections[1] (work): tls.clientCert: not a PEM certificate that belongs to the PEM key in clientKey; cure: the pair of one order, your own certificate first"},
	{"roots hold no certificate", `"rootCAs":"signing.pem"`, `"rootCAs":"signing.key"`, "connections[1] (work): tls.rootCAs: a private key where a certificate is wanted; cure: name the file of the certificate"},
	{"eika without key", `"provider":"mypos","baseURL":"SERVER/mypos","accounts":["50044620073"],
 "credentials":{"accessToken":"access-S3CR3T","apiKey":"file:keys/api.key","consentId":"consent-S3CR3T"`,
		eikaFault + `"signingCert":"signing.pem"`, "connections[1] (work): credentials.signingKey: missing"},
}

// eikaFaults are values for eika's signingCert and signingKey.
var eikaFaults = []struct{ name, certificate, key, line string }{
	{"key of another certificate", "signing.pem", "other.key", "credentials.signingKey: the signing key does not belong to the certificate"},
	{"elliptic key", "signing.pem", "elliptic.key", "credentials.signingKey: rsa-sha256 needs an RSA key"},
	{"certificate for a key", "signing.pem", "signing.pem", "credentials.signingKey: a certificate where a private key is wanted; cure: name the file of the key"},
	{"key for a certificate", "signing.key", "signing.key", "credentials.signingCert: a private key where a certificate is wanted; cure: name the file of the certificate"},
	{"broken certificate", "broken.pem", "signing.key", "credentials.signingCert: not a readable X.509 certificate"},
	{"broken key", "signing.pem", "broken.pem", "credentials.signingKey: not a readable private key"},
	{"no file", "S3CR3T.pem", "signing.key", "credentials.signingCert: no such file"},
	{"PEM in a variable that is not set", "env:" + absentName, "signing.key", "credentials.signingCert: environment variable " + absentName + " is not set or empty"},
}

func TestConfigFaultsSendNothingAndShowNoValue(t *testing.T) {
	t.Parallel()
	faults := map[string][2]string{}
	for _, c := range configFaults {
		require.Contains(t, goodConfig, c.old)
		faults[c.name] = [2]string{strings.Replace(goodConfig, c.old, c.new, 1), c.line}
	}
	for _, c := range eikaFaults {
		config := `{"connections":[{"name":"home",` + eikaFault + `"signingCert":"` + c.certificate + `","signingKey":"` + c.key + `"}}]}`
		faults["eika "+c.name] = [2]string{config, "connections[0] (home): " + c.line}
	}
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, calls := getCounting(t, c[0])
			assert.Equal(t, outcome{2, "", "openbalances: config: " + c[1] + "\n"}, got)
			assert.Zero(t, calls, "something was sent")
			assert.NotContains(t, got.stderr, "S3CR3T")
		})
	}
}

func TestConfigFaultsOfTheWholeFile(t *testing.T) {
	t.Parallel()
	for config, line := range map[string]string{
		``:                            "JSON ends too early (line 1, column 1)",
		`{}`:                          "connections: missing",
		`null`:                        "connections: missing",
		`{"connections":[]}`:          "connections: missing",
		`[]`:                          "wrong JSON type",
		strings.Repeat(" ", 64<<20+1): "config.json: the file is larger than 65536 KiB",
	} {
		got := on(t, config, "get")
		assert.Equal(t, 2, got.exit, "%.20q", config)
		assert.Contains(t, got.stderr, line+"\n", "%.20q", config)
		assert.Equal(t, 1, strings.Count(got.stderr, "\n"), "%.20q", config)
	}
	for file, line := range map[string]string{"nowhere.json": "no such file", "/dev/zero": "not a regular file", ".": "the file cannot be read"} {
		assert.Equal(t, outcome{2, "", "openbalances: config: " + file + ": " + line + "\n"}, run(t, "get", "-config", file))
	}
}

// Connections and accounts may be more than an answer can have elements, in more than the megabyte of an answer.
func TestConfigOfAnySize(t *testing.T) {
	t.Parallel()
	ids := make([]string, 60_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("account-of-twenty-%d", i)
	}
	connections := []string{neonomics("all", "http://127.0.0.1:9", append(ids, ids[0])...)}
	for i := range 12_000 {
		connections = append(connections, neonomics(fmt.Sprint(i), "http://127.0.0.1:9", "1"))
	}
	connections = append(connections, neonomics("0", "http://127.0.0.1:9", "1"))
	got := on(t, configOf(connections...), "get")
	assert.Equal(t, outcome{2, "", "openbalances: config: connections[0] (all): accounts[60000]: occurs twice\n" +
		"openbalances: config: connections[12001] (0): name: used by an earlier connection\n"}, got)
}

func TestConfigNamesAllFaults(t *testing.T) {
	t.Parallel()
	got := on(t, `{"connections":[
		{"name":"a","provider":"tokenio","accounts":["1",".."],"credentials":{"x":"1","accessToken":"t","apiKey":"k"},"psu":{"ipAddress":"::1"}},
		{"name":"a\u001b[2J","provider":"none","accounts":[],"credentials":{}},
		{"name":"a","provider":"mypos","baseURL":"nowhere","accounts":["1"],"credentials":{"apiKey":"k"},"tls":{"rootCAs":"no.pem"}}]}`, "get")
	assert.Equal(t, outcome{2, "", `openbalances: config: connections[0] (a): accounts[1]: names another path
openbalances: config: connections[0] (a): psu.ipAddress: not a public IP address
openbalances: config: connections[0] (a): credentials.onBehalfOf: missing
openbalances: config: connections[0] (a): credentials: exactly one of accessToken, apiKey, signingKey is needed
openbalances: config: connections[0] (a): credentials.x: not taken by tokenio
openbalances: config: connections[1] (a\u{1b}[2J): accounts: missing
openbalances: config: connections[1] (a\u{1b}[2J): provider: none of ` + strings.Join(specs.Providers(), " ") + `
openbalances: config: connections[2] (a): credentials.consentId: missing
openbalances: config: connections[2] (a): credentials.accessToken: missing
openbalances: config: connections[2] (a): tls.rootCAs: no such file
openbalances: config: connections[2] (a): baseURL: no host
openbalances: config: connections[2] (a): name: used by an earlier connection
`}, got)
}

// The faults above are tested against a configuration that sends. Accounts may be left out; an empty list is a mistake.
func TestGoodConfigIsGood(t *testing.T) {
	t.Parallel()
	for old, replacement := range map[string]string{"": "", `"accounts":["50044620073"],`: ``, `["50044620073"]`: `null`} {
		got, calls := getCounting(t, strings.Replace(goodConfig, old, replacement, 1))
		assert.Equal(t, 1, got.exit)
		assert.Contains(t, got.stderr, "failed: work mypos")
		assert.EqualValues(t, 3, calls)
	}
}

// getCounting runs get against a server that refuses everything and counts.
func getCounting(t *testing.T, config string) (outcome, int64) {
	t.Helper()
	var calls atomic.Int64
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusTeapot)
	}))
	return on(t, strings.ReplaceAll(config, "SERVER", server), "get"), calls.Load()
}
