package main_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	// hostile is what a provider could send to steer a terminal, to hide something, or to be calculated by a spreadsheet.
	hostile = `"=HYPERLINK(1);+2\u001b]0;x\u0007\r\n\u202eevil\u2028\u0085\u00a0\udb40\udc41\ufeff"`
	long    = "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"
	one     = `[{"amount":"1.50","currency":"NOK","type":"CLBD"}]`
	nothing = "{\n  \"balances\": [],\n  \"failures\": [%s]%s\n}\n"
	isEmpty = ",\n  \"empty\": [\n    {\n      \"connection\": \"home\",\n      \"provider\": \"neonomics\"%s\n    }\n  ]"
)

func hostileBank() bank {
	return bank{"a": `[{"amount":"-1.50","currency":"NOK","type":` + hostile + `},{"amount":"2","currency":"NOK","type":"CLBD"}]`, "b": `[]`}
}

// failed is a failure in the JSON, with members besides the first three.
func failed(members string) string {
	return fmt.Sprintf("\n    {\n      \"connection\": \"home\",\n      \"provider\": \"neonomics\",\n%s\n    }\n  ", members)
}

// The first row names the columns, of which new ones come last. No cell starts a formula, breaks a line or turns the text around it.
func TestGetCSV(t *testing.T) {
	t.Parallel()
	before := time.Now()
	got := on(t, oneConnection(serve(t, hostileBank()), "a", "b", "gone"), "get", "-format", "csv")
	assert.Equal(t, 1, got.exit)
	assert.Equal(t, "failed: home neonomics gone: neonomics: get balances: not_found (HTTP 404)\n2 balances from 2 accounts, 1 failed\n", got.stderr)
	assert.Equal(t, 5, strings.Count(got.stdout, "\r\n"))
	rows, err := csv.NewReader(strings.NewReader(timeless(got.stdout, before))).ReadAll()
	require.NoError(t, err)
	columns := strings.Fields("connection provider accountId iban bban type providerType amount currency asOf receivedAt bank " +
		"referenceDate lastCommittedTransaction requestId ageSeconds reason creditLines warnings outcome kind consent origin status code message retryAfter")
	require.GreaterOrEqual(t, len(rows[0]), len(columns))
	assert.Equal(t, columns, rows[0][:len(columns)])
	var lines []map[string]string
	for _, row := range rows[1:] {
		line := map[string]string{}
		for i, cell := range row {
			if cell != "" {
				line[rows[0][i]] = cell
			}
		}
		lines = append(lines, line)
	}
	assert.Equal(t, []map[string]string{
		{
			"connection": "home", "provider": "neonomics", "accountId": "a", "type": "unknown", "amount": "-1.50", "currency": "NOK",
			"providerType": `\u{3d}HYPERLINK(1);\u{2b}2\u{1b}]0;x\u{7}\u{d}\u{a}\u{202e}evil\u{2028}\u{85}\u{a0}\u{e0041}\u{feff}`,
			"receivedAt":   "RECEIVED", "outcome": "balance",
		},
		{
			"connection": "home", "provider": "neonomics", "accountId": "a", "type": "closingBooked", "amount": "2", "currency": "NOK",
			"providerType": "CLBD", "receivedAt": "RECEIVED", "outcome": "balance",
		},
		{"connection": "home", "provider": "neonomics", "accountId": "b", "outcome": "empty"},
		{"connection": "home", "provider": "neonomics", "accountId": "gone", "outcome": "failed", "kind": "not_found", "origin": "provider", "status": "404"},
	}, lines)
}

func TestGet(t *testing.T) {
	t.Parallel()
	play(t, []scene{
		{"table", bank{
			"a1": `[{"amount":"1234.5","currency":"NOK","type":"CLBD"},{"amount":"-0.001","currency":"NOK","type":"CLSG"}]`,
			"a2": `[]`,
			"a3": `[{"amount":"7","currency":"JPY","type":"evil\u001b[31m\u202e\u0085\u00a0kr\u00f8ne"}]`,
			long: `[{"amount":"0.10","currency":"SEK","type":"EXPN"}]`,
		}, "a1 a2 gone a3 " + long, "get", outcome{1,
			`CONNECTION  PROVIDER   ACCOUNT                                   TYPE                                                 AMOUNT  CURRENCY  AS OF  AGE
home        neonomics  a1                                        closingBooked                                      1234.5    NOK       -      -
home        neonomics  a1                                        closingBooked                                        -0.001  NOK       -      -
home        neonomics  a2                                        (no balances)
home        neonomics  a3                                        unknown (evil\u{1b}[31m\u{202e}\u{85}\u{a0}krøne)     7      JPY       -      -
home        neonomics  abcdefghijabcdefghi…abcdefghijabcdefghij  expected                                              0.10   SEK       -      -
`,
			`warning: home neonomics a1: closingBooked: amount is finer than the currency's minor unit
failed: home neonomics gone: neonomics: get balances: not_found (HTTP 404)
4 balances from 4 accounts, 1 failed
`}},
		{"table of nothing", bank{}, "a", "get -format table", outcome{
			1, "CONNECTION  PROVIDER  ACCOUNT  TYPE  AMOUNT  CURRENCY  AS OF  AGE\n",
			"failed: home neonomics a: neonomics: get balances: not_found (HTTP 404)\n0 balances from 0 accounts, 1 failed\n",
		}},
		{"JSON of an empty account", bank{"a": `[]`}, "a", "get -json",
			outcome{0, fmt.Sprintf(nothing, "", fmt.Sprintf(isEmpty, ",\n      \"accountId\": \"a\"")), ""}},
		{"JSON of an empty connection", bank{"": `[]`}, "", "get -json", outcome{0, fmt.Sprintf(nothing, "", fmt.Sprintf(isEmpty, "")), ""}},
		{"JSON is readable", bank{"a": `[{"amount":"1","currency":"NOK","type":"<a> & \\u003c \\\\ \u2028\u202e\u007f\udb40\udc41 kr\u00f8ne"}]`},
			"a", "get -format json -json", outcome{0, `{
  "balances": [
    {
      "connection": "home",
      "provider": "neonomics",
      "accountId": "a",
      "type": "unknown",
      "providerType": "<a> & \\u003c \\\\ \u2028\u202e\u007f\udb40\udc41 krøne",
      "amount": "1",
      "currency": "NOK",
      "receivedAt": "RECEIVED"
    }
  ],
  "failures": []
}
`, ""}},
		{"JSON failure repeats what the provider sent",
			bank{"a": `429 {"id":"id-1","errorCode":"77","message":"a < b\u001b[2J","source":"C","type":"X","timestamp":1}`},
			"a", "get -format json", outcome{1, fmt.Sprintf(nothing, failed(`      "accountId": "a",
      "kind": "rate_limited",
      "origin": "provider",
      "status": 429,
      "code": "77",
      "message": "a < b\u001b[2J",
      "requestId": "id-1",
      "retryAfter": "IN AN HOUR"`), ""), ""}},
		{"JSON failure of a list has no account", bank{"": "530 {}"}, "", "get -json", outcome{1,
			fmt.Sprintf(nothing, failed("      \"kind\": \"unavailable\",\n      \"origin\": \"bank\",\n      \"status\": 530"), ""), ""}},
	})
}

// Connections that name no accounts, of every sort of list, and one of a bank that is down: none hides another.
func TestGetLists(t *testing.T) {
	t.Parallel()
	url := serve(t, bank{
		"lists":    `[{"id":"a3","accountName":""},{"id":"gone","accountName":""},{"id":"a1","accountName":""}]`,
		"lists/a1": one, "lists/a3": `[{"amount":"-3","currency":"NOK","type":"AVLB"}]`,
		"carries": `[{"id":"a2","accountName":"","balances":[]},{"id":"a1","accountName":"","balances":` + one + `}]`,
		"empty":   `[]`, "refused": "530 {}",
	})
	var connections []string
	for _, name := range []string{"lists", "refused", "empty", "carries"} {
		connections = append(connections, neonomics(name, url+"/"+name))
	}
	connections = append(connections, neonomics(`@down, \"x\"`, "http://127.0.0.1:1", "1", "2"), neonomics("up", url+"/lists", "a1"))
	assert.Equal(t, outcome{1,
		`CONNECTION  PROVIDER   ACCOUNT  TYPE              AMOUNT  CURRENCY  AS OF  AGE
lists       neonomics  a3       interimAvailable   -3     NOK       -      -
lists       neonomics  a1       closingBooked       1.50  NOK       -      -
carries     neonomics  a2       (no balances)
carries     neonomics  a1       closingBooked       1.50  NOK       -      -
up          neonomics  a1       closingBooked       1.50  NOK       -      -
`,
		`failed: lists neonomics gone: neonomics: get balances: not_found (HTTP 404)
failed: refused neonomics: neonomics: list balances: unavailable (HTTP 530)
warning: empty neonomics: the provider lists no account
failed: @down, "x" neonomics 1: neonomics: get balances: unavailable: connection refused
failed: @down, "x" neonomics 2: neonomics: get balances: unavailable: connection refused
4 balances from 5 accounts, 4 failed
`}, on(t, configOf(connections...), "get"))
}

// An account that the provider lists as closed and without balances costs no call and is no failure. Named, it is asked for.
func TestGetClosedAccounts(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/balances") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(`{"accounts":[{"accountNumber":"1","status":"enabled","currency":"EUR","balance":4.20},
			{"accountNumber":"2","status":"deleted"},{"accountNumber":"3","status":"deleted","currency":"EUR","balance":-0.10}]}`))
	}))
	config := func(accounts string) string {
		return `{"connections":[{"name":"shop","provider":"mypos","baseURL":"` + server + `",` + accounts +
			`"credentials":{"accessToken":"t","apiKey":"k","consentId":"3c7816ee-3d51-4bf5-8ced-ece2af35d431"}}]}`
	}
	const remarks = "warning: shop mypos: the account list may leave out balances of the account; name the accounts to get all\n" +
		"closed: shop mypos 2: not asked for, as the provider lists it as closed\n2 balances from 2 accounts, 0 failed, 1 closed\n"
	got := on(t, config(""), "get")
	assert.Equal(t, outcome{0, `CONNECTION  PROVIDER  ACCOUNT  TYPE               AMOUNT  CURRENCY  AS OF  AGE
shop        mypos     1        unknown (balance)    4.20  EUR       -      -
shop        mypos     2        (closed)
shop        mypos     3        unknown (balance)   -0.10  EUR       -      -
`, remarks}, got)
	assert.EqualValues(t, 1, calls.Load())
	got = on(t, config(""), "get", "-format", "csv")
	assert.Equal(t, []any{0, remarks}, []any{got.exit, got.stderr})
	got = on(t, config(""), "get", "-json")
	assert.Equal(t, []any{0, ""}, []any{got.exit, got.stderr})
	assert.Contains(t, got.stdout, `  "failures": [],
  "closed": [
    {
      "connection": "shop",
      "provider": "mypos",
      "accountId": "2"
    }
  ]
}`)
	got = on(t, config(`"accounts":["2"],`), "get")
	assert.Equal(t, []any{1, "failed: shop mypos 2: mypos: get balances: not_found (HTTP 404)\n0 balances from 0 accounts, 1 failed\n"}, []any{got.exit, got.stderr})
}

func TestGetJSONGolden(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "five.golden.json"))
	require.NoError(t, err)
	before := time.Now()
	got := on(t, fiveConnections(t), "get", "-json")
	got.stdout = timeless(got.stdout, before)
	assert.Equal(t, outcome{1, string(golden), ""}, got)
}

// The CSV has the values of the JSON, for balances and accounts of every provider.
func TestCSVHasTheValuesOfTheJSON(t *testing.T) {
	t.Parallel()
	config := fiveConnections(t)
	for command, list := range map[string]string{"get": "balances", "accounts": "accounts"} {
		rows, err := csv.NewReader(strings.NewReader(on(t, config, command, "-format", "csv").stdout)).ReadAll()
		require.NoError(t, err)
		var document map[string][]map[string]any
		require.NoError(t, json.Unmarshal([]byte(on(t, config, command, "-json").stdout), &document))
		require.NotEmpty(t, document[list])
		amount, outcome := slices.Index(rows[0], "amount"), slices.Index(rows[0], "outcome")
		rest := map[string]int{}
		rows = slices.DeleteFunc(rows, func(row []string) bool {
			rest[row[outcome]]++
			none := row[outcome] == "empty" || row[outcome] == "failed"
			assert.False(t, none && amount >= 0 && row[amount] != "", "%v has an amount", row)
			return none
		})
		assert.Equal(t, len(document["empty"]), rest["empty"])
		assert.Equal(t, len(document["failures"]), rest["failed"])
		require.Len(t, rows, len(document[list])+1)
		for i, line := range document[list] {
			for column, name := range rows[0] {
				want, isText := line[name].(string)
				if name == "outcome" {
					assert.Equal(t, strings.TrimSuffix(list, "s"), rows[i+1][column])
					continue
				}
				if name == "receivedAt" || name == "requestId" && want != "" || line[name] != nil && !isText {
					assert.NotEmpty(t, rows[i+1][column])
					continue
				}
				assert.Equal(t, want, rows[i+1][column], name)
			}
		}
	}
}

func TestGetEikaTakesPEMInEveryForm(t *testing.T) {
	t.Parallel()
	inline, err := json.Marshal(configtest.Files(t)["signing.key"])
	require.NoError(t, err)
	for _, key := range []string{`"signing.key"`, `"file:signing.key"`, `"keys/signing.key"`, string(inline)} {
		got := on(t, `{"connections":[{"name":"home","provider":"eika","baseURL":"`+serveSandbox(t)+`/eika",
			"accounts":["enc!!bmVnYXRpdmVBbW91bnQ="],"credentials":{"signingCert":"file:chain.pem","signingKey":`+key+`}}]}`, "get")
		assert.Equal(t, 0, got.exit, got.stderr)
		assert.Contains(t, got.stdout, "-431.07")
	}
}

// Accounts that the user names are asked for one by one, although the provider takes several in a call; those that it
// lists share one.
func TestNamedAccountsShareNoCall(t *testing.T) {
	t.Parallel()
	var mutex sync.Mutex
	calls := map[string]int{}
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mutex.Lock()
		calls[regexp.MustCompile(`/a:.*/`).ReplaceAllString(r.URL.Path, "/ID/")]++
		mutex.Unlock()
		sandboxes().ServeHTTP(w, r)
	}))
	for accounts, want := range map[string]map[string]int{
		`"accounts":["a:qfpsFovN2m7nTwNDvAPQwGcWp3KzM7ASx9dGAoKay7D:5zKcENpV","a:5VdPdtEPwP2HvTteuKG6aLHobkRXQuRp85gYSStPXxDn:5zKcENpV"],`: {"/tokenio/accounts/ID/balance": 2},
		``: {"/tokenio/accounts": 1, "/tokenio/account-balance": 1},
	} {
		clear(calls)
		got := on(t, `{"connections":[{"name":"w","provider":"tokenio","baseURL":"`+server+`/tokenio",`+accounts+
			`"credentials":{"onBehalfOf":"o","apiKey":"k"}}]}`, "get")
		assert.Contains(t, got.stdout, "1520.4500")
		assert.Equal(t, want, calls)
	}
}

func TestGetKeepsOrderAndBoundsCallsInFlight(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int64
	numbers, ids, want := bank{}, []string{}, []string{}
	for i := 100; i < 164; i++ {
		ids, want = append(ids, fmt.Sprint(i)), append(want, fmt.Sprintf(`"amount": "%d"`, i))
		numbers[fmt.Sprint(i)] = fmt.Sprintf(`[{"amount":"%d","currency":"NOK","type":"CLBD"}]`, i)
	}
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(20 * time.Millisecond)
		numbers.ServeHTTP(w, r)
	}))
	got := on(t, oneConnection(server, ids...), "get", "-json")
	require.Equal(t, 0, got.exit, got.stderr)
	assert.Equal(t, want, regexp.MustCompile(`"amount": "\d+"`).FindAllString(got.stdout, -1))
	assert.LessOrEqual(t, most.Load(), int64(16))
	assert.Greater(t, most.Load(), int64(1), "calls run at the same time")
}

// stuck answers for the account "quick" and lists under "lists"; other answers never come until the test ends.
func stuck(t *testing.T, list string) string {
	t.Helper()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/quick/") || r.URL.Path == "/lists/ics/v3/accounts" {
			bank{"quick": one, "lists/quick": one, "lists": list}.ServeHTTP(w, r)
			return
		}
		<-release
	}))
	t.Cleanup(func() { close(release); server.Close() })
	return server.URL
}

func TestGetTimeoutFailsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	url, begun := stuck(t, ""), time.Now()
	got := on(t, oneConnection(url, "slow", "quick"), "get", "-json", "-timeout", "1s")
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stdout, `"amount": "1.50"`)
	assert.Contains(t, got.stdout, "\"kind\": \"deadline\",\n      \"message\": \"no answer in time\"\n")
	for _, command := range []string{"get", "explain -connection home -account slow"} {
		words := strings.Fields(command + " -timeout 50ms")
		got = on(t, oneConnection(url, "slow"), words[0], words[1:]...)
		assert.Equal(t, 1, got.exit)
		assert.Contains(t, got.stderr, "failed: home neonomics"+map[bool]string{true: " slow"}[command == "get"]+": no answer in time\n")
	}
	assert.Less(t, time.Since(begun), 50*time.Second, "a run without -timeout takes a minute")
}

// What the end of the run kept from being asked is a failure for each account, or for the connection if its accounts
// are not known.
func TestGetStoppedByTheUser(t *testing.T) {
	t.Parallel()
	list, want := `[{"id":"quick","accountName":""}`, ""
	for i := range 40 {
		list += fmt.Sprintf(`,{"id":"slow%d","accountName":""}`, i)
		want += fmt.Sprintf("failed: lists neonomics slow%d: canceled\n", i)
	}
	url := stuck(t, list+"]")
	config := configOf(neonomics("lists", url+"/lists"), neonomics("never", url), neonomics("named", url, "c"))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Second, cancel)
	got := runIn(ctx, arguments(t, config, "get", "-format", "csv")...)
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stdout, "lists,neonomics,quick,")
	assert.Equal(t, want+"failed: never neonomics: canceled\nfailed: named neonomics c: canceled\n1 balance from 1 account, 42 failed\n", got.stderr)
	got = runIn(ctx, arguments(t, oneConnection(url, "late"), "get", "-json")...)
	assert.Equal(t, outcome{1, fmt.Sprintf(nothing, failed(`      "accountId": "late",
      "kind": "canceled",
      "message": "the run was stopped"`), ""), ""}, got)
	got = runIn(ctx, arguments(t, oneConnection(url), "accounts")...)
	assert.Equal(t, "failed: home neonomics: canceled\n0 accounts from 0 connections, 1 failed\n", got.stderr)
}

// full is a writer that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, diskFull{} }

type diskFull struct{}

func (diskFull) Error() string { return "disk full" }

func TestUnwritableOutputIsAFailure(t *testing.T) {
	t.Parallel()
	config := filepath.Join(configtest.Folder(t, map[string]string{"config.json": oneConnection(serve(t, bank{"a": `[]`}), "a")}), "config.json")
	for _, command := range []string{
		"demo", "demo -json", "providers", "sandbox -addr 127.0.0.1:0", "get -format csv -config " + config,
		"get -json -config " + config, "get -config " + config, "explain -connection home -json -config " + config,
	} {
		var stderr strings.Builder
		assert.Equal(t, 1, openbalances.Run(t.Context(), strings.Fields(command), full{}, &stderr), command)
		assert.Contains(t, stderr.String(), "openbalances: cannot write the output: disk full\n", command)
	}
}

// An interrupt and -timeout end every command, also one whose output nobody reads.
func TestNothingOutlastsItsEnd(t *testing.T) {
	t.Parallel()
	url := serve(t, bank{"a": one, "": `[{"id":"a","accountName":""}]`})
	config := " -connection home -account a -config " + arguments(t, oneConnection(url, "a"), "")[2]
	plain := strings.Replace(config, " -connection home -account a", "", 1)
	for _, command := range []string{
		"demo", "demo -json", "providers", "providers -json", "sandbox -addr 127.0.0.1:0", "get" + plain, "get -contract" + plain, "accounts" + plain,
		"explain" + config, "get -timeout 200ms" + plain, "accounts -timeout 200ms" + plain, "explain -timeout 200ms" + config,
	} {
		t.Run(command[:min(len(command), 30)], func(t *testing.T) {
			t.Parallel()
			_, stuck := io.Pipe()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			if !strings.Contains(command, "-timeout") {
				time.AfterFunc(200*time.Millisecond, interrupt)
			}
			assert.Equal(t, 1, openbalances.Run(ctx, strings.Fields(command), stuck, stuck))
		})
	}
}

// What a provider could send to hide something or to turn text around is escaped in every form; other letters are not.
func TestOnlyWhatShowsItselfIsPrinted(t *testing.T) {
	t.Parallel()
	hidden := "\u00ad\u034f\u061c\u115f\u17b4\u180b\u200b\u200d\u200e\u202e\u2060\u2066\u2800\u3000\u3164\ufe0f\ufeff\uffa0\U000e0100\U000e0041\U0001d159" +
		"\u05d0\u0631\u0661\u0780\u07c1\ufb1d\ufdf2\ufe8e\U00010800\U0001ee00"
	const legible = "Кари Нордманн, Bjørn Æåé e\u0301 ΑΩ 日本 한 हिन्दी ก € “”"
	text, err := json.Marshal(legible + hidden)
	require.NoError(t, err)
	name := string(text[1 : len(text)-1])
	url := serve(t, bank{
		"a": `[{"amount":"-12.50","currency":"NOK","type":"` + name + `","` + name + `":1}]`,
		"":  `[{"id":"` + name + `","accountName":"` + name + `","balances":[]}]`, "b": `503 {"message":"` + name + `","errorCode":"` + name + `"}`,
	})
	config := configOf(strings.Replace(neonomics("home", url, "a", "b"), "home", name, 1), neonomics("all", url))
	for _, command := range []string{
		"get", "get -json", "get -format csv", "get -contract", "get -contract -json", "accounts", "accounts -json", "accounts -format csv",
		"explain -connection all -account a", "explain -connection all -account a -json", "get -" + hidden,
	} {
		words := strings.Fields(command)
		got := on(t, config, words[0], words[1:]...)
		for _, r := range hidden {
			assert.NotContains(t, got.stdout+got.stderr, string(r), "%s: %U", command, r)
		}
		switch {
		case strings.HasSuffix(command, hidden):
		case words[0] == "explain" && len(words) < 6: // its table shows 80 columns of a value
			assert.Contains(t, got.stdout, legible[:strings.Index(legible, "हि")], command)
		default:
			assert.Contains(t, got.stdout, legible, command)
		}
	}
}
