package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fetchedBy returns the balances that the adapter itself fetches.
func fetchedBy(t *testing.T, url, account string) []adapters.Balance {
	t.Helper()
	client, err := mypos.New(mypos.Credentials{AccessToken: "t", APIKey: "k", ConsentID: "3c7816ee-3d51-4bf5-8ced-ece2af35d431"},
		&adapters.Options{BaseURL: url + "/mypos"})
	require.NoError(t, err)
	all, err := client.Balances(t.Context(), account, adapters.Unattended())
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

// The page answers its own names only, with the token where one is given; that of the job engine is behind the same checks.
func TestServe(t *testing.T) {
	t.Parallel()
	d := newDesk(t, twoConnections("http://127.0.0.1:1"))
	d.good("add", "-all")
	plain := d.start("serve", "-listen", "127.0.0.1:0")
	url := plain.url("the page")
	status, body := get(t, url+"/", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "shop")
	foreign := func(r *http.Request) { r.Host = "evil.example" }
	status, _ = get(t, url+"/", foreign)
	assert.Equal(t, http.StatusForbidden, status)
	status, _ = get(t, url+"/river/", nil)
	assert.Equal(t, http.StatusNotFound, status)
	assert.Zero(t, plain.stop(syscall.SIGTERM))

	const token = "0123456789abcdef0123456789abcdef"
	require.NoError(t, os.WriteFile(d.path("token"), []byte(token+"\n"), 0o600))
	closed := d.start("serve", "-listen", "127.0.0.1:0", "-token-file", "token", "-river-ui", "-allow-host", "balances.example")
	url = closed.url("the page")
	with := func(host string) func(*http.Request) {
		return func(r *http.Request) {
			r.Host = host
			r.Header.Set("Authorization", "Bearer "+token)
		}
	}
	for _, path := range []string{"/", "/river/", "/river/api/jobs?state=available"} {
		status, _ = get(t, url+path, nil)
		assert.Equal(t, http.StatusUnauthorized, status, path)
		status, _ = get(t, url+path, with("evil.example"))
		assert.Equal(t, http.StatusForbidden, status, path)
		status, body = get(t, url+path, with("balances.example"))
		assert.Equal(t, http.StatusOK, status, path)
		assert.NotEmpty(t, body)
	}
	assert.Contains(t, body, `"connection\":1`)
	assert.NotContains(t, body, "shop")
	assert.NotContains(t, closed.text.String(), token)
	assert.Zero(t, closed.stop(os.Interrupt))
}

// Traces and metrics that a worker sends hold no name, id or amount.
func TestTelemetryIsSent(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	sent := map[string]string{}
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mutex.Lock()
		defer mutex.Unlock()
		sent[r.URL.Path] += string(body)
	}))
	t.Cleanup(collector.Close)
	bank := newBank(t)
	d := newDesk(t, twoConnections(bank.URL))
	d.good("add", "-all")
	d.env = append(d.env, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
	worker := d.start("work")
	eventually(t, "all accounts are fetched", d.isFetched)
	assert.Zero(t, worker.stop(syscall.SIGTERM))
	mutex.Lock()
	defer mutex.Unlock()
	assert.Contains(t, sent["/v1/traces"], "refresh")
	assert.Contains(t, sent["/v1/metrics"], "openbalances.fleet.calls")
	all := sent["/v1/traces"] + sent["/v1/metrics"]
	assert.Contains(t, all, "mypos")
	hidden := slices.Concat([]string{"shop", "=cmd", secret, "3c7816ee"}, exampleAccounts("mypos")[:2], exampleAccounts("neonomics")[:2])
	for _, b := range fetchedBy(t, bank.URL, exampleAccounts("mypos")[0]) {
		hidden = append(hidden, b.Amount.String(), b.Currency)
	}
	for _, text := range hidden {
		assert.NotContains(t, all, text)
	}
}

// The demo, as make starts it, fetches an account several times, shows it on the page, and prints its history.
func TestDemo(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	root, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	demo := &running{Cmd: exec.Command("make", "-s", "demo-fleet", "DEMO_SECONDS=20", "DEMO_LISTEN=127.0.0.1:0"), t: t, ended: make(chan error, 1)}
	demo.Dir, demo.Stdout, demo.Stderr = root, &demo.text, &demo.text
	require.NoError(t, demo.Start())
	go func() { demo.ended <- demo.Wait() }()
	status, body := get(t, demo.url("the page")+"/", nil)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "demo mypos")
	require.NoError(t, <-demo.ended, demo.text.String())
	_, history, found := strings.Cut(demo.text.String(), "\nfleet history -account ")
	require.True(t, found, demo.text.String())
	_, history, _ = strings.Cut(history, "AS OF\n")
	times := map[string]bool{}
	for line := range strings.Lines(history) {
		times[line[:len("2006-01-02 15:04:05")]] = true
	}
	assert.GreaterOrEqual(t, len(times), 2, demo.text.String())
}

// The unit is one that systemd takes, and its flags are those of the program. What its head says to run adds connections in the
// same surroundings.
func TestUnit(t *testing.T) {
	t.Parallel()
	const installed = "/usr/local/bin/fleet"
	unit, err := os.ReadFile("../../openbalances-fleet.service")
	require.NoError(t, err)
	_, started, _ := strings.Cut(string(unit), "\nExecStart="+installed+" ")
	started, _, _ = strings.Cut(started, "\n")
	words := append(strings.Fields(started), "-h")
	require.Equal(t, "work", words[0])
	d := newDesk(t, "")
	d.good(words...)
	assert.Equal(t, exitUsage, d.run("work").exit)
	assert.Contains(t, string(unit), fmt.Sprintf("\nRestartPreventExitStatus=%d\n", exitUsage))
	assert.NotEqual(t, 2, exitUsage, "a panic leaves it, and a worker has to be started again after one")
	run, _, found := strings.Cut(string(unit), " "+installed+" add -all\n")
	require.True(t, found)
	run = run[strings.LastIndex(run, "systemd-run "):] + " "
	for name, option := range map[string]string{"User": "--uid=", "UMask": "-p UMask=", "EnvironmentFile": "-p EnvironmentFile=", "Environment": "-E "} {
		_, value, found := strings.Cut(string(unit), "\n"+name+"=")
		require.True(t, found, name)
		value, _, _ = strings.Cut(value, "\n")
		for part := range strings.FieldsSeq(value) {
			assert.Contains(t, run, " "+option+part+" ", name)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd is not installed; cure: make test-fleet, which installs it where it can")
	}
	file := filepath.Join(t.TempDir(), "openbalances-fleet.service")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(unit), "="+installed, "="+binary, 1)), 0o600))
	said, err := exec.Command(analyze, "verify", "--man=no", file).CombinedOutput()
	require.NoError(t, err, string(said))
	assert.Empty(t, string(said))
}
