package main_test

import (
	"crypto/tls"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// connectionFile is an entry of a configuration.
type connectionFile struct {
	Name        string            `json:"name"`
	Provider    string            `json:"provider"`
	BaseURL     string            `json:"baseURL"`
	Accounts    []string          `json:"accounts"`
	Credentials map[string]any    `json:"credentials"`
	PSU         map[string]string `json:"psu"`
	TLS         map[string]string `json:"tls"`
}

// printed is what get -json prints.
type printed struct{ Balances, Failures []map[string]any }

func (p printed) providers() []string {
	names := map[string]bool{}
	for _, balance := range p.Balances {
		names[balance["provider"].(string)] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func read(t *testing.T, got outcome) (document printed) {
	t.Helper()
	require.Empty(t, got.stderr)
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &document))
	return document
}

// office is a folder with the certificates of a TPP, and connections to a sandbox whose server demands one of them. The
// credentials are those of the documents, or the certificate's files where a document has none.
type office struct {
	folder      string
	connections []byte // one for each provider, with one account
}

func newOffice(t *testing.T) *office {
	t.Helper()
	root := tlstest.NewAuthority(t)
	content := map[string]string{"root.pem": root.PEM(), "strange.pem": tlstest.NewAuthority(t).PEM()}
	for name, pair := range map[string]tls.Certificate{"good": root.Issue(t, nil), "expired": root.Issue(t, tlstest.Expired)} {
		content[name+".pem"], content[name+".key"] = tlstest.PEM(t, pair)
	}
	server := tlstest.Serve(t, root, tls.VersionTLS13, false, sandboxes())
	var connections []connectionFile
	for _, provider := range specs.Providers() {
		credentials, err := sandbox.Credentials(provider)
		require.NoError(t, err)
		known, _ := configuration.FindProvider(provider)
		for _, name := range known.Required {
			if known.IsCertificate(name) {
				credentials[name] = "signing.pem"
			} else if known.IsKey(name) {
				credentials[name] = "signing.key"
			}
		}
		accounts, err := sandbox.Accounts(provider)
		require.NoError(t, err)
		connections = append(connections, connectionFile{
			Name: provider, Provider: provider, BaseURL: server.URL + "/" + provider, Accounts: accounts[:1],
			Credentials: credentials, PSU: map[string]string{"ipAddress": "203.0.113.7"},
			TLS: map[string]string{"rootCAs": "root.pem", "clientCert": "good.pem", "clientKey": "good.key"},
		})
	}
	text, err := json.Marshal(connections)
	require.NoError(t, err)
	return &office{configtest.Folder(t, content), text}
}

// get runs get -json on the connections, changed.
func (o *office) get(t *testing.T, change func(*connectionFile)) outcome {
	t.Helper()
	var connections []connectionFile
	require.NoError(t, json.Unmarshal(o.connections, &connections))
	for i := range connections {
		change(&connections[i])
	}
	text, err := json.Marshal(map[string]any{"connections": connections})
	require.NoError(t, err)
	file := filepath.Join(o.folder, strings.ReplaceAll(t.Name(), "/", " ")+".json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return run(t, "get", "-json", "-config", file)
}

// makeQSeal lets openssl make the signing key pair, issued by an authority with a name that needs care.
func makeQSeal(t *testing.T, folder string) {
	t.Helper()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("needs openssl, as an implementation of X.509 that is not ours")
	}
	const authority = "/C=NO/O=Prøve, AS/organizationIdentifier=NTRNO-1/CN=QSeal CA"
	const tpp = "/C=NO/organizationIdentifier=PSDNO-FSA-1/CN=TPP"
	for _, step := range []struct{ arguments, last string }{
		{"req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -utf8 -subj", authority},
		{"req -newkey rsa:2048 -nodes -keyout signing.key -out signing.csr -subj", tpp},
		{"x509 -req -in signing.csr -CA ca.pem -CAkey ca.key -days 2 -out signing.pem -set_serial", "0x00d9ea5432ea92d254"},
	} {
		command := exec.CommandContext(t.Context(), openssl, append(strings.Fields(step.arguments), step.last)...)
		command.Dir = folder
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

// ofOneBank leaves out the further banks of a family, and the name of the first one, which no credential of the office names.
func ofOneBank(all []map[string]any) (kept []map[string]any) {
	first := map[any]any{}
	for _, balance := range all {
		if first[balance["provider"]] == nil {
			first[balance["provider"]] = balance["connection"]
		}
		if balance["connection"] != "demo" {
			delete(balance, "bank")
		}
		if first[balance["provider"]] == balance["connection"] {
			kept = append(kept, balance)
		}
	}
	return kept
}

// All that the demo shows comes through a mutual handshake too, with a key pair that openssl made.
func TestGetFromBehindMutualTLS(t *testing.T) {
	t.Parallel()
	demo := run(t, "demo", "-json")
	assert.Equal(t, 0, demo.exit)
	want := read(t, demo)
	require.Equal(t, specs.Providers(), want.providers())
	assert.Empty(t, want.Failures)
	want.Balances = ofOneBank(want.Balances)
	o := newOffice(t)
	makeQSeal(t, o.folder)
	got := o.get(t, func(c *connectionFile) {
		c.Accounts = nil
		for _, balance := range want.Balances {
			if id := balance["accountId"].(string); balance["provider"] == c.Provider && !slices.Contains(c.Accounts, id) {
				c.Accounts = append(c.Accounts, id)
			}
		}
	})
	assert.Equal(t, 0, got.exit)
	document := read(t, got)
	assert.Empty(t, document.Failures)
	for _, balance := range slices.Concat(want.Balances, document.Balances) {
		// What differs by the call, and what only a list says about an account.
		for _, name := range []string{"connection", "receivedAt", "requestId", "iban", "bban", "warnings", "ageSeconds"} {
			delete(balance, name)
		}
	}
	assert.Equal(t, want.Balances, document.Balances)
}

// Every provider's connection in turn has something wrong with its certificates; the others are not touched. A test of
// package adapters has all that can be wrong, in both versions of TLS.
func TestGetWithOneWrongClientCertificate(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for problem, files := range map[string]map[string]string{
		"client certificate not accepted": {"rootCAs": "root.pem", "clientCert": "expired.pem", "clientKey": "expired.key"},
		"client certificate required":     {"rootCAs": "root.pem"},
		"server certificate not accepted: its issuer is not known; cure: add the root or intermediate that is missing to RootCAs": {"rootCAs": "strange.pem", "clientCert": "good.pem", "clientKey": "good.key"},
	} {
		for i, provider := range specs.Providers() {
			t.Run(provider+" "+problem, func(t *testing.T) {
				t.Parallel()
				var account string
				got := o.get(t, func(c *connectionFile) {
					if c.Provider == provider {
						c.TLS, account = files, c.Accounts[0]
					}
				})
				assert.Equal(t, 1, got.exit)
				document := read(t, got)
				assert.Equal(t, slices.Delete(specs.Providers(), i, i+1), document.providers())
				for _, failure := range document.Failures {
					delete(failure, "requestId") // made for the call
				}
				assert.Equal(t, []map[string]any{{
					"connection": provider, "provider": provider, "accountId": account,
					"kind": "unavailable", "origin": "transport", "message": problem,
				}}, document.Failures)
			})
		}
	}
}
