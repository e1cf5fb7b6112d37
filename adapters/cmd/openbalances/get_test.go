package main_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGetJSONGolden(t *testing.T) {
	t.Parallel()
	config, err := os.ReadFile(filepath.Join("testdata", "five.json"))
	require.NoError(t, err)
	golden, err := os.ReadFile(filepath.Join("testdata", "five.golden.json"))
	require.NoError(t, err)
	me := newIdentity()
	folder := files(t, map[string]string{
		"five.json":   strings.ReplaceAll(string(config), "SANDBOX", serveSandbox(t)),
		"signing.pem": me.certificate, "keys/signing.key": me.pkcs1, "keys/api.key": "key\r\n",
	})
	before := time.Now().Truncate(time.Millisecond)
	got := run(t, "get", "-config", filepath.Join(folder, "five.json"), "-json")
	assert.Equal(t, 1, got.exit)
	assert.Empty(t, got.stderr)
	assert.Equal(t, string(golden), withoutReceived(t, got.stdout, before))
}

// sentID finds the id of a request that a balance tells.
var sentID = regexp.MustCompile(`("receivedAt": "[^"]+",\n +"requestId": )"[0-9a-f-]{36}"`)

// withoutReceived replaces the ids of requests and the times of receipt, which have to lie between then and now and be in
// UTC.
func withoutReceived(t *testing.T, text string, then time.Time) string {
	t.Helper()
	text = sentID.ReplaceAllString(text, `$1"SENT"`)
	return regexp.MustCompile(`"receivedAt": "([^"]+)"`).ReplaceAllStringFunc(text, func(member string) string {
		received, err := time.Parse(`"receivedAt": "2006-01-02T15:04:05.999Z"`, member)
		require.NoError(t, err)
		assert.WithinRange(t, received, then, time.Now())
		return `"receivedAt": "RECEIVED"`
	})
}

func TestGetEikaTakesPEMInEveryForm(t *testing.T) {
	t.Parallel()
	me := newIdentity()
	inline, err := json.Marshal(me.key)
	require.NoError(t, err)
	for _, key := range []string{`"sign.key"`, `"file:sign.key"`, `"sign.pkcs1"`, string(inline)} {
		folder := files(t, map[string]string{
			"sign.pem": "Bag Attributes\n" + me.certificate + me.certificate, "sign.key": me.key, "sign.pkcs1": me.pkcs1,
			"config.json": `{"connections":[{"name":"home","provider":"eika","baseURL":"` + serveSandbox(t) + `/eika",
				"accounts":["enc!!bmVnYXRpdmVBbW91bnQ="],"credentials":{"signingCert":"file:sign.pem","signingKey":` + key + `}}]}`,
		})
		got := run(t, "get", "-config", filepath.Join(folder, "config.json"))
		assert.Equal(t, 0, got.exit, got.stderr)
		assert.Contains(t, got.stdout, "-431.07")
	}
}

// oneConnection is a Neonomics connection: the provider whose answer is the smallest.
func oneConnection(url string, accounts ...string) string {
	return `{"connections":[{"name":"home","provider":"neonomics","baseURL":"` + url + `","accounts":["` +
		strings.Join(accounts, `","`) + `"],"credentials":{"accessToken":"t","sessionId":"s","deviceId":"d"}}]}`
}

// accounts answers with the body that belongs to the account asked for.
type accounts map[string]string

func (a accounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, ok := a[path.Base(path.Dir(r.URL.Path))]
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = fmt.Fprint(w, body)
}

func TestGetTable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("abcdefghij", 6)
	server := serve(t, accounts{
		"a1": `[{"amount":"1234.5","currency":"NOK","type":"CLBD"},{"amount":"-0.001","currency":"NOK","type":"CLSG"}]`,
		"a2": `[]`,
		"a3": `[{"amount":"7","currency":"JPY","type":"evil\u001b[31m\u202e\u0085\u00a0kr\u00f8ne"}]`,
		long: `[{"amount":"0.10","currency":"SEK","type":"EXPN"}]`,
	})
	got := get(t, oneConnection(server, "a1", "a2", "gone", "a3", long))
	assert.Equal(t, outcome{1,
		`CONNECTION  PROVIDER   ACCOUNT                                   TYPE                                                 AMOUNT  CURRENCY  AS OF
home        neonomics  a1                                        closingBooked                                      1234.5    NOK       -
home        neonomics  a1                                        closingBooked                                        -0.001  NOK       -
home        neonomics  a2                                        (no balances)
home        neonomics  a3                                        unknown (evil\u{1b}[31m\u{202e}\u{85}\u{a0}krøne)     7      JPY       -
home        neonomics  abcdefghijabcdefghi…abcdefghijabcdefghij  expected                                              0.10   SEK       -
`,
		`warning: home neonomics a1: closingBooked: amount is finer than the currency's minor unit
failed: home neonomics gone: neonomics: get balances: not_found (HTTP 404)
4 balances from 4 accounts, 1 failed
`}, got)
}

func TestGetTableOfNothing(t *testing.T) {
	t.Parallel()
	got := get(t, oneConnection(serve(t, accounts{}), "a"))
	assert.Equal(t, outcome{1, "CONNECTION  PROVIDER  ACCOUNT  TYPE  AMOUNT  CURRENCY  AS OF\n",
		"failed: home neonomics a: neonomics: get balances: not_found (HTTP 404)\n0 balances from 0 accounts, 1 failed\n"}, got)
}

func TestGetTableShowsWarnings(t *testing.T) {
	t.Parallel()
	me := newIdentity()
	folder := files(t, map[string]string{"c.pem": me.certificate, "k.pem": me.key, "config.json": `{"connections":[
		{"name":"home","provider":"eika","baseURL":"` + serveSandbox(t) + `/eika","accounts":["enc!!b3RoZXJDdXJyZW5jeQ=="],
		"credentials":{"signingCert":"c.pem","signingKey":"k.pem"}}]}`})
	got := run(t, "get", "-config", filepath.Join(folder, "config.json"))
	assert.Equal(t, 0, got.exit)
	assert.Equal(t, "warning: home eika enc!!b3RoZXJDdXJyZW5jeQ==: closingBooked: currency differs from the account's currency\n"+
		"2 balances from 1 account, 0 failed\n", got.stderr)
}

func TestGetJSONOfNothingHasBothLists(t *testing.T) {
	t.Parallel()
	got := get(t, oneConnection(serve(t, accounts{"a": `[]`}), "a"), "-json")
	assert.Equal(t, outcome{0, "{\n  \"balances\": [],\n  \"failures\": []\n}\n", ""}, got)
}

func TestGetJSONIsReadableAndHarmless(t *testing.T) {
	t.Parallel()
	sent := "<a> & \\u003c \\\\ \u2028\u202e\u007f\U000e0041 kr\u00f8ne"
	text, err := json.Marshal(sent)
	require.NoError(t, err)
	got := get(t, oneConnection(serve(t, accounts{"a": `[{"amount":"1","currency":"NOK","type":` + string(text) + `}]`}), "a"), "-json")
	require.Equal(t, 0, got.exit, got.stderr)
	assert.Contains(t, got.stdout, `"providerType": "<a> & \\u003c \\\\ \u2028\u202e\u007f\udb40\udc41 krøne"`)
	var document struct {
		Balances []struct{ ProviderType string }
	}
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &document))
	assert.Equal(t, sent, document.Balances[0].ProviderType)
}

func TestGetJSONFailureRepeatsWhatTheProviderSent(t *testing.T) {
	t.Parallel()
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = fmt.Fprint(w, `{"id":"id-1","errorCode":"77","message":"a < b\u001b[2J","source":"C","type":"X","timestamp":1}`)
	}))
	before := time.Now()
	got := get(t, oneConnection(server, "a"), "-json")
	require.Equal(t, 1, got.exit)
	retry := regexp.MustCompile(`"retryAfter": "([^"]+)"`).FindStringSubmatch(got.stdout)
	require.Len(t, retry, 2)
	at, err := time.Parse("2006-01-02T15:04:05Z", retry[1])
	require.NoError(t, err, "whole seconds in UTC")
	assert.WithinRange(t, at, before.Add(time.Hour-time.Second), time.Now().Add(time.Hour+time.Second))
	assert.Equal(t, `{
  "balances": [],
  "failures": [
    {
      "connection": "home",
      "provider": "neonomics",
      "accountId": "a",
      "kind": "rate_limited",
      "origin": "provider",
      "status": 429,
      "code": "77",
      "message": "a < b\u001b[2J",
      "requestId": "id-1",
      `+retry[0]+`
    }
  ]
}
`, got.stdout)
}

func TestGetKeepsOrderAndBoundsCallsInFlight(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raise(&most, now.Add(1))
		defer now.Add(-1)
		time.Sleep(20 * time.Millisecond)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `[{"amount":"%s","currency":"NOK","type":"CLBD"}]`, path.Base(path.Dir(r.URL.Path)))
	}))
	var ids, want []string
	for i := 100; i < 164; i++ {
		ids = append(ids, fmt.Sprint(i))
		want = append(want, fmt.Sprintf(`"amount": "%d"`, i))
	}
	got := get(t, oneConnection(server, ids...), "-json")
	require.Equal(t, 0, got.exit, got.stderr)
	assert.Equal(t, want, regexp.MustCompile(`"amount": "\d+"`).FindAllString(got.stdout, -1))
	assert.LessOrEqual(t, most.Load(), int64(16))
	assert.Greater(t, most.Load(), int64(1), "calls run at the same time")
}

func raise(most *atomic.Int64, n int64) {
	for old := most.Load(); n > old; old = most.Load() {
		if most.CompareAndSwap(old, n) {
			return
		}
	}
}

// stuck never answers until the test ends, but answers for the account "quick".
func stuck(t *testing.T) string {
	t.Helper()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/quick/") {
			accounts{"quick": `[{"amount":"1.00","currency":"NOK","type":"CLBD"}]`}.ServeHTTP(w, r)
			return
		}
		<-release
	}))
	t.Cleanup(func() { close(release); server.Close() })
	return server.URL
}

func TestGetTimeoutFailsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	url := stuck(t)
	got := get(t, oneConnection(url, "slow", "quick"), "-json", "-timeout", "1s")
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stdout, `"amount": "1.00"`)
	assert.Contains(t, got.stdout, "\"kind\": \"deadline\",\n      \"message\": \"no answer in time\"\n")
	got = get(t, oneConnection(url, "slow"), "-timeout", "50ms")
	assert.Equal(t, "failed: home neonomics slow: no answer in time\n0 balances from 0 accounts, 1 failed\n", got.stderr)
}

func TestGetStoppedByTheUser(t *testing.T) {
	t.Parallel()
	many := []string{"quick"}
	for i := range 40 {
		many = append(many, fmt.Sprintf("slow%d", i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Second, cancel)
	got := runIn(ctx, getArgs(t, oneConnection(stuck(t), many...), "-json")...)
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stdout, `"amount": "1.00"`)
	assert.Equal(t, 40, strings.Count(got.stdout, "\"kind\": \"canceled\",\n      \"message\": \"the run was stopped\"\n"))
	got = runIn(ctx, getArgs(t, oneConnection(serve(t, accounts{}), "late"))...)
	assert.Equal(t, "failed: home neonomics late: canceled\n0 balances from 0 accounts, 1 failed\n", got.stderr)
}

func TestGetOneFailingConnectionHidesNoOther(t *testing.T) {
	t.Parallel()
	config := `{"connections":[
		{"name":"down","provider":"mypos","baseURL":"http://127.0.0.1:1","accounts":["1","2"],
		 "credentials":{"accessToken":"t","apiKey":"k","consentId":"3f1c9a52-6f0e-4b7e-9a43-2f0b8c6d1e11"}},
		{"name":"up","provider":"mypos","baseURL":"` + serveSandbox(t) + `/mypos","accounts":["50044620073"],
		 "credentials":{"accessToken":"t","apiKey":"k","consentId":"3f1c9a52-6f0e-4b7e-9a43-2f0b8c6d1e11"}}]}`
	got := get(t, config)
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stdout, "4.200")
	assert.Equal(t, `failed: down mypos 1: mypos: get balances: unavailable: connection refused
failed: down mypos 2: mypos: get balances: unavailable: connection refused
1 balance from 1 account, 2 failed
`, got.stderr)
}

func TestGetShowsItsClientCertificateAndKnowsItsRoots(t *testing.T) {
	t.Parallel()
	me := newIdentity()
	pair, err := tls.X509KeyPair([]byte(me.certificate), []byte(me.key))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM([]byte(me.certificate)))
	server := httptest.NewUnstartedServer(accounts{"a": `[{"amount":"1.00","currency":"NOK","type":"CLBD"}]`})
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshake is wanted
	server.StartTLS()
	t.Cleanup(server.Close)
	plain := oneConnection(server.URL, "a")
	trusting := strings.Replace(plain, `"accounts"`, `"tls":{"clientCert":"c.pem","clientKey":"k.pem","rootCAs":"c.pem"},"accounts"`, 1)
	folder := files(t, map[string]string{"c.pem": me.certificate, "k.pem": me.key, "plain.json": plain, "tls.json": trusting})
	got := run(t, "get", "-config", filepath.Join(folder, "tls.json"))
	assert.Equal(t, 0, got.exit, got.stderr)
	assert.Contains(t, got.stdout, "1.00")
	got = run(t, "get", "-config", filepath.Join(folder, "plain.json"))
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stderr, "server certificate not accepted")
}
