package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Help fits the narrowest terminals and goes to stdout; without a command it is a misuse.
func TestHelp(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	texts := []string{d.good("help"), d.good("-h")}
	assert.Equal(t, texts[0], texts[1])
	assert.Equal(t, outcome{exitUsage, "", texts[0]}, d.run())
	for _, name := range commandNames() {
		assert.Contains(t, texts[0], "\n  "+name+" ")
		text := d.good(name, "-h")
		assert.Equal(t, text, d.good("help", name))
		assert.True(t, strings.HasPrefix(text, "fleet "+name+": "))
		texts = append(texts, text)
	}
	for line := range strings.SplitSeq(strings.Join(texts, "\n"), "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
	}
	assert.Regexp(t, `^fleet .*go1\..*\n$`, d.good("version"))
}

// The help names the manual, and the files that this names are there.
func TestTheManual(t *testing.T) {
	t.Parallel()
	assert.True(t, strings.HasSuffix(newDesk(t, "").good("help"), "\n  go doc github.com/openbalances/openbalances/adapters/fleet/cmd/fleet\n"))
	manual, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	names := regexp.MustCompile(`[\w./]+\.md\b`).FindAllString(string(manual), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		assert.FileExists(t, "../../../../"+name)
	}
	assert.Contains(t, string(manual), fmt.Sprintf("with %d (EX_CONFIG)", exitUsage))
}

// Wrong usage is one line that says the way out, and nothing is made.
func TestMisuse(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	require.NoError(t, os.WriteFile(d.path("short"), []byte("0123456789"), 0o600))
	require.NoError(t, os.WriteFile(d.path("token"), []byte("0123456789abcdef\n"), 0o600))
	for line, want := range map[string]string{
		"stauts":                         "unknown command stauts; there are work, add, status, history, forget, serve, demo, version, help; see fleet -h",
		"help nothing":                   "unknown command nothing; there are work, add, status, history, forget, serve, demo, version, help; see fleet -h",
		"work -evry 5s":                  "flag provided but not defined: -evry; it takes -allow-host, -allowance, -config, -db, -every, -health, -keep, -listen, -log, -notify, -rescue-after, -river-ui, -token-file, -workers; see fleet work -h",
		"work -every 5":                  `invalid value "5" for flag -every: parse error; see fleet work -h`,
		"version -x":                     "flag provided but not defined: -x; it takes none; see fleet version -h",
		"work now":                       "unexpected argument now; see fleet work -h",
		"work -every 0s":                 "-every, -rescue-after and -workers must be more than 0, and -keep not less",
		"work -log xml":                  "-log is text or json",
		"work -river-ui":                 "-token-file, -allow-host and -river-ui are for the page; -listen serves it",
		"work -allowance 4":              `invalid value "4" for flag -allowance: it is not CALLS/TIME, such as 4/24h, with 1 to 500 calls; see fleet work -h`,
		"add":                            "add needs either names of connections or -all; see fleet add -h",
		"add -all shop":                  "add needs either names of connections or -all; see fleet add -h",
		"add -renamed a b c":             "-renamed needs one name of a connection; see fleet add -h",
		"add shop":                       "config: " + d.path("config.json") + ": no such file",
		"status shop -frmat json":        "flag provided but not defined: -frmat; it takes -db, -format; see fleet status -h",
		"status -format jsn":             "-format is table, json or csv",
		"history":                        "history needs -account ID; fleet status NAME shows those of a connection",
		"history -account 1 -from today": "-from is neither a day, such as 2026-01-31, nor a time, such as 2026-01-31T12:00:00Z",
		"history -account 1 -db postgre://u:" + secret + "@h/d": "-db is neither a path nor an address that begins with postgres://",
		"forget":                          "forget needs -account ID or -connection NAME; see fleet forget -h",
		"forget -account 1 -connection a": "forget needs -account ID or -connection NAME; see fleet forget -h",
		"serve -listen 8080":              "-listen is not HOST:PORT",
		"serve -listen 0.0.0.0:0":         "-listen elsewhere than on loopback needs -token-file",
		"serve -listen :0":                "-listen elsewhere than on loopback needs -token-file",
		"serve -river-ui":                 "-river-ui needs -token-file",
		"serve -allow-host a.example":     "-allow-host needs -token-file",
		"serve -allow-host a:1":           `invalid value "a:1" for flag -allow-host: it is no name of a host without port; see fleet serve -h`,
	} {
		assert.Equal(t, outcome{exitUsage, "", "fleet: " + want + "\n"}, d.run(strings.Fields(line)...), line)
	}
	_, err := os.Stat(d.path("fleet.db"))
	assert.ErrorIs(t, err, os.ErrNotExist)

	db, err := fleet.OpenDatabase(t.Context(), d.path("fleet.db"))
	require.NoError(t, err)
	require.NoError(t, db.Close())
	for line, want := range map[string]string{
		"status -- -format":                    "no connection is called -format; see fleet status",
		"status nobody":                        "no connection is called nobody; see fleet status",
		"history -account 7":                   "no account has the ID 7; fleet status NAME shows those of a connection",
		"forget -account 7":                    "no account has the ID 7; fleet status NAME shows those of a connection",
		"forget -connection nobody":            "no connection is called nobody; see fleet status",
		"serve -token-file none":               "-token-file cannot be read",
		"serve -token-file " + d.path("short"): "-token-file has not from 16 to 4095 characters; cure: openssl rand -hex 32 > FILE",
	} {
		got := d.run(strings.Fields(line)...)
		assert.Equal(t, outcome{exitUsage, "", "fleet: " + want + "\n"}, got, line)
	}
	assert.Equal(t, "0 connections\n0 accounts\n", d.good("status"))
}

// A password of the database's address is in no text, whatever fails.
func TestNoPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	for _, address := range []string{
		"postgres://user:" + secret + "@127.0.0.1:1/db", "postgres://user:" + secret + "@127.0.0.1:port/db", "postgresql://user:" + secret + "@/%zz",
		"pg://user:" + secret + "@h/d",
	} {
		got := d.run("status", "-db", address)
		assert.NotZero(t, got.exit)
		assert.NotEmpty(t, got.stderr)
		assert.NotContains(t, got.stdout+got.stderr, secret)
	}
}

// A configuration with faults adds what can be opened and names every fault on a line of its own.
func TestAddGoodConnections(t *testing.T) {
	t.Parallel()
	d := newDesk(t, strings.Replace(twoConnections("http://127.0.0.1:1"), `"deviceId"`, `"device"`, 1))
	got := d.run("add", "-all")
	assert.Equal(t, 1, got.exit)
	assert.Equal(t, "1 connection added: shop; openbalances get does not ask for what a fleet keeps\n", got.stdout)
	assert.Regexp(t, `^(fleet: config: connections\[1\] \(=cmd\)[^\n]*\n)+$`, got.stderr)
	assert.Equal(t, exitUsage, d.run("add", "=cmd").exit)
	got = d.run("add", "shp")
	assert.Equal(t, outcome{exitUsage, "", "fleet: config: connections: none is called shp, did you mean shop?\n"}, got)
}
