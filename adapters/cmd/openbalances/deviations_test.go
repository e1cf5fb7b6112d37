package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// changed is a bank whose answers are no longer those of the document, but still good enough for the adapter.
var changed = accounts{
	"a1": `[{"amount":"1.00","currency":"NOK","type":"CLSG","bookedOn":"2026-11-20"},{"amount":"2.00","currency":"NOK","type":"NEW"}]`,
	"a2": `[{"amount":"3.00","currency":"NOK","type":"NEW"}]`,
	"a3": `[{"amount":"4.00","currency":"NOK","type":"AVLB"}]`,
}

func TestGetContractPrintsDeviations(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, changed), "a1", "a2", "a3", "gone")
	plain, checked := get(t, config), get(t, config, "-contract")
	assert.Equal(t, 1, checked.exit)
	assert.Equal(t, plain.exit, checked.exit)
	assert.Equal(t, plain.stdout, checked.stdout)
	assert.Equal(t, `deviation: home neonomics getBalances: response body /*/bookedOn: undocumented member
deviation: home neonomics getBalances: response body /*/type: undocumented value (documented: CLSG, AVLB, EXPN; 2 times)
`+plain.stderr, checked.stderr)
}

func TestGetContractLeavesTheExitCode(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, changed), "a1")
	got := get(t, config, "-contract")
	assert.Equal(t, 0, got.exit)
	assert.Contains(t, got.stderr, "deviation: ")
	assert.Equal(t, 2, run(t, "get", "-contract").exit)
}

func TestGetContractJSON(t *testing.T) {
	t.Parallel()
	config := oneConnection(serve(t, changed), "a2", "a3")
	plain, checked := get(t, config, "-json"), get(t, config, "-json", "-contract")
	assert.NotContains(t, plain.stdout, "deviations")
	assert.Equal(t, 0, checked.exit)
	assert.Equal(t, "deviation: home neonomics getBalances: response body /*/type: undocumented value "+
		"(documented: CLSG, AVLB, EXPN)\n", checked.stderr)
	_, found, _ := strings.Cut(checked.stdout, `"failures": [],`)
	assert.Equal(t, `
  "deviations": [
    {
      "connection": "home",
      "provider": "neonomics",
      "operation": "getBalances",
      "status": 200,
      "part": "response body /*/type",
      "rule": "undocumented value",
      "documented": "CLSG, AVLB, EXPN",
      "count": 1
    }
  ]
}
`, found)
	var before, after map[string]any
	require.NoError(t, json.Unmarshal([]byte(plain.stdout), &before))
	require.NoError(t, json.Unmarshal([]byte(checked.stdout), &after))
	delete(after, "deviations")
	assert.Equal(t, len(before["balances"].([]any)), len(after["balances"].([]any)))
	assert.Len(t, after, len(before))
	assert.Contains(t, get(t, oneConnection(serve(t, changed), "a3"), "-json", "-contract").stdout, `"deviations": []`)
}

// Two connections, many calls at the same time: the order is that of the configuration and then of the text.
func TestGetContractKeepsOrder(t *testing.T) {
	t.Parallel()
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		name := string('a' + r.URL.Path[len(r.URL.Path)-len("0/balances")]%4)
		_, _ = fmt.Fprintf(w, `[{"amount":"1","currency":"NOK","type":"CLSG",%q:1}]`, "new"+name)
	}))
	var ids []string
	for i := range 40 {
		ids = append(ids, fmt.Sprintf("id%d", i))
	}
	first := oneConnection(server, ids...)
	second := strings.Replace(first, `"home"`, `"a\u001b[2J"`, 1)
	config := strings.TrimSuffix(first, "]}") + "," + strings.TrimPrefix(second, `{"connections":[`)
	var want string
	for _, connection := range []string{"home", `a\u{1b}[2J`} {
		for _, name := range []string{"a", "b", "c", "d"} {
			count := map[string]int{"a": 12, "b": 12, "c": 8, "d": 8}[name]
			want += fmt.Sprintf("deviation: %s neonomics getBalances: response body /*/new%s: undocumented member (%d times)\n",
				connection, name, count)
		}
	}
	for range 5 {
		got := get(t, config, "-contract")
		require.Equal(t, 0, got.exit, got.stderr)
		assert.Equal(t, want, strings.TrimSuffix(got.stderr, "80 balances from 80 accounts, 0 failed\n"))
	}
}

// The check stands beneath the guard that caps bodies, so that it sees what the guard keeps from the adapter.
func TestGetContractSeesWhatTheGuardRefuses(t *testing.T) {
	t.Parallel()
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 2048 {
			_, _ = io.WriteString(w, strings.Repeat(" ", 1024))
		}
	}))
	got := get(t, oneConnection(server, "a"), "-contract")
	assert.Equal(t, 1, got.exit)
	assert.Equal(t, `deviation: home neonomics getBalances: response body: not checked: larger than the cap
failed: home neonomics a: neonomics: get balances: too_large (HTTP 200): body is larger than the cap
0 balances from 0 accounts, 1 failed
`, got.stderr)
}

// What the adapters send is what the documents say, and the sandbox's answers differ in nothing but new values.
func TestGetContractOfEveryProvider(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile(filepath.Join("testdata", "five.json"))
	require.NoError(t, err)
	me := newIdentity()
	folder := files(t, map[string]string{
		"five.json":   strings.ReplaceAll(string(config), "SANDBOX", serveSandbox(t)),
		"signing.pem": me.certificate, "keys/signing.key": me.pkcs1, "keys/api.key": "key\r\n",
	})
	got := run(t, "get", "-config", filepath.Join(folder, "five.json"), "-contract")
	assert.Equal(t, 1, got.exit)
	for line := range strings.Lines(got.stderr) {
		if strings.HasPrefix(line, "deviation: ") {
			assert.Regexp(t, "response body .*: undocumented (value|member)", line)
		}
	}
}

// Without baseURL an adapter calls an address that its document names.
func TestAdaptersCallWhereTheirDocumentsSay(t *testing.T) {
	t.Parallel()
	for _, name := range specs.Providers() {
		document, err := contract.Load(name)
		require.NoError(t, err)
		open, err := openbalances.Opener(name)
		require.NoError(t, err)
		var found []traffic.Deviation
		called := false
		next := transport(func(r *http.Request) (*http.Response, error) {
			called = true
			if r.Body != nil {
				_, _ = io.Copy(io.Discard, r.Body)
			}
			answer := httptest.NewRecorder()
			answer.WriteHeader(http.StatusTeapot)
			return answer.Result(), nil
		})
		client := &http.Client{Transport: traffic.NewTransport(next, document, traffic.Options{
			Report: func(d traffic.Deviation) { found = append(found, d) },
		})}
		source, err := open(&adapters.Options{HTTPClient: client})
		require.NoError(t, err)
		_, err = source.Balances(t.Context(), "account", adapters.Unattended())
		require.Error(t, err)
		assert.True(t, called)
		require.Len(t, found, 1, "%v", found)
		assert.Equal(t, "response status 418", found[0].Part)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestGetContractShowsNoValue(t *testing.T) {
	t.Parallel()
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[{"amount":"47.11-S3CR3T","currency":"S3CR3T","type":"S3CR3T","S3CR3T":"S3CR3T"}]`)
	}))
	config := strings.ReplaceAll(oneConnection(server, "id-S3CR3T"), `:"t"`, `:"S3CR3T"`)
	got := get(t, config, "-contract", "-json")
	_, found, ok := strings.Cut(got.stdout, `"deviations"`)
	require.True(t, ok)
	assert.Contains(t, found, `/*/*`)
	assert.NotContains(t, found+got.stderr, "S3CR3T")
	assert.NotContains(t, found+got.stderr, "47.11")
}
