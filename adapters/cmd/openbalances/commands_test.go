package main_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

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
		{"accounts", 2, "", "openbalances: accounts needs -config FILE, or OPENBALANCES_CONFIG; see openbalances accounts -h\n"},
		{"accounts -config a -timeout -1s", 2, "", "openbalances: -timeout must be more than 0\n"},
		{"explain -h", 0, "Example:\n  openbalances explain -config connections.json -connection shop -account 50044620073\n", ""},
		{"demo -h", 0, "Example:\n  openbalances demo", ""},
		{"sandbox -h", 0, "Example:\n  openbalances sandbox -addr", ""},
		{"providers -h", 0, "Example:\n  openbalances providers -json", ""},
		{"fetch", 2, "", "openbalances: unknown command fetch; see openbalances -h\n"},
		{"get", 2, "", "openbalances: get needs -config FILE, or OPENBALANCES_CONFIG; see openbalances get -h\n"},
		{"get -nonsense", 2, "", "openbalances: flag provided but not defined: -nonsense; see openbalances get -h\n"},
		{"get -config a b", 2, "", "openbalances: unexpected argument b; see openbalances get -h\n"},
		{"get -config a -timeout 0", 2, "", "openbalances: -timeout must be more than 0\n"},
		{"get -config a -timeout soon", 2, "", "openbalances: invalid value \"soon\" for flag -timeout"},
		{"demo all", 2, "", "openbalances: unexpected argument all; see openbalances demo -h\n"},
		{"sandbox -addr 9000", 2, "", "openbalances: -addr is not HOST:PORT\n"},
		{"providers -v", 2, "", "openbalances: flag provided but not defined: -v; see openbalances providers -h\n"},
		{"get -json -format csv -config x", 2, "", "openbalances: -json and -format csv contradict each other\n"},
		{"get -format table -json -config x", 2, "", "openbalances: -json and -format table contradict each other\n"},
		{"accounts -format xml -config x", 2, "", "openbalances: invalid value \"xml\" for flag -format: none of table, json, ndjson, csv, xlsx; see openbalances accounts -h\n"},
		{"accounts -format table -json", 2, "", "openbalances: -json and -format table contradict each other\n"},
		{"demo -format JSON", 2, "", "openbalances: invalid value \"JSON\" for flag -format: none of table, json, ndjson, csv, xlsx, did you mean json?; see openbalances demo -h\n"},
		{"demo -json -format csv", 2, "", "openbalances: -json and -format csv contradict each other\n"},
		{"get -contract", 2, "", "openbalances: get needs -config FILE, or OPENBALANCES_CONFIG; see openbalances get -h\n"},
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

func TestDemoShowsEveryProvider(t *testing.T) {
	t.Parallel()
	got := run(t, "demo")
	require.Equal(t, 0, got.exit, got.stderr)
	for _, name := range specs.Providers() {
		assert.Contains(t, got.stdout, "\n"+name+" ")
	}
	assert.Contains(t, got.stdout, " 4.200 ", "the scale is as sent")
	assert.Contains(t, got.stdout, "(no balances)")
	for _, bank := range []string{"adorsys (sandbox)", "Commerzbank", "comdirect", "Model bank", "HSBC", "Barclays"} {
		assert.Contains(t, got.stdout, "  "+bank, "banks of a family are told apart")
	}
	warned, counted := "", got.stderr
	if end := strings.LastIndex(strings.TrimSpace(counted), "\n"); end > 0 {
		warned, counted = counted[:end], counted[end+1:]
	}
	assert.Equal(t, []string{
		"warning: demo adorsys berlingroup: the account list may leave out balances of the account; name the accounts to get all",
		"warning: demo commerzbank berlingroup: the account list may leave out balances of the account; name the accounts to get all",
		"warning: demo comdirect berlingroup: the account list may leave out balances of the account; name the accounts to get all",
		"warning: demo eika: the account list may leave out balances of the account; name the accounts to get all",
		"warning: demo mypos: the account list may leave out balances of the account; name the accounts to get all",
		"warning: demo mypos 54073809433: interimAvailable: currency has been replaced by another",
		"warning: demo neonomics 7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0003: interimAvailable: another balance has the same type, currency, time and credit lines",
		"warning: demo neonomics 7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0003: interimAvailable: another balance has the same type, currency, time and credit lines",
	}, strings.Split(warned, "\n"))
	assert.Regexp(t, fmt.Sprintf(`^\d+ balances from \d+ accounts, 0 failed, in \d+ calls \((\w+ [1-9]\d*(, )?){%d}\)\n$`,
		len(specs.Providers())), counted)
	var balances, accounts, calls int
	_, err := fmt.Sscanf(counted, "%d balances from %d accounts, 0 failed, in %d calls", &balances, &accounts, &calls)
	require.NoError(t, err)
	assert.Greater(t, balances, accounts)
	assert.Less(t, calls, accounts, "lists and batches save calls")
	assert.Equal(t, 1, strings.Count(got.stdout, "sandbox on http://127.0.0.1:"))
}

// unlisted is a source that lists nothing.
type unlisted struct {
	adapters.Base
	source adapters.Source
}

func (u unlisted) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	return u.source.Balances(ctx, id, psu)
}

// The demo shows its examples only, lists before it fetches, and takes the fewest calls that each source allows.
func TestDemoListsFirst(t *testing.T) {
	t.Parallel()
	open := func(provider, url string) adapters.Source {
		source, err := openbalances.Opener(provider)(&adapters.Options{BaseURL: url})
		require.NoError(t, err)
		return source
	}
	neo := open("neonomics", serve(t, bank{"1": one, "": `[{"id":"fault","accountName":"","balances":` + one + `},{"id":"1","accountName":""}]`}))
	sources := []adapters.Source{unlisted{"mypos", neo}, neo, open("tokenio", serveSandbox(t)+"/tokenio")}
	accounts := [][]string{{"1"}, {"1"}, {
		"a:qfpsFovN2m7nTwNDvAPQwGcWp3KzM7ASx9dGAoKay7D:5zKcENpV", "a:5VdPdtEPwP2HvTteuKG6aLHobkRXQuRp85gYSStPXxDn:5zKcENpV",
	}}
	var stdout, stderr strings.Builder
	assert.Equal(t, 0, openbalances.Demonstrate(t.Context(), sources, accounts, &stdout, &stderr))
	assert.Equal(t, `Accounts listed first: neonomics 1, tokenio 2

PROVIDER   ACCOUNT                                   TYPE                                       AMOUNT  CURRENCY  AS OF  BANK  AGE
mypos      1                                         closingBooked                              1.50    NOK       -            -
neonomics  1                                         closingBooked                              1.50    NOK       -            -
tokenio    a:qfpsFovN2m7nTwNDv…x9dGAoKay7D:5zKcENpV  interimBooked                           1520.4500  EUR       -            -
tokenio    a:qfpsFovN2m7nTwNDv…x9dGAoKay7D:5zKcENpV  interimAvailable                        2020.4500  EUR       -            -
tokenio    a:qfpsFovN2m7nTwNDv…x9dGAoKay7D:5zKcENpV  closingBooked                           1498.2000  EUR       -            -
tokenio    a:qfpsFovN2m7nTwNDv…x9dGAoKay7D:5zKcENpV  expected                                1470.4500  EUR       -            -
tokenio    a:5VdPdtEPwP2HvTteu…5gYSStPXxDn:5zKcENpV  interimBooked                            640.0000  GBP       -            -
tokenio    a:5VdPdtEPwP2HvTteu…5gYSStPXxDn:5zKcENpV  unknown (Trial)                           12.5000  GBP       -            -
tokenio    a:5VdPdtEPwP2HvTteu…5gYSStPXxDn:5zKcENpV  unknown (Arranged overdraft remaining)   500.0000  GBP       -            -
`, stdout.String())
	assert.Equal(t, "9 balances from 4 accounts, 0 failed, in 5 calls (mypos 1, neonomics 2, tokenio 2)\n", stderr.String())
}

func TestProvidersNamesDocumentAndGenerator(t *testing.T) {
	t.Parallel()
	got, asJSON := run(t, "providers"), run(t, "providers", "-json")
	assert.Equal(t, []int{0, 0}, []int{got.exit, asJSON.exit})
	for _, text := range []string{
		"GET /v1/accounts/{id}/balances", "GET /account-balance", "POST /v1/api/observice/balanceById",
		"signingCert signingKey [psuId]", "accessToken|apiKey", ", read 2026-",
	} {
		assert.Contains(t, got.stdout, text)
	}
	var document struct {
		Providers []struct{ Provider, SHA256, Read, APIVersion, Generator string }
	}
	require.NoError(t, json.Unmarshal([]byte(asJSON.stdout), &document))
	var listed []string
	for line := range strings.Lines(got.stdout) {
		if word, _, _ := strings.Cut(line, " "); word != "" && word != "PROVIDER" {
			listed = append(listed, word)
		}
	}
	require.Equal(t, specs.Providers(), listed)
	require.Len(t, document.Providers, len(listed))
	for i, name := range listed {
		text, err := specs.Document(name)
		require.NoError(t, err)
		one := document.Providers[i]
		assert.Equal(t, name, one.Provider)
		assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(text)), one.SHA256)
		assert.Contains(t, one.Generator, "oapi-codegen v")
		assert.NotEmpty(t, one.Read)
		assert.NotEmpty(t, one.APIVersion)
	}
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
		args := arguments(t, oneConnection(urls["neonomics"], "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0002"), "get")
		out, err := exec.Command(binary, args...).Output()
		require.NoError(t, err)
		assert.Contains(t, string(out), "-310.25")
		require.NoError(t, server.Process.Signal(os.Interrupt))
		require.NoError(t, server.Wait(), "a stopped sandbox exits with 0")
	})
}
