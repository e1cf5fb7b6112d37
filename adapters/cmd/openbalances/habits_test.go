package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The configuration comes from the flag, else from the variable, else from its usual place; - is the standard input.
func TestWhereTheConfigurationIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "")
	text, err := os.ReadFile(d.path("config.json"))
	require.NoError(t, err)
	named := func(name string) string { return strings.Replace(string(text), `"home"`, `"`+name+`"`, 1) }
	d.write(t, "flag.json", named("flag"))
	d.write(t, "variable.json", named("variable"))
	d.write(t, ".config/openbalances/config.json", named("usual"))
	d.write(t, "xdg/openbalances/config.json", named("xdg"))
	d.Env = map[string]string{"HOME": d.folder, "XDG_CONFIG_HOME": d.path("xdg"), "OPENBALANCES_CONFIG": d.path("variable.json")}
	d.Stdin = strings.NewReader(named("input"))
	assert.Contains(t, d.run(t, "get -config HERE/flag.json").stdout, "\nflag ")
	assert.Contains(t, d.run(t, "get -config -").stdout, "\ninput ")
	assert.Contains(t, d.run(t, "get").stdout, "\nvariable ")
	delete(d.Env, "OPENBALANCES_CONFIG")
	assert.Contains(t, d.run(t, "get").stdout, "\nxdg ")
	d.Env["XDG_CONFIG_HOME"] = "relative"
	assert.Contains(t, d.run(t, "get").stdout, "\nusual ")
	require.NoError(t, os.Remove(d.path(".config/openbalances/config.json")))
	assert.Equal(t, outcome{2, "", "openbalances: get needs -config FILE, or OPENBALANCES_CONFIG, or the file HERE/.config/openbalances/config.json; see openbalances get -h\n"}, d.run(t, "get"))
	d.Stdin = strings.NewReader("{\n  \"connections\": [\n    {\"name\" 1}\n  ]\n}")
	assert.Equal(t, outcome{2, "", "openbalances: config: connections[0].name: not valid JSON (line 3, column 13)\n"}, d.run(t, "get -config -"))
	d.Stdin = endless{}
	assert.Equal(t, outcome{2, "", "openbalances: config: the file is larger than 65536 KiB\n"}, d.run(t, "get -config -"))
}

// endless is an input of blanks.
type endless struct{}

func (endless) Read(buffer []byte) (int, error) {
	for i := range buffer {
		buffer[i] = ' '
	}
	return len(buffer), nil
}

// Every problem is printed on a line of its own.
func TestConfigNamesAllFaults(t *testing.T) {
	t.Parallel()
	got := on(t, `{"connections":[
		{"name":"a","provider":"tokenio","accounts":["1",".."],"credentials":{"x":"1","accessToken":"t","apiKey":"k"},"psu":{"ipAddress":"::1"}},
		{"name":"a\u001b[2J","provider":"none","accounts":[],"credentials":{}},
		{"name":"a","provider":"mypos","baseURL":"nowhere","accounts":["1"],"credentials":{"apiKey":"k"},"tls":{"rootCAs":"no.pem"}}]}`, "get")
	assert.Equal(t, outcome{2, "", `openbalances: config: connections[0] (a): accounts[1]: names another path
openbalances: config: connections[0] (a): psu.ipAddress: not a public IP address
openbalances: config: connections[0] (a): credentials.onBehalfOf: missing
openbalances: config: connections[0] (a): credentials: exactly one of accessToken, apiKey, signingKey is needed
openbalances: config: connections[0] (a): credentials.x: not taken by tokenio
openbalances: config: connections[1] (a\u{1b}[2J): accounts: missing
openbalances: config: connections[1] (a\u{1b}[2J): provider: none of ` + strings.Join(specs.Providers(), " ") + `
openbalances: config: connections[2] (a): credentials.consentId: missing
openbalances: config: connections[2] (a): credentials.accessToken: missing
openbalances: config: connections[2] (a): tls.rootCAs: no such file
openbalances: config: connections[2] (a): baseURL: no host
openbalances: config: connections[2] (a): name: used by an earlier connection
`}, got)
}

// Files that hold secrets and that others can read are warned of, once, and not those without secrets.
func TestOpenFilesAreWarnedOf(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("permissions are another matter there")
	}
	const config, file = "warning: config: it holds credentials and others can read it; cure: chmod 600 HERE/config.json\n",
		"warning: config: others can read a file with a key or another credential; cure: chmod 600 for these files\n"
	for _, c := range []struct{ token, want string }{
		{"t", config}, {"env:" + tokenVariable, ""}, {"file:token", file},
	} {
		d := newDesk(t, "")
		d.write(t, "token", "t")
		text, err := os.ReadFile(d.path("config.json"))
		require.NoError(t, err)
		hidden := strings.NewReplacer(`"s"`, `"env:`+tokenVariable+`"`, `"d"`, `"env:`+tokenVariable+`"`)
		d.write(t, "config.json", strings.Replace(hidden.Replace(string(text)), `"t"`, `"`+c.token+`"`, 1))
		assert.Equal(t, "1 balance from 1 account, 0 failed\n", d.run(t, "get").stderr)
		require.NoError(t, os.Chmod(d.path("config.json"), 0o640))
		require.NoError(t, os.Chmod(d.path("token"), 0o604))
		assert.Equal(t, c.want+"1 balance from 1 account, 0 failed\n", d.run(t, "get").stderr, c.token)
		assert.Empty(t, d.run(t, "get -quiet").stderr)
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	assert.Equal(t, run(t, "get", "-h"), run(t, "help", "get"))
	assert.Equal(t, run(t, "-h"), run(t, "help"))
	for _, word := range []string{"version", "-version", "--version", "-v"} {
		assert.Regexp(t, `^openbalances \S+(, revision \S+)?(, changed)?, go1\.\S+ \w+/\w+\n$`, run(t, word).stdout)
	}
	for args, want := range map[string]string{
		"gte":                                "unknown command gte, did you mean get?; see openbalances -h",
		"acounts":                            "unknown command acounts, did you mean accounts?; see openbalances -h",
		"xyzzy":                              "unknown command xyzzy; see openbalances -h",
		"get -confg x":                       "flag provided but not defined: -confg, did you mean config?; see openbalances get -h",
		"help gett":                          "gett is none of demo, get, accounts, check, explain, sandbox, providers, schema, enablebanking banks, enablebanking link, completion, version, help, did you mean get?; see openbalances help -h",
		"completion powershell":              "powershell is none of bash, zsh, fish; see openbalances completion -h",
		"schema":                             "schema needs NAME, one of config, accounts, check, demo, enablebanking banks, explain, get, providers; see openbalances schema -h",
		"demo -format jsno":                  `invalid value "jsno" for flag -format: none of table, json, ndjson, csv, xlsx, did you mean json?; see openbalances demo -h`,
		"get " + strings.Repeat("x", 10_000): "unexpected argument " + strings.Repeat("x", 10_000) + "; see openbalances get -h",
	} {
		assert.Equal(t, outcome{2, "", "openbalances: " + want + "\n"}, run(t, strings.Fields(args)...))
	}
	config := strings.Replace(oneConnection("http://127.0.0.1:9"), "neonomics", "neonomic", 1)
	assert.Equal(t, outcome{2, "", "openbalances: config: connections[0] (home): provider: none of " + strings.Join(specs.Providers(), " ") + ", did you mean neonomics?\n"}, on(t, config, "get"))
}

// With -quiet, a run that went well says nothing; what has failed is said.
func TestQuiet(t *testing.T) {
	t.Parallel()
	url := serve(t, bank{"a": `[{"amount":"1.505","currency":"NOK","type":"CLBD"}]`})
	assert.Empty(t, on(t, oneConnection(url, "a"), "get", "-quiet").stderr)
	assert.Equal(t, "failed: home neonomics gone: neonomics: get balances: not_found (HTTP 404)\n", on(t, oneConnection(url, "a", "gone"), "get", "-quiet").stderr)
}

// The scripts of the shells that are installed complete commands, flags and the values of flags.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"":                         "demo get accounts check explain sandbox providers schema enablebanking completion version help",
		"s":                        "sandbox schema",
		"get -conf":                "-config",
		"get -format ":             "table json ndjson csv xlsx",
		"get -format c":            "csv",
		"get -json -deci":          "-decimal",
		"get -config ":             "",
		"get -timeout 1s -w":       "-wide",
		"help ch":                  "check",
		"enablebanking ":           "banks link",
		"enablebanking link -for ": "personal business",
		"nothing ":                 "",
		"version -":                "",
	} {
		got := run(t, append([]string{"__complete", "--"}, strings.Split(line, " ")...)...)
		assert.Equal(t, want, strings.Join(strings.Fields(got.stdout), " "), "%q", line)
	}
	binary := filepath.Join(t.TempDir(), "openbalances")
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for shell, script := range map[string]string{
		"bash": `source <("$1" completion bash); COMP_WORDS=("$1" get -format c); COMP_CWORD=3; _openbalances; echo "${COMPREPLY[@]}"`,
		"zsh":  `compdef() { :; }; compadd() { shift; echo "$@"; }; source <("$1" completion zsh); words=("$1" get -format c); CURRENT=4; _openbalances`,
		"fish": `$argv[1] completion fish | source; complete -C "$argv[1] get -format c"`,
	} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		flags := []string{"-c", script, "shell", binary}
		if shell == "fish" {
			flags = []string{"-c", script, binary}
		}
		command := exec.Command(shell, flags...)
		command.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s: %s", shell, out)
		assert.Equal(t, "csv\n", string(out), shell)
	}
}
