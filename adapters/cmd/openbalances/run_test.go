package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	secret        = configtest.Secret
	tokenVariable = configtest.Token
)

func TestMain(m *testing.M) {
	// Here and not in a test, because the environment is one for all parallel tests.
	if err := os.Setenv(tokenVariable, configtest.Getenv(tokenVariable)); err != nil {
		panic(err)
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

// on runs a command on a configuration, beside which lie the files of configtest. Whatever it prints is harmless.
func on(t *testing.T, config, command string, flags ...string) outcome {
	t.Helper()
	got := run(t, arguments(t, config, command, flags...)...)
	for _, r := range strings.ReplaceAll(got.stdout, "\r\n", "\n") + got.stderr {
		require.True(t, r == '\n' || unicode.IsPrint(r), "%q", r)
	}
	return got
}

func arguments(t *testing.T, config, command string, flags ...string) []string {
	t.Helper()
	folder := configtest.Folder(t, map[string]string{"config.json": config})
	return append([]string{command, "-config", filepath.Join(folder, "config.json")}, flags...)
}

func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// sandboxes makes the sandbox once, because reading the documents takes long.
var sandboxes = sync.OnceValue(func() http.Handler {
	handler, err := sandbox.New()
	if err != nil {
		panic(err)
	}
	return handler
})

func serveSandbox(t *testing.T) string {
	t.Helper()
	return serve(t, sandboxes())
}

// bank answers as Neonomics does, whose answers are the smallest: with the body that belongs to the account or, under the
// empty name, to the list. A body may have a status before it. Paths before those of Neonomics are part of the name.
type bank map[string]string

func (b bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	place := strings.TrimSuffix(strings.Replace(r.URL.Path, "/ics/v3/accounts", "", 1), "/balances")
	body, ok := b[strings.Trim(path.Clean("/"+place), "/")]
	status, rest, _ := strings.Cut(body, " ")
	code, err := strconv.Atoi(status)
	switch {
	case !ok:
		code = http.StatusNotFound
	case err != nil:
		code, rest = http.StatusOK, body
	}
	w.Header().Set("Content-Type", "application/json")
	if code == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "3600")
	}
	w.WriteHeader(code)
	_, _ = w.Write([]byte(rest))
}

// neonomics is a connection to a bank, which asks for all accounts if it names none.
func neonomics(name, url string, accounts ...string) string {
	named := ""
	if len(accounts) > 0 {
		named = `"accounts":["` + strings.Join(accounts, `","`) + `"],`
	}
	return `{"name":"` + name + `","provider":"neonomics","baseURL":"` + url + `",` + named +
		`"credentials":{"accessToken":"t","sessionId":"s","deviceId":"d"}}`
}

func configOf(connections ...string) string {
	return `{"connections":[` + strings.Join(connections, ",") + `]}`
}

func oneConnection(url string, accounts ...string) string {
	return configOf(neonomics("home", url, accounts...))
}

// fiveConnections is the configuration five.json in front of a sandbox.
func fiveConnections(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "five.json"))
	require.NoError(t, err)
	return strings.ReplaceAll(string(text), "SANDBOX", serveSandbox(t))
}

// scene is a run on one connection, "home" at Neonomics, in front of a bank.
type scene struct {
	name     string
	bank     http.Handler
	accounts string // those that the configuration names, with blanks between them
	args     string
	want     outcome
}

func play(t *testing.T, scenes []scene) {
	t.Helper()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			args, before := strings.Fields(s.args), time.Now()
			got := on(t, oneConnection(serve(t, s.bank), strings.Fields(s.accounts)...), args[0], args[1:]...)
			assert.Equal(t, strings.Contains(s.args, "json"), json.Valid([]byte(got.stdout)))
			got.stdout, got.stderr = timeless(got.stdout, before), timeless(got.stderr, before)
			assert.Equal(t, s.want, got)
		})
	}
}

var (
	stamp  = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z`)
	age    = regexp.MustCompile(`"ageSeconds": \d+`)
	sentID = regexp.MustCompile(`"requestId": "[0-9a-f-]{36}"`)
)

// timeless replaces the times of receipt, which lie between then and now, whole seconds in an hour, the ids of requests and
// the ages of balances.
func timeless(text string, then time.Time) string {
	text = age.ReplaceAllString(text, `"ageSeconds": 1`)
	return stamp.ReplaceAllStringFunc(sentID.ReplaceAllString(text, `"requestId": "SENT"`), func(found string) string {
		at, _ := time.Parse(time.RFC3339, found)
		switch {
		case !at.Before(then.Truncate(time.Millisecond)) && !at.After(time.Now()):
			return "RECEIVED"
		case !strings.Contains(found, ".") && at.Sub(then).Round(time.Minute) == time.Hour:
			return "IN AN HOUR"
		}
		return found
	})
}
