// Package configtest has a configuration, everything that can be wrong with it, and the files that it names.
package configtest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/require"
)

// Secret stands in every configured value.
const Secret = "S3CR3T"

// Names of environment variables: one with a token, one that is empty, and one that is not set.
const (
	Token  = "OPENBALANCES_TEST_TOKEN"
	Empty  = "OPENBALANCES_TEST_EMPTY"
	Absent = "OPENBALANCES_TEST_ABSENT"
)

// Getenv is an environment with nothing but these.
func Getenv(name string) string { return map[string]string{Token: "token-" + Secret}[name] }

// Good are two good connections, at SERVER; the faults below break them one at a time. Every configured value holds [Secret].
const Good = `{"connections":[
{"name":"home","provider":"neonomics","baseURL":"SERVER/neonomics","accounts":["account-S3CR3T-1","account-S3CR3T-2"],
 "credentials":{"accessToken":"env:OPENBALANCES_TEST_TOKEN","sessionId":"session-S3CR3T","deviceId":"device-S3CR3T"},
 "psu":{"ipAddress":"203.0.113.7","userAgent":"agent-S3CR3T"}},
{"name":"work","provider":"mypos","baseURL":"SERVER/mypos","accounts":["50044620073"],
 "credentials":{"accessToken":"access-S3CR3T","apiKey":"file:keys/api.key","consentId":"consent-S3CR3T"},
 "tls":{"clientCert":"signing.pem","clientKey":"signing.key","rootCAs":"signing.pem"}}]}`

const eikaFault = `"provider":"eika","baseURL":"SERVER/eika","accounts":["a"],"credentials":{`

// Fault is a text of a configuration, what replaces it, and the line that has to follow.
type Fault struct{ Name, Old, New, Line string }

// Faults are those of [Good].
var Faults = []Fault{
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
	{"unset variable", `env:OPENBALANCES_TEST_TOKEN`, `env:` + Absent, "connections[0] (home): credentials.accessToken: environment variable " + Absent + " is not set or empty"},
	{"empty variable", `env:OPENBALANCES_TEST_TOKEN`, `env:` + Empty, "connections[0] (home): credentials.accessToken: environment variable " + Empty + " is not set or empty"},
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

// Folder returns a new folder with Files and others.
func Folder(t testing.TB, more map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	if strings.Contains(more["config.json"], "fifo") {
		require.NoError(t, exec.Command("mkfifo", filepath.Join(folder, "fifo")).Run())
	}
	for _, files := range []map[string]string{Files(t), more} {
		for name, text := range files {
			file := filepath.Join(folder, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		}
	}
	return folder
}

var (
	makeFiles sync.Once
	madeFiles map[string]string
)

// Files are PEM files with certificates and keys, good ones and others, and files that credentials name.
func Files(t testing.TB) map[string]string {
	t.Helper()
	makeFiles.Do(func() {
		certificate, key := tlstest.PEM(t, tlstest.SigningPair())
		_, other := tlstest.PEM(t, tlstest.SigningPair())
		block, _ := pem.Decode([]byte(key))
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		require.NoError(t, err)
		pkcs1 := pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(parsed.(*rsa.PrivateKey))}
		_, elliptic := tlstest.PEM(t, tlstest.NewAuthority(t).Issue(t, nil))
		madeFiles = map[string]string{
			"signing.pem": certificate, "signing.key": key, "keys/signing.key": string(pem.EncodeToMemory(&pkcs1)),
			"chain.pem": "Bag Attributes\n" + certificate + certificate, "other.key": other, "elliptic.key": elliptic,
			"broken.pem": broken("CERTIFICATE") + broken("PRIVATE KEY"), "keys/api.key": "key-" + Secret + "\r\n",
			"empty": "\n", "lines": Secret + "\n" + Secret + "\n", "large": strings.Repeat(Secret+" ", 10_000),
		}
	})
	return madeFiles
}

func broken(kind string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(Secret)}))
}
