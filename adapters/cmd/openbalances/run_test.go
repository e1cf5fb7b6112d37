package main_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	tokenVariable = "OPENBALANCES_TEST_TOKEN"
	emptyVariable = "OPENBALANCES_TEST_EMPTY"
	absentName    = "OPENBALANCES_TEST_ABSENT"
	tokenValue    = "token-S3CR3T"
)

func TestMain(m *testing.M) {
	// Here and not in a test, because the environment is one for all parallel tests.
	for name, value := range map[string]string{tokenVariable: tokenValue, emptyVariable: ""} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// outcome is what a run of the program left behind.
type outcome struct {
	exit           int
	stdout, stderr string
}

func run(t *testing.T, args ...string) outcome {
	t.Helper()
	return runIn(t.Context(), args...)
}

func runIn(ctx context.Context, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	exit := openbalances.Run(ctx, args, &stdout, &stderr)
	return outcome{exit, stdout.String(), stderr.String()}
}

// files writes files into a new folder and returns it.
func files(t *testing.T, content map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range content {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return folder
}

// get runs get on a configuration.
func get(t *testing.T, config string, flags ...string) outcome {
	t.Helper()
	return run(t, getArgs(t, config, flags...)...)
}

func getArgs(t *testing.T, config string, flags ...string) []string {
	t.Helper()
	folder := files(t, map[string]string{"config.json": config})
	return append([]string{"get", "-config", filepath.Join(folder, "config.json")}, flags...)
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func serveSandbox(t *testing.T) string {
	t.Helper()
	handler, err := sandbox.New()
	require.NoError(t, err)
	return serve(t, handler)
}

// identity is a self-signed certificate with its key, as PEM and ready to serve TLS on loopback.
type identity struct{ certificate, key, pkcs1 string }

var newIdentity = sync.OnceValue(func() identity {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(4711), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{{127, 0, 0, 1}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return identity{
		certificate: block("CERTIFICATE", der),
		key:         block("PRIVATE KEY", pkcs8(key)),
		pkcs1:       block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key)),
	}
})

var ellipticKey = sync.OnceValue(func() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return block("PRIVATE KEY", pkcs8(key))
})

var otherKey = sync.OnceValue(func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return block("PRIVATE KEY", pkcs8(key))
})

func pkcs8(key any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return der
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args           string
		exit           int
		stdout, stderr string
	}{
		{"", 2, "", "Commands:"},
		{"-h", 0, "Commands:", ""},
		{"--help", 0, "Example:\n  openbalances demo", ""},
		{"help", 0, "Commands:", ""},
		{"get -h", 0, "Example:\n  openbalances get -config", ""},
		{"get --help", 0, "-timeout", ""},
		{"get -h", 0, "-contract\n", ""},
		{"get -h", 0, "-format form\n", ""},
		{"accounts -h", 0, "Example:\n  openbalances accounts -config connections.json\n", ""},
		{"accounts", 2, "", "openbalances: accounts needs -config FILE; see openbalances accounts -h\n"},
		{"accounts -config a -timeout -1s", 2, "", "openbalances: -timeout must be more than 0\n"},
		{"explain -h", 0, "Example:\n  openbalances explain -config connections.json -connection shop -account 50044620073\n", ""},
		{"demo -h", 0, "Example:\n  openbalances demo", ""},
		{"sandbox -h", 0, "Example:\n  openbalances sandbox -addr", ""},
		{"providers -h", 0, "Example:\n  openbalances providers -json", ""},
		{"fetch", 2, "", "openbalances: unknown command fetch; see openbalances -h\n"},
		{"get", 2, "", "openbalances: get needs -config FILE; see openbalances get -h\n"},
		{"get -nonsense", 2, "", "openbalances: flag provided but not defined: -nonsense; see openbalances get -h\n"},
		{"get -config a b", 2, "", "openbalances: unexpected argument b; see openbalances get -h\n"},
		{"get -config a -timeout 0", 2, "", "openbalances: -timeout must be more than 0\n"},
		{"get -config a -timeout soon", 2, "", "openbalances: invalid value \"soon\" for flag -timeout"},
		{"demo all", 2, "", "openbalances: unexpected argument all; see openbalances demo -h\n"},
		{"sandbox -addr 9000", 2, "", "openbalances: -addr is not HOST:PORT\n"},
		{"providers -v", 2, "", "openbalances: flag provided but not defined: -v; see openbalances providers -h\n"},
		{"\x1b[31m", 2, "", `openbalances: unknown command \u{1b}[31m;`},
	} {
		got := run(t, strings.Fields(c.args)...)
		assert.Equal(t, c.exit, got.exit, c.args)
		assert.Contains(t, got.stdout, c.stdout, c.args)
		assert.Contains(t, got.stderr, c.stderr, c.args)
		assert.Equal(t, c.stdout == "", got.stdout == "", "%s: stdout %q", c.args, got.stdout)
		assert.Equal(t, c.stderr == "", got.stderr == "", "%s: stderr %q", c.args, got.stderr)
	}
}

func TestUnwritableOutputIsAFailure(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"demo"}, {"demo", "-json"}, {"providers"}, {"sandbox", "-addr", "127.0.0.1:0"}} {
		var stderr bytes.Buffer
		assert.Equal(t, 1, openbalances.Run(t.Context(), args, full{}, &stderr), "%v", args)
		assert.Contains(t, stderr.String(), "openbalances: cannot write the output: disk full\n", "%v", args)
	}
}

// full is a writer that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, diskFull{} }

type diskFull struct{}

func (diskFull) Error() string { return "disk full" }
