package main_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	applicationID = "4f2f0e8a-6f0b-4a1e-9c57-2b1d0a9e7c31"
	linkFlags     = " -country FI -config HERE/c.json -base-url URL/enablebanking -application " + applicationID + " -key HERE/key.pem "
	linkMine      = `enablebanking link -bank Mock␣ASPSP -connection mine`
)

// linkDesk knows the body of the last request to each path.
type linkDesk struct {
	desk
	sent sync.Map
}

// newLinkDesk has a key and the sandbox, which plays Enable Banking. What the user pastes is made of the state of the request.
// Of changed, the first of each pair is replaced by the second in the answers that lead to a session.
func newLinkDesk(t *testing.T, pasted string, authorized func(d *desk), changed ...string) (d *linkDesk, url string) {
	t.Helper()
	change := strings.NewReplacer(changed...)
	d = &linkDesk{desk: desk{folder: t.TempDir()}}
	d.write(t, "key.pem", configtest.Files(t)["signing.key"])
	read, write := io.Pipe()
	d.Stdin = read
	return d, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		d.sent.Store(r.URL.Path, string(body))
		switch r.URL.Path {
		case "/enablebanking/auth":
			var asked struct{ State string }
			assert.NoError(t, json.Unmarshal(body, &asked))
			go func() { _, _ = io.WriteString(write, strings.ReplaceAll(pasted, "STATE", asked.State)+"\n") }()
		case "/enablebanking/sessions":
			if authorized != nil {
				authorized(&d.desk)
			}
		}
		answer := httptest.NewRecorder()
		sandboxes().ServeHTTP(answer, r)
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		text := answer.Body.String()
		if !strings.Contains(r.URL.Path, "/accounts/") && !strings.Contains(r.URL.Path, "/sessions/") {
			text = change.Replace(text)
		}
		_, _ = io.WriteString(w, text)
	}))
}

// linked is the one connection of the configuration that link has written.
func (d *linkDesk) linked(t *testing.T) (entry configuration.Entry) {
	t.Helper()
	text, err := os.ReadFile(d.path("c.json"))
	require.NoError(t, err)
	var read configuration.Configuration
	require.NoError(t, json.Unmarshal(text, &read))
	require.Len(t, read.Connections, 1)
	return read.Connections[0]
}

func (d *linkDesk) link(t *testing.T, url, command string) outcome {
	t.Helper()
	got := d.run(t, strings.ReplaceAll(command, "URL", url))
	got.stdout = strings.ReplaceAll(got.stdout, d.folder, "HERE")
	return got
}

const back = "https://tpp.example/callback?code=8c1f4b6e&state=STATE"

// From nothing but an application and its key to the balances of one's own account.
func TestLinkLeadsToABalance(t *testing.T) {
	t.Parallel()
	d, url := newLinkDesk(t, back, nil)
	assert.Contains(t, d.link(t, url, "enablebanking banks"+linkFlags).stdout, "\nHarbour Bank  personal            90 days             psu-ip-address, Psu-User-Agent\n")
	got := d.link(t, url, linkMine+linkFlags)
	assert.Equal(t, outcome{0, `1. Open this address in a browser, and agree at Mock ASPSP:

https://auth.example/ais/start?sessionid=5c9f31d2-3f7f-4c36-9e6c-04b1b3a5c0d1

2. The browser returns to https://tpp.example/callback. Paste the whole address here, and press Enter:

The connection mine stands in HERE/c.json. It ends on 2027-05-20T12:00:00Z and has 2 accounts, besides 1 that cannot be read:
  0b7e0c1e-52c1-4a37-9d0e-6a8f2f6c9a11  FI2112345600000785  Holidays  EUR
  954988fb-af06-483d-af23-5a04714b8761  FI1410093000123458  Card  XXX

Next: openbalances get -config HERE/c.json
`, ""}, got)
	info, err := os.Stat(d.path("c.json"))
	require.NoError(t, err)
	assert.EqualValues(t, 0o600, info.Mode().Perm())
	text, err := os.ReadFile(d.path("c.json"))
	require.NoError(t, err)
	assert.NoError(t, judge(t, schema(t, "config"), string(text)))
	assert.Contains(t, d.run(t, "get -config HERE/c.json").stdout, " 1250.40 ")
	assert.Contains(t, d.run(t, "accounts -config HERE/c.json").stdout, "FI2112345600000785  12345600000785  Holidays  EUR")
	assert.Contains(t, d.run(t, "get -config HERE/c.json -consent-days 3000").stderr, "the consent ends on 2027-05-20T12:00:00Z")

	d.write(t, "c.json", strings.Replace(string(text), `"credentials"`, `"accounts": ["a71f4924-93b4-4c02-a559-bc420e93b8b9"], "credentials"`, 1))
	assert.Contains(t, d.run(t, "get -config HERE/c.json").stderr,
		"code EXPIRED_SESSION; cure: link it again: openbalances enablebanking link -connection mine\n")
}

// A renewed connection keeps its accounts, found again by a hash, and every other byte of the file.
func TestLinkRenews(t *testing.T) {
	t.Parallel()
	d, url := newLinkDesk(t, "8c1f4b6e", nil)
	const before = `{ "connections" : [
  {"name":"other", "provider":"mypos",	"credentials":{"accessToken":"env:X","apiKey":"k", "consentId":"c"}},
  {"name": "mine", "provider": "enablebanking", "baseURL": "SERVER/enablebanking", "accounts": ["old-2", "gone", "old-1"],
   "credentials": {"applicationId": "` + applicationID + `", "privateKey": "key.pem", "sessionId": "old"},
   "session": {"id":"old","accounts":[{"provider":"enablebanking","id":"old-2","identifiers":[{"scheme":"identification_hash","value":"aGFzaC02.WwpbCiJ="}]},
    {"provider":"enablebanking","id":"old-1","identifiers":[{"scheme":"identification_hash","value":"changed"}]}],"hashes":{"old-1":["changed","aGFzaC01.WwpbCiJ="]}},
   "consentValidUntil": "2026-01-01"}
] }
`
	d.write(t, "c.json", strings.ReplaceAll(before, "SERVER", url))
	got := d.link(t, url, linkMine+" -country FI -config HERE/c.json")
	require.Equal(t, 0, got.exit, got.stderr)
	text, err := os.ReadFile(d.path("c.json"))
	require.NoError(t, err)
	after := string(text)
	session := after[strings.Index(after, `"session": `)+len(`"session": `) : strings.Index(after, ",\n   \"consentValidUntil\"")]
	assert.Equal(t, 1, strings.Count(session, `"id":"5d0c2b7e-8a44-4f0f-9b2f-3f0b8a7d1c55"`))
	want := strings.NewReplacer("SERVER", url, `"old-2", "gone", "old-1"`, `"954988fb-af06-483d-af23-5a04714b8761","gone","0b7e0c1e-52c1-4a37-9d0e-6a8f2f6c9a11"`, `"sessionId": "old"`,
		`"sessionId": "5d0c2b7e-8a44-4f0f-9b2f-3f0b8a7d1c55"`, `"consentValidUntil": "2026-01-01"`, `"consentValidUntil": "2027-05-20T12:00:00Z"`).Replace(before)
	i, j := strings.Index(want, `{"id":"old"`), strings.Index(want, ",\n   \"consentValidUntil\"")
	assert.Equal(t, want[:i]+session+want[j:], after)
}

// What is wrong is said before the PSU is asked, and changes nothing.
func TestLinkSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const config = `{"connections":[{"name":"shop","provider":"mypos","credentials":{"accessToken":"t","apiKey":"k","consentId":"c"}}]}`
	for _, c := range []struct {
		command, pasted string
		exit            int
		line            string
	}{
		{linkMine + strings.Replace(linkFlags, "FI", "fi", 1), "", 2, "-country needs two capital letters, such as FI"},
		{"enablebanking link -bank x" + linkFlags, "", 2, "enablebanking link needs -bank NAME and -connection NAME; see openbalances enablebanking link -h"},
		{strings.Replace(linkMine, "mine", "shop", 1) + linkFlags, "", 2, "-connection shop is one of mypos"},
		{linkMine + " -country FI -config HERE/c.json", "", 2, "enablebanking link needs -application ID and -key FILE, as no connection of the configuration has them"},
		{linkMine + " -country FI -config HERE/c.json -application x", "", 2, "-application and -key are needed together"},
		{linkMine + " -country FI -config -", "", 2, "enablebanking link needs -config FILE, a file that it can write"},
		{linkMine + strings.Replace(linkFlags, "key.pem", "none.pem", 1), "", 2, "credentials.privateKey: no such file"},
		{linkMine + strings.Replace(linkFlags, "key.pem", "c.json", 1), "", 2, "credentials.privateKey: holds no PRIVATE KEY in PEM"},
		{linkMine + strings.Replace(linkFlags, applicationID, "another", 1), "", 1, "enablebanking: check application: protocol (HTTP 200): kid: not the application that signs"},
		{strings.Replace(linkMine, "Mock", "Mokc", 1) + linkFlags, "", 2, "-bank is none of the 2 banks of FI, did you mean Mock ASPSP?; see openbalances enablebanking banks"},
		{strings.Replace(linkMine, "Mock␣ASPSP", "Harbour␣Bank", 1) + " -for business" + linkFlags, "", 2, "-for: the bank is for personal only"},
		{linkMine + " -method other" + linkFlags, "", 2, "-method is one of redirect"},
		{linkMine + " -redirect https://else.example/" + linkFlags, "", 2, "-redirect is one of those registered for the application: https://tpp.example/callback"},
		{linkMine + linkFlags, "", 1, "nothing was pasted; cure: link again"},
		{linkMine + linkFlags, "https://tpp.example/callback?code=1&state=other", 1, "the address is of another attempt; cure: link again, and paste the address to which this one returns"},
		{linkMine + linkFlags, "https://tpp.example/callback?state=STATE", 1, "the address has no code; cure: link again, and paste the whole address"},
		{linkMine + linkFlags, "https://tpp.example/callback?error=access_denied&error_description=No%1b%5b2J&state=STATE", 1, `the bank did not agree: No\u{1b}[2J`},
		{linkMine + linkFlags, "tpp.example/callback?code=1&state=other", 1, "the address is of another attempt; cure: link again, and paste the address to which this one returns"},
		{linkMine + linkFlags, "code=1&state=STATE", 1, "the address has no code; cure: link again, and paste the whole address"},
		{linkMine + linkFlags, "https://tpp.example/%zz", 1, "what was pasted is no address; cure: link again, and paste the whole address"},
	} {
		d, url := newLinkDesk(t, c.pasted, nil)
		d.write(t, "c.json", config)
		got := d.link(t, url, c.command)
		assert.Equal(t, []any{c.exit, "openbalances: " + c.line + "\n"}, []any{got.exit, got.stderr}, c.command)
		text, err := os.ReadFile(d.path("c.json"))
		require.NoError(t, err)
		assert.Equal(t, config, string(text))
	}
}

// A session is exchanged once: if it cannot be written, it is printed. What was written meanwhile is kept.
func TestLinkLosesNothing(t *testing.T) {
	t.Parallel()
	d, url := newLinkDesk(t, back, func(d *desk) { _ = os.Mkdir(d.path("c.json"), 0o700) })
	got := d.link(t, url, linkMine+linkFlags)
	assert.Equal(t, []any{1, "openbalances: config: HERE/c.json: the file cannot be read\n"}, []any{got.exit, got.stderr})
	assert.Contains(t, got.stdout, `to be written into the connection by hand as "session":`+"\n"+`{"id":"5d0c2b7e-8a44-4f0f-9b2f-3f0b8a7d1c55"`)
	d, url = newLinkDesk(t, back, func(d *desk) {
		_ = os.WriteFile(d.path("c.json"), []byte(`{"connections":[{"name":"new","provider":"mypos","credentials":{"accessToken":"t","apiKey":"k","consentId":"c"}}]}`), 0o600)
	})
	assert.Equal(t, 0, d.link(t, url, linkMine+linkFlags).exit)
	text, err := os.ReadFile(d.path("c.json"))
	require.NoError(t, err)
	assert.Contains(t, string(text), `{"connections":[{"name":"new",`)
	assert.Contains(t, string(text), `"name": "mine"`)
}

// A session works only with the application and the server that it is of.
func TestLinkWritesWhatItUsed(t *testing.T) {
	t.Parallel()
	for base, flags := range map[string]string{"SERVER/enablebanking": "", "http://127.0.0.1:1": " -base-url URL/enablebanking"} {
		d, url := newLinkDesk(t, back, nil)
		d.write(t, "c.json", strings.ReplaceAll(strings.ReplaceAll(`{"connections":[{"name":"mine","provider":"enablebanking","baseURL":"BASE",
			"credentials":{"applicationId":"another","privateKey":"old.pem","sessionId":"old"}}]}`, "BASE", base), "SERVER", url))
		got := d.link(t, url, linkMine+" -country FI -config HERE/c.json -application "+applicationID+" -key HERE/key.pem"+flags)
		assert.Equal(t, 0, got.exit, got.stderr)
		entry := d.linked(t)
		assert.Equal(t, url+"/enablebanking", entry.BaseURL)
		assert.Equal(t, map[string]string{
			"applicationId": applicationID, "privateKey": d.path("key.pem"), "sessionId": "5d0c2b7e-8a44-4f0f-9b2f-3f0b8a7d1c55",
		}, entry.Credentials)
		assert.Equal(t, 0, d.run(t, "accounts -config HERE/c.json").exit)
	}
}

func TestLinkKeepsTheSessionOfAnotherBank(t *testing.T) {
	t.Parallel()
	for _, session := range []string{
		`{"id":"old","accounts":[{"provider":"enablebanking","id":"1","bank":"Harbour Bank"}]}`,
		`{"id":"old","country":"SE","accounts":[{"provider":"enablebanking","id":"1","bank":"Mock ASPSP"}]}`,
	} {
		d, url := newLinkDesk(t, back, nil)
		config := `{"connections":[{"name":"mine","provider":"enablebanking","baseURL":"` + url + `/enablebanking","credentials":{"applicationId":"x","privateKey":"key.pem"},"session":` + session + `}]}`
		d.write(t, "c.json", config)
		got := d.link(t, url, linkMine+linkFlags)
		assert.Equal(t, []any{2, "openbalances: -connection mine is one of another bank, whose session would be lost; name another connection\n"}, []any{got.exit, got.stderr})
		text, err := os.ReadFile(d.path("c.json"))
		require.NoError(t, err)
		assert.Equal(t, config, string(text))
	}
}

// What a bank leaves out, or states in an odd way, costs no consent.
func TestLinkTakesOddAnswers(t *testing.T) {
	t.Parallel()
	const next = "\n\nNext: openbalances get"
	for _, c := range []struct {
		command string
		changed []string
		exit    int
		says    string // in either output
	}{
		{linkMine + linkFlags, []string{`"required_psu_headers": null`, `"required_psu_headers": ["X-Forwarded-For", "a\\n:"]`}, 0, " has 2 accounts"},
		{linkMine + linkFlags, []string{`"currency": "EUR"`, `"currency": null`, `"cash_account_type": "CARD"`, `"cash_account_type": 5`}, 0,
			"and has 2 accounts, besides 1 that cannot be read:\n  0b7e0c1e-52c1-4a37-9d0e-6a8f2f6c9a11  FI2112345600000785  Holidays\n"},
		{linkMine + linkFlags, []string{`"uid": "0b7e0c1e-52c1-4a37-9d0e-6a8f2f6c9a11"`, `"uid": 5`}, 0, "and has 1 account, besides 2 that cannot be read:\n  954988fb-"},
		{linkMine + linkFlags, []string{`"accounts": [`, `"accounts": null, "others": [`}, 0,
			"and has 0 accounts; openbalances accounts lists those that can be asked for, without names and numbers" + next},
		{linkMine + linkFlags, []string{`"2027-05-20T12:00:00Z"`, `null`}, 0, " Its end is not stated. It has 2 accounts"},
		{linkMine + linkFlags, []string{"Harbour Bank", "MOCK ASPSP"}, 0, "agree at Mock ASPSP:"},
		{strings.ToLower(linkMine) + linkFlags, nil, 0, "agree at Mock ASPSP:"},
		{strings.ToLower(linkMine) + linkFlags, []string{"Harbour Bank", "MOCK ASPSP"}, 2, "-bank is none of the 2 banks of FI, did you mean Mock ASPSP?;"},
		{linkMine + " -for business" + linkFlags, []string{`"psu_types": [`, `"psu_types": null, "others": [`}, 0, " has 2 accounts"},
		{linkMine + linkFlags, []string{`"redirect_urls": [`, `"redirect_urls": null, "others": [`}, 2,
			"no address for redirects is registered for the application; cure: register one in Enable Banking's Control Panel\n"},
		{linkMine + strings.Replace(linkFlags, applicationID, strings.ToUpper(applicationID), 1), nil, 0, " has 2 accounts"},
		{linkMine + linkFlags, []string{`"active": true`, `"active": false`}, 2, "cure: activate it by linking accounts to it in Enable Banking's Control Panel\n"},
	} {
		d, url := newLinkDesk(t, back, nil, c.changed...)
		got := d.link(t, url, c.command)
		assert.Equal(t, c.exit, got.exit, got.stderr)
		assert.Contains(t, got.stdout+got.stderr, c.says, "%q", c.changed)
		if c.exit == 0 {
			got = d.run(t, "get -config HERE/c.json")
			assert.Contains(t, got.stdout, " 1250.40 ", got.stderr)
			assert.NotContains(t, got.stderr, "0001")
		}
	}
}

// An end that is not stated replaces the old one.
func TestLinkForgetsTheOldEnd(t *testing.T) {
	t.Parallel()
	d, url := newLinkDesk(t, back, nil, `"2027-05-20T12:00:00Z"`, `"soon"`)
	d.write(t, "c.json", `{"connections":[{"name":"mine","provider":"enablebanking","baseURL":"`+url+`/enablebanking","credentials":{"applicationId":"x","privateKey":"key.pem"},"consentValidUntil":"2026-01-01"}]}`)
	got := d.link(t, url, linkMine+linkFlags)
	require.Equal(t, 0, got.exit, got.stderr)
	assert.Empty(t, d.linked(t).ConsentValidUntil)
}

// The code is sent alone, and the end that is asked for lies ahead however short the bank's consents are.
func TestLinkAsks(t *testing.T) {
	t.Parallel()
	d, url := newLinkDesk(t, "tpp.example/callback?code=8c1f4b6e&state=STATE", nil, `"maximum_consent_validity": 15552000`, `"maximum_consent_validity": 300`)
	d.Now = func() time.Time { return time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC) }
	got := d.link(t, url, linkMine+linkFlags)
	require.Equal(t, 0, got.exit, got.stderr)
	code, _ := d.sent.Load("/enablebanking/sessions")
	assert.Equal(t, `{"code":"8c1f4b6e"}`, code)
	asked, _ := d.sent.Load("/enablebanking/auth")
	assert.Contains(t, asked, `"valid_until":"2026-12-01T12:02:30Z"`)
}
