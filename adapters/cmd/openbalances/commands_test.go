package main_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDemoShowsEveryProvider(t *testing.T) {
	t.Parallel()
	got := run(t, "demo")
	require.Equal(t, 0, got.exit, got.stderr)
	for _, name := range specs.Providers() {
		assert.Contains(t, got.stdout, "\n"+name+" ")
	}
	assert.Contains(t, got.stdout, " 4.200 ", "the scale is as sent")
	assert.Contains(t, got.stdout, "(no balances)")
	assert.Regexp(t, fmt.Sprintf(`^\d+ balances from \d+ accounts, 0 failed, in \d+ calls \((\w+ [1-9]\d*(, )?){%d}\)\n$`,
		len(specs.Providers())), got.stderr)
	var balances, accounts, calls int
	_, err := fmt.Sscanf(got.stderr, "%d balances from %d accounts, 0 failed, in %d calls", &balances, &accounts, &calls)
	require.NoError(t, err)
	assert.Greater(t, balances, accounts)
	assert.Less(t, calls, accounts, "lists and batches save calls")
	assert.Equal(t, 1, strings.Count(got.stdout, "sandbox on http://127.0.0.1:"))
}

func TestDemoJSONIsOneDocument(t *testing.T) {
	t.Parallel()
	got := run(t, "demo", "-json")
	require.Equal(t, 0, got.exit, got.stderr)
	assert.Empty(t, got.stderr)
	var document struct {
		Balances []struct{ Connection, Provider string }
		Failures []any
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &document))
	assert.Empty(t, document.Failures)
	assert.NotEmpty(t, document.Balances)
}

func TestProvidersListsEveryDocument(t *testing.T) {
	t.Parallel()
	got := run(t, "providers")
	require.Equal(t, 0, got.exit, got.stderr)
	var listed []string
	for line := range strings.Lines(got.stdout) {
		if word, _, _ := strings.Cut(line, " "); word != "" && word != "PROVIDER" {
			listed = append(listed, word)
		}
	}
	assert.Equal(t, specs.Providers(), listed)
	for _, text := range []string{
		"GET /v1/accounts/{id}/balances", "GET /account-balance", "POST /v1/api/observice/balanceById",
		"signingCert signingKey [psuId]", "accessToken|apiKey", ", read 2026-",
	} {
		assert.Contains(t, got.stdout, text)
	}
}

func TestProvidersJSONNamesDocumentAndGenerator(t *testing.T) {
	t.Parallel()
	got := run(t, "providers", "-json")
	require.Equal(t, 0, got.exit, got.stderr)
	var document struct {
		Providers []struct{ Provider, SHA256, Read, APIVersion, Generator string }
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &document))
	require.Len(t, document.Providers, len(specs.Providers()))
	for i, name := range specs.Providers() {
		text, err := specs.Document(name)
		require.NoError(t, err)
		listed := document.Providers[i]
		assert.Equal(t, name, listed.Provider)
		assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(text)), listed.SHA256)
		assert.Contains(t, listed.Generator, "oapi-codegen v")
		assert.NotEmpty(t, listed.Read)
		assert.NotEmpty(t, listed.APIVersion)
	}
}

func TestSandboxServesUntilItIsStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	output, input := io.Pipe()
	exit := make(chan int, 1)
	go func() { exit <- openbalances.Run(ctx, []string{"sandbox", "-addr", "127.0.0.1:0"}, input, io.Discard) }()
	urls := announced(t, output)
	response, err := http.Get(urls["mypos"] + "/v1/accounts/x/balances")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusUnauthorized, response.StatusCode, "myPOS answers to a call without credentials")
	cancel()
	assert.Equal(t, 0, <-exit)
}

func TestSandboxAddressInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	got := run(t, "sandbox", "-addr", listener.Addr().String())
	assert.Equal(t, 1, got.exit)
	assert.Empty(t, got.stdout)
	assert.Regexp(t, `^openbalances: .*address already in use\n$`, got.stderr)
}

// announced reads one address for each provider, in the order of their names.
func announced(t *testing.T, output io.Reader) map[string]string {
	t.Helper()
	urls := map[string]string{}
	lines := bufio.NewScanner(output)
	for _, name := range specs.Providers() {
		require.True(t, lines.Scan())
		url, ok := strings.CutPrefix(lines.Text(), "sandbox listening on ")
		require.True(t, ok && strings.HasSuffix(url, "/"+name), lines.Text())
		urls[name] = url
	}
	return urls
}

func TestBinary(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "openbalances")
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)

	t.Run("demo", func(t *testing.T) {
		t.Parallel()
		out, err := exec.Command(binary, "demo").Output()
		require.NoError(t, err)
		assert.Contains(t, string(out), "tokenio")
	})
	t.Run("wrong usage", func(t *testing.T) {
		t.Parallel()
		command := exec.Command(binary, "get")
		require.Error(t, command.Run())
		assert.Equal(t, 2, command.ProcessState.ExitCode())
	})
	t.Run("get from sandbox, then stop it", func(t *testing.T) {
		t.Parallel()
		server := exec.Command(binary, "sandbox", "-addr", "127.0.0.1:0")
		output, err := server.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, server.Start())
		kill := time.AfterFunc(time.Minute, func() { _ = server.Process.Kill() })
		defer kill.Stop()
		urls := announced(t, output)
		args := getArgs(t, oneConnection(urls["neonomics"], "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0002"))
		out, err := exec.Command(binary, args...).Output()
		require.NoError(t, err)
		assert.Contains(t, string(out), "-310.25")
		require.NoError(t, server.Process.Signal(os.Interrupt))
		require.NoError(t, server.Wait(), "a stopped sandbox exits with 0")
	})
}
