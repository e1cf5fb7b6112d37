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

	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
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
	Credentials map[string]string `json:"credentials"`
	PSU         map[string]string `json:"psu"`
	TLS         map[string]string `json:"tls"`
}

// printed is what get -json prints.
type printed struct {
	Balances []map[string]any
	Failures []map[string]any
}

func (p printed) providers() []string {
	names := map[string]bool{}
	for _, balance := range p.Balances {
		names[balance["provider"].(string)] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// office is a folder with the certificates of a TPP, and the sandbox behind a server that demands one of them.
type office struct {
	folder      string
	server      *tlstest.Server
	connections []connectionFile // one for each provider, with one account
}

func newOffice(t *testing.T, version uint16) *office {
	t.Helper()
	root, stranger, me := tlstest.NewAuthority(t), tlstest.NewAuthority(t), newIdentity()
	content := map[string]string{
		"root.pem": root.PEM(), "strange.pem": stranger.PEM(), "qseal.pem": me.certificate, "qseal.key": me.key,
	}
	for name, pair := range map[string]tls.Certificate{
		"good": root.Issue(t, nil), "other": root.Issue(t, nil), "stranger": stranger.Issue(t, nil),
		"expired": root.Issue(t, tlstest.Expired), "early": root.Issue(t, tlstest.NotYetValid),
	} {
		content[name+".pem"], content[name+".key"] = tlstest.PEM(t, pair)
	}
	handler, err := sandbox.New()
	require.NoError(t, err)
	o := &office{folder: files(t, content), server: tlstest.Serve(t, root, version, false, handler)}
	for _, provider := range specs.Providers() {
		o.connections = append(o.connections, o.connection(t, provider))
	}
	return o
}

// connection takes its credentials from the document, and what it does not name from the certificate's files.
func (o *office) connection(t *testing.T, provider string) connectionFile {
	t.Helper()
	document, err := contract.Load(provider)
	require.NoError(t, err)
	credentials := map[string]string{}
	for name, value := range document.Spec.Info.Extensions["x-sandbox-credentials"].(map[string]any) {
		credentials[name] = value.(string)
	}
	for _, name := range requiredCredentials(t, provider) {
		if credentials[name] == "" {
			credentials[name] = map[string]string{"signingCert": "qseal.pem", "signingKey": "qseal.key"}[name]
		}
	}
	accounts, err := sandbox.Accounts(provider)
	require.NoError(t, err)
	return connectionFile{
		Name: provider, Provider: provider, BaseURL: o.server.URL + "/" + provider, Accounts: accounts[:1],
		Credentials: credentials, PSU: map[string]string{"ipAddress": "203.0.113.7"},
		TLS: map[string]string{"rootCAs": "root.pem", "clientCert": "good.pem", "clientKey": "good.key"},
	}
}

func requiredCredentials(t *testing.T, provider string) []string {
	t.Helper()
	var document struct {
		Providers []struct {
			Provider    string
			Credentials struct{ Required []string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(run(t, "providers", "-json").stdout), &document))
	for _, p := range document.Providers {
		if p.Provider == provider {
			return p.Credentials.Required
		}
	}
	require.Fail(t, "not listed: "+provider)
	return nil
}

func (o *office) get(t *testing.T, connections []connectionFile, flags ...string) outcome {
	t.Helper()
	text, err := json.Marshal(map[string]any{"connections": connections})
	require.NoError(t, err)
	file, err := os.CreateTemp(o.folder, "*.json")
	require.NoError(t, err)
	_, err = file.Write(text)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	return run(t, append([]string{"get", "-config", file.Name()}, flags...)...)
}

func read(t *testing.T, got outcome) (document printed) {
	t.Helper()
	require.Empty(t, got.stderr)
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &document))
	return document
}

// spoilt is a copy of the connections in which that of one provider has another value.
func (o *office) spoilt(provider string, change func(c *connectionFile)) []connectionFile {
	all := slices.Clone(o.connections)
	for i := range all {
		if all[i].Provider == provider {
			all[i].Credentials, all[i].TLS = maps.Clone(all[i].Credentials), maps.Clone(all[i].TLS)
			change(&all[i])
		}
	}
	return all
}

// makeQSeal lets openssl make a QSeal key pair, issued by an authority with a name that needs care.
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
		{"req -newkey rsa:2048 -nodes -keyout qseal.key -out qseal.csr -subj", tpp},
		{"x509 -req -in qseal.csr -CA ca.pem -CAkey ca.key -days 2 -out qseal.pem -set_serial", "0x00d9ea5432ea92d254"},
	} {
		command := exec.CommandContext(t.Context(), openssl, append(strings.Fields(step.arguments), step.last)...)
		command.Dir = folder
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

// All that the demo shows comes through a mutual handshake too, with a key pair that openssl made.
func TestGetFromBehindMutualTLS(t *testing.T) {
	t.Parallel()
	o := newOffice(t, tls.VersionTLS13)
	makeQSeal(t, o.folder)
	want := read(t, run(t, "demo", "-json"))
	require.Equal(t, specs.Providers(), want.providers())
	connections := slices.Clone(o.connections)
	for i, c := range connections {
		connections[i].Accounts = nil
		for _, balance := range want.Balances {
			id := balance["accountId"].(string)
			if balance["provider"] == c.Provider && !slices.Contains(connections[i].Accounts, id) {
				connections[i].Accounts = append(connections[i].Accounts, id)
			}
		}
	}
	got := o.get(t, connections, "-json")
	assert.Equal(t, 0, got.exit)
	document := read(t, got)
	assert.Empty(t, document.Failures)
	for _, balance := range slices.Concat(want.Balances, document.Balances) {
		delete(balance, "connection")
		delete(balance, "receivedAt")
		delete(balance, "requestId") // of another call
		delete(balance, "iban")      // the demo lists accounts, and lists say more about an account
		delete(balance, "bban")
	}
	assert.Equal(t, want.Balances, document.Balances)
	got = o.get(t, connections)
	assert.Equal(t, 0, got.exit)
	assert.Contains(t, got.stderr, ", 0 failed\n")
}

func TestGetWithOneWrongCredential(t *testing.T) {
	t.Parallel()
	o := newOffice(t, tls.VersionTLS13)
	var account string
	connections := o.spoilt("onesingleview", func(c *connectionFile) {
		c.Credentials["signatureKey"], account = "S3CR3T", c.Accounts[0]
	})
	others := slices.DeleteFunc(specs.Providers(), func(name string) bool { return name == "onesingleview" })

	got := o.get(t, connections, "-json")
	assert.Equal(t, 1, got.exit)
	document := read(t, got)
	assert.Equal(t, others, document.providers())
	assert.Equal(t, []map[string]any{{
		"connection": "onesingleview", "provider": "onesingleview", "accountId": account,
		"kind": "unauthorized", "origin": "provider", "status": 401.0, "code": "APIERR401", "message": "Invalid signature",
	}}, document.Failures)
	assert.NotContains(t, got.stdout, "S3CR3T")

	got = o.get(t, connections)
	assert.Equal(t, 1, got.exit)
	assert.Equal(t, 1, strings.Count(got.stderr, "failed: "), got.stderr)
	assert.Contains(t, got.stderr, "onesingleview: get balances: unauthorized (HTTP 401): code APIERR401\n")
	for _, name := range others {
		assert.Contains(t, got.stdout, "\n"+name+" ")
	}
}

// Every provider's connection in turn has something wrong with its client certificate; the others are not touched.
func TestGetWithOneWrongClientCertificate(t *testing.T) {
	t.Parallel()
	show := func(name string) func(*connectionFile) {
		return func(c *connectionFile) { c.TLS["clientCert"], c.TLS["clientKey"] = name+".pem", name+".key" }
	}
	none := func(c *connectionFile) { delete(c.TLS, "clientCert"); delete(c.TLS, "clientKey") }
	noRoots := func(c *connectionFile) { delete(c.TLS, "rootCAs") }
	otherRoots := func(c *connectionFile) { c.TLS["rootCAs"] = "strange.pem" }
	const refused, required = "client certificate not accepted", "client certificate required"
	const notTrusted = "server certificate not accepted"
	const failed = "TLS handshake failed" // all that a server says in TLS 1.2 if there is no certificate
	o12, o13 := newOffice(t, tls.VersionTLS12), newOffice(t, tls.VersionTLS13)
	for name, tc := range map[string]struct {
		change       func(*connectionFile)
		tls12, tls13 string
	}{
		"expired":       {show("expired"), refused, refused},
		"not yet valid": {show("early"), refused, refused},
		"unknown":       {show("stranger"), failed, required}, // crypto/tls shows none whose authority was not named
		"none":          {none, failed, required},
		"no roots":      {noRoots, notTrusted, notTrusted},
		"other roots":   {otherRoots, notTrusted, notTrusted},
	} {
		for i, provider := range specs.Providers() {
			for o, problem := range map[*office]string{o12: tc.tls12, o13: tc.tls13} {
				t.Run(name+" "+provider+" "+problem, func(t *testing.T) {
					t.Parallel()
					got := o.get(t, o.spoilt(provider, tc.change), "-json")
					assert.Equal(t, 1, got.exit)
					document := read(t, got)
					assert.Equal(t, slices.Delete(specs.Providers(), i, i+1), document.providers())
					for _, failure := range document.Failures {
						delete(failure, "requestId") // made for the call
					}
					assert.Equal(t, []map[string]any{{
						"connection": provider, "provider": provider, "accountId": o.connections[i].Accounts[0],
						"kind": "unavailable", "origin": "transport", "message": problem,
					}}, document.Failures)
				})
			}
		}
	}
}

func TestGetWithTheKeyOfAnotherCertificate(t *testing.T) {
	t.Parallel()
	o := newOffice(t, tls.VersionTLS13)
	for _, provider := range specs.Providers() {
		got := o.get(t, o.spoilt(provider, func(c *connectionFile) { c.TLS["clientKey"] = "other.key" }))
		assert.Equal(t, 2, got.exit)
		assert.Contains(t, got.stderr, "("+provider+"): tls.clientCert: not a PEM certificate that belongs to the PEM key")
	}
	missing := o.spoilt("mypos", func(c *connectionFile) { c.TLS["clientCert"] = filepath.Join(o.folder, "nothing.pem") })
	assert.Contains(t, o.get(t, missing).stderr, "(mypos): tls.clientCert: no such file\n")
	assert.Zero(t, o.server.Connections(), "nothing is sent")
}
