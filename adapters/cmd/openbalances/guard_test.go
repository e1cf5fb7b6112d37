package main_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const psu = `"psu":{"ipAddress":"203.0.113.7"},`

// desk is a place from which a user runs the program against a bank that counts.
type desk struct {
	folder string
	calls  atomic.Int64
	machine
}

type machine = openbalances.Machine

// newDesk has a configuration of one connection, unattended unless members say otherwise.
func newDesk(t *testing.T, members string) *desk {
	t.Helper()
	d := &desk{folder: t.TempDir()}
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.calls.Add(1)
		bank{"a": one, "": `[{"id":"a","accountName":""}]`, "refused": `510 {"errorCode":"1426"}`}.ServeHTTP(w, r)
	}))
	config := strings.Replace(oneConnection(server, "a"), `"credentials"`, members+`"credentials"`, 1)
	d.write(t, "config.json", config)
	d.Env = map[string]string{"HOME": d.folder, "OPENBALANCES_CONFIG": d.path("config.json")}
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.folder, name) }

func (d *desk) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(d.path(name)), 0o700))
	require.NoError(t, os.WriteFile(d.path(name), []byte(text), 0o600))
}

// run runs a command, in which HERE stands for the desk's folder and ␣ for a blank that parts no words.
func (d *desk) run(t *testing.T, command string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	words := strings.Fields(command)
	for i := range words {
		words[i] = strings.NewReplacer("HERE", d.folder, "␣", " ").Replace(words[i])
	}
	exit := d.Run(t.Context(), words, &stdout, &stderr)
	return outcome{exit, stdout.String(), strings.ReplaceAll(stderr.String(), d.folder, "HERE")}
}

// Accounts, lists and explanations spend from one store; a fifth call is refused and shows when the next one may be made.
func TestGuardCountsEveryCommand(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	assert.Contains(t, d.run(t, "get -guard HERE/g/access.json").stderr, "1 balance from 1 account, 0 failed, unattended calls left: 3\n")
	assert.Equal(t, 0, d.run(t, "explain -guard HERE/g/access.json -connection home -account a").exit)
	assert.Equal(t, 0, d.run(t, "accounts -guard HERE/g/access.json").exit)
	got := d.run(t, "get -guard HERE/g/access.json -json")
	assert.Contains(t, got.stdout, "\"left\": [\n    {\n      \"connection\": \"home\",\n      \"provider\": \"neonomics\",\n      \"accountId\": \"a\",\n      \"calls\": 0,\n      \"next\": \"2")
	assert.EqualValues(t, 4, d.calls.Load())
	got = d.run(t, "get -guard HERE/g/access.json")
	assert.Equal(t, 1, got.exit)
	assert.Regexp(t, `^failed: home neonomics a: neonomics: get balances: rate_limited: access guard: no unattended call left, nothing was sent; not before \S+Z\n`+
		`0 balances from 0 accounts, 1 failed, no unattended call left before \S+Z\n$`, got.stderr)
	assert.Contains(t, d.run(t, "check -guard HERE/g/access.json").stdout, "no unattended call left before 2")
	assert.EqualValues(t, 4, d.calls.Load(), "nothing was sent")
}

// A call to this machine is not counted unless a store is named, and one that is attended never is.
func TestGuardIsForUnattendedCallsToOthers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ members, flags, says string }{
		{"", "", ""},
		{psu, "-guard /dev/null/none", ""},
		{psu, "-guard off", ""},
		{"", "-guard off", "warning: the guard is off: unattended calls are not counted, and banks allow about four a day\n"},
	} {
		d := newDesk(t, c.members)
		for range 6 {
			got := d.run(t, "get "+c.flags)
			assert.Equal(t, outcome{0, got.stdout, c.says + "1 balance from 1 account, 0 failed\n"}, got)
		}
		assert.EqualValues(t, 6, d.calls.Load())
		assert.NoFileExists(t, d.path(".local/state/openbalances/access.json"))
	}
}

// Without a store that can be written, no unattended call is made: also not one to a real provider, whose address nobody asks here.
func TestWithoutAStoreNothingIsSent(t *testing.T) {
	t.Parallel()
	const cure = "; no unattended call is made without it; cure: -guard FILE in a folder of your own, or -guard off\n"
	for _, c := range []struct{ flags, problem string }{
		{"-guard HERE/config.json", "HERE/config.json: it is damaged, or no store"},
		{"-guard HERE/later.json", "HERE/later.json: it was written by a later version"},
		{"-guard HERE", "HERE: it is damaged, or no store"},
		{"-guard HERE/config.json/x", "HERE/config.json/x: its folder cannot be made"},
	} {
		d := newDesk(t, "")
		d.write(t, "later.json", "3 whatever")
		for _, command := range []string{"get ", "accounts ", "explain -connection home -account a "} {
			assert.Equal(t, outcome{2, "", "openbalances: guard: " + c.problem + cure}, d.run(t, command+c.flags))
		}
		assert.Zero(t, d.calls.Load())
	}
	d := newDesk(t, "")
	d.write(t, "config.json", `{"connections":[{"name":"home","provider":"neonomics","credentials":{"accessToken":"t","sessionId":"s","deviceId":"d"}}]}`)
	d.Env = map[string]string{"OPENBALANCES_CONFIG": d.path("config.json"), "XDG_STATE_HOME": "relative"}
	assert.Equal(t, outcome{2, "", "openbalances: guard: there is no place for the store, as neither XDG_STATE_HOME nor HOME is set" + cure}, d.run(t, "get"))
	d.Env["HOME"] = d.path("config.json")
	assert.Equal(t, outcome{2, "", "openbalances: guard: HERE/config.json/.local/state/openbalances/access.json: its folder cannot be made" + cure}, d.run(t, "get"))
}

// Two connections with one consent share its allowance, under whatever names; another consent has its own.
func TestGuardKnowsTheConsent(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	text, err := os.ReadFile(d.path("config.json"))
	require.NoError(t, err)
	for i, want := range []string{"3", "2", "3"} {
		config := strings.Replace(string(text), `"home"`, `"name`+want+`"`, 1)
		if i == 2 {
			config = strings.Replace(config, `"sessionId":"s"`, `"sessionId":"new"`, 1)
		}
		d.write(t, "config.json", config)
		assert.Contains(t, d.run(t, "get -guard HERE/access.json").stderr, "unattended calls left: "+want+"\n")
	}
}

// Every provider whose calls are counted by consent has credentials that name it.
func TestEveryProviderNamesItsConsent(t *testing.T) {
	t.Parallel()
	for _, provider := range strings.Split(run(t, "providers", "-json").stdout, `"provider":`)[1:] {
		assert.True(t, strings.Contains(provider, `"consent":`) || !strings.Contains(provider, `"per": "consent"`), provider)
	}
}
