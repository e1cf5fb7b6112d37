package configuration_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const spaced = `{ "connections" : [
  {"name":"other", "provider":"mypos",	"credentials":{"accessToken":"env:X","apiKey":"k", "consentId":"c"}},
  {"name": "mine", "provider": "neonomics",
   "accounts" : [ "1" ], "credentials" : {"accessToken" : "t", "sessionId":"s",  "deviceId":"d\u00e9"},
   "psu": {"ipAddress": "203.0.113.7"}}
] }
`

// Only what is changed is written, in one step, into a file of the owner's alone.
func TestEditKeepsEveryOtherByte(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(*configuration.Entry)
		old, new string
	}{
		"nothing":         {func(*configuration.Entry) {}, "", ""},
		"a new member":    {func(e *configuration.Entry) { e.Fleet = true }, `"203.0.113.7"}}`, `"203.0.113.7"},"fleet":true}`},
		"a list":          {func(e *configuration.Entry) { e.Accounts = []string{"2", "<3>"} }, `[ "1" ]`, "[\"2\",\"\\u003c3\\u003e\"]"},
		"one credential":  {func(e *configuration.Entry) { e.Credentials["sessionId"] = `n"ew` }, `"s"`, `"n\"ew"`},
		"another one":     {func(e *configuration.Entry) { e.Credentials["a.b*|#"] = "x" }, `u00e9"`, `u00e9","a.b*|#":"x"`},
		"none of them":    {func(e *configuration.Entry) { delete(e.Credentials, "sessionId") }, ` "sessionId":"s",`, ``},
		"a deeper one":    {func(e *configuration.Entry) { e.PSU.IPPort = 443 }, `"203.0.113.7"`, `"203.0.113.7","ipPort":443`},
		"a member less":   {func(e *configuration.Entry) { e.PSU = nil }, ",\n   \"psu\": {\"ipAddress\": \"203.0.113.7\"}", ``},
		"a session":       {func(e *configuration.Entry) { e.Session = []byte(`{"id": "9"}`) }, `7"}}`, `7"},"session":{"id":"9"}}`},
		"several members": {func(e *configuration.Entry) { e.Name, e.Accounts = "ours", nil }, "\"name\": \"mine\"", `"name": "ours"`},
	} {
		file := filepath.Join(t.TempDir(), "config.json")
		require.NoError(t, os.WriteFile(file, []byte(spaced), 0o644))
		link := file + ".link"
		require.NoError(t, os.Symlink(file, link))
		require.NoError(t, configuration.Edit(link, "mine", func(e *configuration.Entry) error { c.change(e); return nil }), name)
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		want := strings.Replace(spaced, c.old, c.new, 1)
		if name == "several members" {
			want = strings.Replace(want, "\n   \"accounts\" : [ \"1\" ],", "", 1)
		}
		assert.Equal(t, want, string(got), name)
		info, err := os.Lstat(file)
		require.NoError(t, err)
		assert.EqualValues(t, 0o600, info.Mode(), name)
		target, err := os.Readlink(link)
		require.NoError(t, err)
		assert.Equal(t, file, target)
	}
}

func TestEditAdds(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "folder", "config.json")
	add := func(e *configuration.Entry) error {
		assert.Equal(t, configuration.Entry{Name: e.Name}, *e)
		e.Provider, e.Credentials = "mypos", map[string]string{"accessToken": "t", "apiKey": "k", "consentId": "c"}
		return nil
	}
	require.NoError(t, configuration.Edit(file, "a", add))
	require.NoError(t, configuration.Edit(file, "b", add))
	opened, err := open(file)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, []string{opened[0].Name, opened[1].Name})
}

// An edit that fails changes nothing and leaves no file behind.
func TestEditThatFails(t *testing.T) {
	t.Parallel()
	refuse := func(*configuration.Entry) error { return errors.New("refused") }
	breaks := func(e *configuration.Entry) error { e.Session = []byte("{"); return nil }
	for _, c := range []struct {
		text    string
		change  func(*configuration.Entry) error
		problem string
	}{
		{spaced, refuse, "refused"},
		{spaced, breaks, "config: FILE: the session is no JSON"},
		{`{"connections": [1]}`, refuse, "config: connections[0]: wrong JSON type"},
	} {
		file := filepath.Join(t.TempDir(), "config.json")
		require.NoError(t, os.WriteFile(file, []byte(c.text), 0o600))
		assert.EqualError(t, configuration.Edit(file, "mine", c.change), strings.ReplaceAll(c.problem, "FILE", file))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, c.text, string(got))
		left, err := os.ReadDir(filepath.Dir(file))
		require.NoError(t, err)
		assert.Len(t, left, 1)
	}
	folder := t.TempDir()
	assert.Equal(t, []string{folder + ": the file cannot be read"}, problems(t, configuration.Edit(folder, "mine", refuse)))
	assert.Equal(t, []string{"/dev/null/x: its folder cannot be made"}, problems(t, configuration.Edit("/dev/null/x", "mine", refuse)))
}

// Edits at the same time all count.
func TestEditsFollowEachOther(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 32 {
		all = append(all, neonomics(fmt.Sprint(i), ""))
	}
	file := filepath.Join(configtest.Folder(t, map[string]string{"config.json": configOf(all...)}), "config.json")
	var running sync.WaitGroup
	for i := range all {
		running.Go(func() {
			assert.NoError(t, configuration.Edit(file, fmt.Sprint(i), func(e *configuration.Entry) error { e.Fleet = true; return nil }))
		})
	}
	running.Wait()
	opened, err := open(file)
	require.NoError(t, err)
	for _, c := range opened {
		assert.True(t, c.Fleet, c.Name)
	}
}
