package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	"time"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// binary is the program that the tests run.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	folder, err := os.MkdirTemp("", "fleet-test-")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	binary = filepath.Join(folder, "fleet")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintln(os.Stderr, string(out))
		return 1
	}
	return m.Run()
}

// desk is where a user of the program sits: a folder with a configuration and a database.
type desk struct {
	t      *testing.T
	folder string
	env    []string
}

// secret is a credential of every configuration.
const secret = "very-secret-token"

func newDesk(t *testing.T, config string) *desk {
	t.Helper()
	folder := t.TempDir()
	d := &desk{t, folder, []string{"HOME=" + folder, "PATH=" + os.Getenv("PATH"), "OPENBALANCES_FLEET_DB=" + filepath.Join(folder, "fleet.db"),
		"OPENBALANCES_CONFIG=" + filepath.Join(folder, "config.json"), "COLUMNS=80"}}
	if config != "" {
		require.NoError(t, os.WriteFile(d.path("config.json"), []byte(config), 0o600))
	}
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.folder, name) }

func (d *desk) command(args ...string) *exec.Cmd {
	program := exec.Command(binary, args...)
	program.Env, program.Dir = d.env, d.folder
	return program
}

// outcome is what a run left.
type outcome struct {
	exit           int
	stdout, stderr string
}

// run runs the program to its end.
func (d *desk) run(args ...string) outcome {
	d.t.Helper()
	var stdout, stderr bytes.Buffer
	program := d.command(args...)
	program.Stdout, program.Stderr = &stdout, &stderr
	err := program.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(d.t, err)
	}
	return outcome{program.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// good runs the program, which has to succeed, and returns what it printed.
func (d *desk) good(args ...string) string {
	d.t.Helper()
	got := d.run(args...)
	require.Zero(d.t, got.exit, got.stderr)
	return got.stdout
}

// running is a program that goes on.
type running struct {
	*exec.Cmd
	t     *testing.T
	text  safeBuffer
	ended chan error
}

// safeBuffer is read while a program writes.
type safeBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(text)
}

func (b *safeBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

// start starts the program, which ends with the test at the latest.
func (d *desk) start(args ...string) *running {
	d.t.Helper()
	r := &running{Cmd: d.command(args...), t: d.t, ended: make(chan error, 1)}
	r.Stdout, r.Stderr = &r.text, &r.text
	require.NoError(d.t, r.Start())
	go func() { r.ended <- r.Wait() }()
	d.t.Cleanup(func() { _ = r.Process.Kill() })
	return r
}

// stop sends a signal and returns the exit code, -1 if the signal itself ended the program.
func (r *running) stop(signal os.Signal) int {
	r.t.Helper()
	require.NoError(r.t, r.Process.Signal(signal))
	select {
	case <-r.ended:
	case <-time.After(time.Minute):
		require.Fail(r.t, "it does not end", r.text.String())
	}
	return r.ProcessState.ExitCode()
}

// url waits until the program says where something is.
func (r *running) url(what string) (found string) {
	r.t.Helper()
	eventually(r.t, what, func() bool {
		_, rest, ok := strings.Cut(r.text.String(), what+" is at ")
		found, _, _ = strings.Cut(rest, "\n")
		return ok && strings.Contains(rest, "\n")
	})
	return strings.TrimSuffix(found, "/")
}

// eventually waits for what a test cannot go on without.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 2*time.Minute, 100*time.Millisecond, what)
}

// bank is the sandbox behind a handler that counts balance calls and can hold them.
type bank struct {
	*httptest.Server
	mutex sync.Mutex
	calls map[string]int // by path
	hold  chan struct{}  // not nil: calls wait until it is closed
}

func newBank(t *testing.T) *bank {
	t.Helper()
	examples, err := sandbox.New()
	require.NoError(t, err)
	b := &bank{calls: map[string]int{}}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mutex.Lock()
		b.calls[r.URL.Path]++
		hold := b.hold
		b.mutex.Unlock()
		if hold != nil {
			<-hold
		}
		examples.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *bank) total() (n int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, calls := range b.calls {
		n += calls
	}
	return n
}

// The ids are those of examples in the document: the first has several balances, the second a consent that has ended.
func twoConnections(url string) string {
	return `{
  "connections": [
    {"name": "shop",  "provider": "mypos", "baseURL": "` + url + `/mypos", "accounts": [` + quotedList(exampleAccounts("mypos")[:2]) + `],
     "credentials": {"accessToken": "` + secret + `", "apiKey": "key", "consentId": "3c7816ee-3d51-4bf5-8ced-ece2af35d431"}},
    {"name": "=cmd", "provider": "neonomics", "baseURL": "` + url + `/neonomics", "accounts": [` + quotedList(exampleAccounts("neonomics")[:2]) + `],
     "credentials": {"accessToken": "` + secret + `", "sessionId": "session", "deviceId": "device"}}
  ]
}
`
}

func exampleAccounts(provider string) []string {
	all, err := sandbox.Accounts(provider)
	if err != nil {
		panic(err)
	}
	return all
}

func quotedList(ids []string) string { return `"` + strings.Join(ids, `", "`) + `"` }

// report is what status prints as JSON.
type report struct {
	Summary struct {
		UnknownOutcomes int
		NeverFetched    int
		Accounts        int
		Problems        []string
	}
	Connections, Accounts []line
}

// sql changes the database behind the program's back.
func (d *desk) sql(query string, args ...any) {
	d.t.Helper()
	db, err := fleet.OpenDatabase(d.t.Context(), d.path("fleet.db"))
	require.NoError(d.t, err)
	_, err = db.SQL().ExecContext(d.t.Context(), query, args...)
	require.NoError(d.t, errors.Join(err, db.Close()))
}

// ago is a time of so long ago, as the database has it.
func ago(d time.Duration) string {
	return time.Now().Add(-d).UTC().Format("2006-01-02T15:04:05.000000Z")
}

// fetched returns a desk at which both connections have been fetched.
func fetched(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t, twoConnections(newBank(t).URL))
	d.good("add", "-all")
	worker := d.start("work")
	eventually(t, "all accounts are fetched", d.isFetched)
	assert.Zero(t, worker.stop(syscall.SIGTERM))
	return d
}

func (d *desk) status(names ...string) (r report) {
	d.t.Helper()
	got := d.run(append([]string{"status", "-format", "json"}, names...)...)
	require.Contains(d.t, []int{0, 3}, got.exit, got.stderr)
	require.NoError(d.t, json.Unmarshal([]byte(got.stdout), &r), got.stdout)
	return r
}

func (d *desk) isFetched() bool {
	s := d.status().Summary
	return s.Accounts == 4 && s.NeverFetched == 0
}

// What is added is fetched, listed, printed and forgotten, and the configuration keeps every byte but the mark.
func TestEveryDay(t *testing.T) {
	t.Parallel()
	bank := newBank(t)
	text := twoConnections(bank.URL)
	d := newDesk(t, text)
	assert.Equal(t, outcome{exitUsage, "", "fleet: there is no database " + d.path("fleet.db") + "; fleet add makes it\n"}, d.run("status"))
	assert.Equal(t, "1 connection added: shop; openbalances get does not ask for what a fleet keeps\n", d.good("add", "shop"))
	assert.Equal(t, "1 connection added, 1 kept already: =cmd, shop; openbalances get does not ask for what a fleet keeps\n", d.good("add", "-all"))
	marked, err := os.ReadFile(d.path("config.json"))
	require.NoError(t, err)
	assert.Equal(t, text, strings.ReplaceAll(string(marked), `,"fleet":true`, ""))
	assert.Equal(t, 2, strings.Count(string(marked), `"fleet":true`))
	info, err := os.Stat(d.path("fleet.db"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	worker := d.start("work", "-listen", "127.0.0.1:0", "-health", "127.0.0.1:0")
	eventually(t, "all accounts are fetched", d.isFetched)
	for _, address := range []string{worker.url("the page") + "/healthz", worker.url("health")} {
		status, body := get(t, address, nil)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, "ok\n", body)
	}
	_, body := get(t, worker.url("the page")+"/", nil)
	assert.Contains(t, body, "shop")
	status, _ := get(t, strings.TrimSuffix(worker.url("health"), "healthz"), nil)
	assert.Equal(t, http.StatusNotFound, status)
	assert.Zero(t, worker.stop(syscall.SIGTERM))
	assert.Equal(t, 4, bank.total())
	for _, hidden := range append(slices.Concat(exampleAccounts("mypos")[:2], exampleAccounts("neonomics")[:2]), secret, "session") {
		assert.NotContains(t, worker.text.String(), hidden)
	}

	account := d.status("shop").Accounts[0]
	want := fetchedBy(t, bank.URL, account.AccountID)
	id := fmt.Sprint(account.Account)
	assert.Contains(t, d.good("history", "-account", id), " "+want[0].Amount.String()+"  "+want[0].Currency)
	var printed struct {
		Balances []struct{ Amount, Currency, Type string }
	}
	require.NoError(t, json.Unmarshal([]byte(d.good("history", "-account", id, "-format", "json")), &printed))
	require.Len(t, printed.Balances, len(want))
	for i, b := range want {
		assert.Equal(t, struct{ Amount, Currency, Type string }{b.Amount.String(), b.Currency, string(b.Type)}, printed.Balances[i])
	}
	lines := strings.Split(d.good("history", "-account", id, "-format", "csv"), "\r\n")
	assert.Len(t, lines, len(want)+2)
	assert.Contains(t, lines[1], ","+want[0].Amount.String()+","+want[0].Currency+",")
	assert.Equal(t, "[\n]}\n", d.good("history", "-account", id, "-format", "json", "-to", "2020-01-01")[len(`{"connection": "shop", "accountId": "`+account.AccountID+`", "balances": `):])
	assert.Contains(t, d.good("status", "-format", "csv"), "\r\n\\u{3d}cmd,neonomics,", "a name starts no formula")

	assert.Contains(t, d.good("forget", "-account", id), "erased: account "+id+" of connection shop with all balances")
	assert.Len(t, d.status("shop").Accounts, 1)
	assert.Contains(t, d.good("forget", "-connection", "=cmd"), "erased: connection =cmd with 2 accounts")
	assert.Len(t, d.status().Connections, 1)
	assert.Equal(t, exitUsage, d.run("forget", "-connection", "=cmd").exit)
}

// get asks for a page and returns its status and body.
func get(t *testing.T, address string, change func(*http.Request)) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	if change != nil {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// What has to be done makes status exit with 3, and adding the connection again lets it go on.
func TestSomethingHasToBeDone(t *testing.T) {
	t.Parallel()
	bank := newBank(t)
	text := strings.Replace(twoConnections(bank.URL), exampleAccounts("mypos")[0], "no-such-account", 1)
	d := newDesk(t, text)
	d.good("add", "-all")
	assert.Zero(t, d.run("status").exit, "nothing has failed yet")
	require.NoError(t, os.WriteFile(d.path("notify"), []byte("#!/bin/sh\ncat >> "+d.path("alarms")+"\necho heard\n"), 0o700))
	worker := d.start("work", "-notify", "./notify", "-log", "json")
	eventually(t, "the alarm is told", func() bool {
		told, _ := os.ReadFile(d.path("alarms"))
		return bytes.Count(told, []byte("\n")) == 1
	})
	assert.Zero(t, worker.stop(os.Interrupt))
	told, err := os.ReadFile(d.path("alarms"))
	require.NoError(t, err)
	var heard alarm
	require.NoError(t, json.Unmarshal(told, &heard))
	assert.Equal(t, alarm{At: heard.At, Connection: "shop", Account: heard.Account, Kind: "not_found", Detail: heard.Detail}, heard)
	assert.NotContains(t, string(told)+worker.text.String(), "no-such-account")
	got := d.run("status")
	assert.Equal(t, 3, got.exit)
	assert.Contains(t, got.stdout, "shop        mypos      2 ")
	assert.Contains(t, got.stdout, "\nTo do:\n  shop: 1 account stopped. See its accounts: fleet status shop\n")
	got = d.run("status", "shop")
	assert.Equal(t, 3, got.exit)
	assert.Contains(t, got.stdout, "then fleet add shop\n")
	d.good("add", "shop")
	assert.Zero(t, d.run("status").exit)
}

// A worker that is killed during a call leaves an unknown outcome, and the next one makes the call again.
func TestKilled(t *testing.T) {
	t.Parallel()
	bank := newBank(t)
	bank.hold = make(chan struct{})
	d := newDesk(t, twoConnections(bank.URL))
	d.good("add", "shop")
	worker := d.start("work", "-rescue-after", "2s")
	eventually(t, "calls are under way", func() bool { return bank.total() == 2 })
	assert.Equal(t, -1, worker.stop(syscall.SIGKILL))
	close(bank.hold)
	bank.mutex.Lock()
	bank.hold = nil
	bank.mutex.Unlock()
	worker = d.start("work", "-rescue-after", "2s")
	eventually(t, "the accounts are fetched", func() bool {
		s := d.status().Summary
		return s.UnknownOutcomes == 2 && s.NeverFetched == 0
	})
	assert.Contains(t, d.run("status").stdout, "2 calls with unknown outcome: the worker ended before it was stored\n")
	assert.Equal(t, 4, bank.total())
	assert.Zero(t, worker.stop(syscall.SIGTERM))
}

// A stop waits for the calls under way and stores their outcomes; a second signal ends the program at once.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	for _, isPatient := range []bool{true, false} {
		bank := newBank(t)
		bank.hold = make(chan struct{})
		d := newDesk(t, twoConnections(bank.URL))
		d.good("add", "shop")
		worker := d.start("work")
		eventually(t, "calls are under way", func() bool { return bank.total() == 2 })
		require.NoError(t, worker.Process.Signal(syscall.SIGTERM))
		if !isPatient {
			eventually(t, "the second signal ends it", func() bool {
				_ = worker.Process.Signal(syscall.SIGTERM)
				return len(worker.ended) > 0
			})
			<-worker.ended
			assert.Equal(t, -1, worker.ProcessState.ExitCode())
			close(bank.hold)
			continue
		}
		time.Sleep(time.Second) // nothing to wait for says that the signal has come
		close(bank.hold)
		<-worker.ended
		assert.Zero(t, worker.ProcessState.ExitCode(), worker.text.String())
		s := d.status().Summary
		assert.Zero(t, s.NeverFetched)
		assert.Zero(t, s.UnknownOutcomes)
		assert.Equal(t, 2, bank.total())
	}
}

// An entry without the mark is not opened, and one that is gone is said to be missing.
func TestOnlyMarkedEntriesAreOpened(t *testing.T) {
	t.Parallel()
	bank := newBank(t)
	text := twoConnections(bank.URL)
	d := newDesk(t, text)
	d.good("add", "-all")
	require.NoError(t, os.WriteFile(d.path("config.json"), []byte(strings.Replace(text, `"=cmd"`, `"other"`, 1)), 0o600))
	worker := d.start("work")
	eventually(t, "both are missing", func() bool {
		all := d.status().Connections
		return strings.Contains(all[0].Detail, "none is called") && strings.Contains(all[1].Detail, `no "fleet": true`)
	})
	assert.Zero(t, bank.total())
	assert.Zero(t, worker.stop(syscall.SIGTERM))
	assert.Equal(t, 3, d.run("status").exit)
	missing := d.status().Connections[0].Connection
	assert.Equal(t, outcome{0, "1 connection renamed: other; openbalances get does not ask for what a fleet keeps\n", ""},
		d.run("add", "-renamed", missing, "other"))
	worker = d.start("work")
	eventually(t, "one is there again", func() bool { return bank.total() > 0 && d.status().Connections[0].State == "active" })
	assert.Zero(t, worker.stop(syscall.SIGTERM))
	all := d.status().Connections
	assert.Equal(t, []string{"other", "shop"}, []string{all[0].Connection, all[1].Connection})
	assert.Equal(t, outcome{exitUsage, "", "fleet: -renamed: other is one of neonomics, and shop of mypos\n"},
		d.run("add", "-renamed", "other", "shop"))
}

// A worker goes by a configuration that has changed, and by the last one while that cannot be read.
func TestTheConfigurationChanges(t *testing.T) {
	t.Parallel()
	bank := newBank(t)
	text := twoConnections(bank.URL)
	d := newDesk(t, text)
	d.good("add", "shop")
	worker := d.start("work", "-every", "1s", "-allowance", "60/6s")
	eventually(t, "it works", func() bool { return bank.total() > 2 })
	require.NoError(t, os.WriteFile(d.path("config.json"), []byte("{"), 0o600))
	eventually(t, "that is logged", func() bool { return strings.Contains(worker.text.String(), "cannot be read any more") })
	calls := bank.total()
	eventually(t, "it goes on", func() bool { return bank.total() > calls+2 })
	require.NoError(t, os.WriteFile(d.path("config.json"), []byte(text), 0o600))
	eventually(t, "its mark is missed", func() bool { return d.status().Connections[0].State == "missing" })
	assert.Zero(t, worker.stop(syscall.SIGTERM))
	assert.Equal(t, 1, strings.Count(worker.text.String(), "cannot be read any more"))
}
