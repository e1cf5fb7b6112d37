package configuration_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
		require.NoError(t, configuration.Edit(link, []string{"mine"}, func(e *configuration.Entry) error { c.change(e); return nil }), name)
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
	require.NoError(t, configuration.Edit(file, []string{"a"}, add))
	require.NoError(t, configuration.Edit(file, []string{"b"}, add))
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
		assert.EqualError(t, configuration.Edit(file, []string{"mine"}, c.change), strings.ReplaceAll(c.problem, "FILE", file))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, c.text, string(got))
		left, err := os.ReadDir(filepath.Dir(file))
		require.NoError(t, err)
		assert.Len(t, left, 1)
	}
	folder := t.TempDir()
	assert.Equal(t, []string{folder + ": the file cannot be read"}, problems(t, configuration.Edit(folder, []string{"mine"}, refuse)))
	assert.Equal(t, []string{"/dev/null/x: its folder cannot be made"}, problems(t, configuration.Edit("/dev/null/x", []string{"mine"}, refuse)))
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
			assert.NoError(t, configuration.Edit(file, []string{fmt.Sprint(i)}, func(e *configuration.Entry) error { e.Fleet = true; return nil }))
		})
	}
	running.Wait()
	opened, err := open(file)
	require.NoError(t, err)
	for _, c := range opened {
		assert.True(t, c.Fleet, c.Name)
	}
}

// Many entries are changed and added with one reading and one writing, and every other byte stays.
func TestEditOfMany(t *testing.T) {
	t.Parallel()
	const many = 2000
	var texts, names []string
	for i := range many {
		texts, names = append(texts, strings.Replace(neonomics(fmt.Sprint(i), ""), ":", " :\t", 2)), append(names, fmt.Sprint(i))
	}
	slices.Reverse(names)
	text := "{ \"$schema\": \"x\",\n" + strings.TrimPrefix(configOf(texts...), "{")
	file := filepath.Join(t.TempDir(), "config.json")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	first, err := os.Stat(file)
	require.NoError(t, err)
	var given []string
	require.NoError(t, configuration.Edit(file, append(names, "new", "0", "newer"), func(e *configuration.Entry) error {
		is, err := os.Stat(file)
		require.NoError(t, err)
		assert.True(t, os.SameFile(first, is), "nothing is written before the last change")
		given = append(given, e.Name)
		e.Fleet = e.Provider != ""
		e.Provider, e.Credentials = "neonomics", map[string]string{"accessToken": "t", "sessionId": "s", "deviceId": "d"}
		return nil
	}))
	assert.Equal(t, append(names, "new", "newer"), given)
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, many, strings.Count(string(got), `,"fleet":true}`))
	opened, err := open(file)
	require.NoError(t, err)
	require.Len(t, opened, many+2)
	assert.Equal(t, []string{"0", "1999", "new", "newer"}, []string{opened[0].Name, opened[many-1].Name, opened[many].Name, opened[many+1].Name})

	require.NoError(t, configuration.Edit(file, names, func(e *configuration.Entry) error { e.Fleet = false; return nil }))
	got, err = os.ReadFile(file)
	require.NoError(t, err)
	before, _, _ := strings.Cut(string(got), "\n    {")
	assert.Equal(t, strings.TrimRight(text, "]}\n"), strings.TrimRight(before, "],}\n"))
	before = string(got)
	require.NoError(t, configuration.Edit(file, nil, func(*configuration.Entry) error { return errors.New("not called") }))
	got, err = os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, before, string(got))
}
