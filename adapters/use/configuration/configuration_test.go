package configuration_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const eikaFault = `"provider":"eika","baseURL":"SERVER/eika","accounts":["a"],"credentials":{`

// eikaFaults are values for eika's signingCert and signingKey.
var eikaFaults = []struct{ name, certificate, key, line string }{
	{"key of another certificate", "signing.pem", "other.key", "credentials.signingKey: the signing key does not belong to the certificate"},
	{"elliptic key", "signing.pem", "elliptic.key", "credentials.signingKey: rsa-sha256 needs an RSA key"},
	{"certificate for a key", "signing.pem", "signing.pem", "credentials.signingKey: a certificate where a private key is wanted; cure: name the file of the key"},
	{"key for a certificate", "signing.key", "signing.key", "credentials.signingCert: a private key where a certificate is wanted; cure: name the file of the certificate"},
	{"broken certificate", "broken.pem", "signing.key", "credentials.signingCert: not a readable X.509 certificate"},
	{"broken key", "signing.pem", "broken.pem", "credentials.signingKey: not a readable private key"},
	{"no file", "S3CR3T.pem", "signing.key", "credentials.signingCert: no such file"},
	{"PEM in a variable that is not set", "env:" + configtest.Absent, "signing.key", "credentials.signingCert: environment variable " + configtest.Absent + " is not set or empty"},
}

// open opens every connection of the configuration in a file.
func open(file string) ([]*configuration.Connection, error) {
	read, err := configuration.Read(file, &configuration.Options{Getenv: configtest.Getenv})
	if err != nil {
		return nil, err
	}
	return read.Open()
}

// openText does so for a text, beside which the files of package configtest lie.
func openText(t *testing.T, text string) ([]*configuration.Connection, error) {
	t.Helper()
	return open(filepath.Join(configtest.Folder(t, map[string]string{"config.json": text}), "config.json"))
}

// problems are the lines of an error, none if it is nil.
func problems(t *testing.T, err error) (lines []string) {
	t.Helper()
	if err == nil {
		return nil
	}
	var wrong *configuration.Error
	require.ErrorAs(t, err, &wrong)
	require.NotEmpty(t, wrong.Problems)
	for _, problem := range wrong.Problems {
		lines = append(lines, problem.String())
	}
	return lines
}

// teapot is a server that refuses everything and counts.
func teapot(t *testing.T) (url string, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.WriteHeader(http.StatusTeapot)
	}))
	t.Cleanup(server.Close)
	return server.URL, calls
}

func TestFaultsSendNothingAndShowNoValue(t *testing.T) {
	t.Parallel()
	faults := map[string][2]string{}
	for _, c := range configtest.Faults {
		require.Contains(t, configtest.Good, c.Old)
		faults[c.Name] = [2]string{strings.Replace(configtest.Good, c.Old, c.New, 1), c.Line}
	}
	for _, c := range eikaFaults {
		config := `{"connections":[{"name":"home",` + eikaFault + `"signingCert":"` + c.certificate + `","signingKey":"` + c.key + `"}}]}`
		faults["eika "+c.name] = [2]string{config, "connections[0] (home): " + c.line}
	}
	for name, c := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, calls := teapot(t)
			_, err := openText(t, strings.ReplaceAll(c[0], "SERVER", url))
			assert.Equal(t, []string{c[1]}, problems(t, err))
			assert.EqualError(t, err, "config: "+c[1])
			assert.Zero(t, calls.Load(), "something was sent")
			assert.NotContains(t, err.Error(), configtest.Secret)
		})
	}
}

// The faults are tested against a configuration that opens. Accounts may be left out; an empty list is a mistake.
func TestGoodIsGood(t *testing.T) {
	t.Parallel()
	url, calls := teapot(t)
	for old, replacement := range map[string]string{"": "", `"accounts":["50044620073"],`: ``, `["50044620073"]`: `null`} {
		before := calls.Load()
		opened, err := openText(t, strings.ReplaceAll(strings.Replace(configtest.Good, old, replacement, 1), "SERVER", url))
		require.NoError(t, err)
		require.Len(t, opened, 2)
		assert.Equal(t, []string{"account-S3CR3T-1", "account-S3CR3T-2"}, opened[0].Accounts)
		assert.Equal(t, old == "", opened[1].Accounts != nil)
		for _, c := range opened {
			_, err := c.Source.Balances(t.Context(), "1", c.PSU)
			assert.Error(t, err)
		}
		assert.EqualValues(t, before+2, calls.Load())
	}
}

func TestFaultsOfTheWholeFile(t *testing.T) {
	t.Parallel()
	for text, line := range map[string]string{
		``:                            "JSON ends too early (line 1, column 1)",
		`{}`:                          "connections: missing",
		`null`:                        "connections: missing",
		`{"connections":[]}`:          "connections: missing",
		`[]`:                          "wrong JSON type",
		strings.Repeat(" ", 64<<20+1): "the file is larger than 65536 KiB",
	} {
		read, err := configuration.Parse(strings.NewReader(text), "", nil)
		if err == nil {
			_, err = read.Open()
		}
		assert.Equal(t, []string{line}, problems(t, err), "%.20q", text)
	}
	for file, line := range map[string]string{"nowhere.json": "no such file", "/dev/zero": "not a regular file", ".": "the file cannot be read"} {
		_, err := open(file)
		assert.Equal(t, []string{file + ": " + line}, problems(t, err))
	}
	_, err := configuration.Parse(broken{}, "", nil)
	assert.Equal(t, []string{"it cannot be read"}, problems(t, err))
	_, err = configuration.Read("", &configuration.Options{Getenv: configtest.Getenv})
	assert.Equal(t, []string{"neither OPENBALANCES_CONFIG nor a folder of the user's is set"}, problems(t, err))
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken") }

// Connections and accounts may be more than an answer can have elements, in more than the megabyte of an answer.
func TestAnySize(t *testing.T) {
	t.Parallel()
	ids := make([]string, 60_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("account-of-twenty-%d", i)
	}
	all := []string{neonomics("all", `"accounts":["`+strings.Join(append(ids, ids[0]), `","`)+`"],`)}
	for i := range 12_000 {
		all = append(all, neonomics(fmt.Sprint(i), ""))
	}
	opened, err := openText(t, configOf(append(all, neonomics("0", ""))...))
	assert.Equal(t, []string{"connections[0] (all): accounts[60000]: occurs twice", "connections[12001] (0): name: used by an earlier connection"}, problems(t, err))
	assert.Len(t, opened, 12_000, "one bad entry hides no good one")
}

// neonomics is an entry with more members.
func neonomics(name, members string) string {
	return `{"name":"` + name + `","provider":"neonomics","baseURL":"http://127.0.0.1:9",` + members +
		`"credentials":{"accessToken":"t","sessionId":"s","deviceId":"d"}}`
}

func configOf(entries ...string) string {
	return `{"connections":[` + strings.Join(entries, ",") + `]}`
}

func TestTokenCredentials(t *testing.T) {
	t.Parallel()
	for credentials, line := range map[string]string{
		`"sessionId":"s","deviceId":"d"`:                                                  "credentials: accessToken or clientId and clientSecret is needed",
		`"clientId":"S3CR3T","sessionId":"s","deviceId":"d"`:                              "credentials.clientSecret: missing",
		`"accessToken":"t","clientSecret":"S3CR3T","sessionId":"s","deviceId":"d"`:        "credentials.clientSecret: given besides accessToken",
		`"clientId":"c","clientsecret":"S3CR3T","sessionId":"s","deviceId":"d"`:           "credentials.clientSecret: missing\nconnections[0] (home): credentials.clientsecret: not taken by neonomics, did you mean clientSecret?",
		`"clientId":"c","clientSecret":"S3\r","sessionId":"s","deviceId":"d"`:             "credentials.clientSecret: holds a control character",
		`"clientId":"c","clientSecret":"s","realm":"../x","sessionId":"s","deviceId":"d"`: "credentials.realm: not usable in a path",
	} {
		config := strings.Replace(configOf(neonomics("home", "")), `"accessToken":"t","sessionId":"s","deviceId":"d"`, credentials, 1)
		_, err := openText(t, config)
		assert.Equal(t, "connections[0] (home): "+line, strings.Join(problems(t, err), "\n"))
	}
}
