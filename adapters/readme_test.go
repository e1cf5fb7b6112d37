package adapters_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documentedAddress is where the README's sandbox listens.
const documentedAddress = "127.0.0.1:9000"

// An excuse is why a command of the README is not run by the tests as it stands.
type excuse struct{ begins, reason string }

// Of make's targets, those that make check or .ci/run has are not run here, either.
var excuses = []excuse{
	{"go install ", forStrangers}, {"go get ", forStrangers}, {"go mod ", forStrangers}, {"go run .", forStrangers},
	{"make check", "would call itself"},
	{"make generate", "writes into the working tree; make drift does it in a copy"},
	{"make new", "lays down a provider; the tests of specs/internal/scaffold do so in a copy"},
	{"make try", "tries a provider that was laid down, or is none; the same tests run what it runs"},
	{"make demo-fleet", "runs until it is stopped; the tests of the command fleet do so"},
	{"fleet work", "runs until it is stopped; the tests of the command fleet do so"},
	{"fleet ", forStrangers},
	{"openbalances enablebanking ", "needs an application at Enable Banking; the command's TestLinkLeadsToABalance has one"},
}

const forStrangers = "installs software, or needs a module of one's own; make stranger runs it"

func excused(command string) string {
	for _, e := range excuses {
		if strings.HasPrefix(command, e.begins) {
			return e.reason
		}
	}
	return ""
}

func text(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", file))
	require.NoError(t, err)
	return string(content)
}

// A step is a block of the README, a line of a block of commands, or a command within a sentence, which has no language.
type step struct{ language, text string }

var parts = regexp.MustCompile("(?s)```(\\w+)\n(.*?)```|`((?:go|make|openbalances|fleet) [^`]*)`")

// steps are all that the README asks its reader to do, in its order.
func steps(t *testing.T) (all []step) {
	t.Helper()
	for _, match := range parts.FindAllStringSubmatch(text(t, "README.md"), -1) {
		switch language := match[1]; language {
		case "sh", "cron":
			for line := range strings.Lines(match[2]) {
				all = append(all, step{language, strings.TrimSpace(line)})
			}
		case "", "go", "json", "text":
			all = append(all, step{language, match[2] + match[3]})
		default:
			t.Errorf("no test runs a block of %s", language)
		}
	}
	require.NotEmpty(t, all)
	return all
}

// A reader does what the README says, in a folder and with a home of its own.
type reader struct {
	folder, home string
	environment  []string
	address      string // of the sandbox
	printed      string // by the last line
	stranger     bool   // has no clone, and what it does is printed
}

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{folder: t.TempDir(), home: t.TempDir(), address: documentedAddress}
	r.environment = append(os.Environ(), "HOME="+r.home, "PATH="+filepath.Join(r.home, "go", "bin")+":"+os.Getenv("PATH"),
		"OPENBALANCES_CONFIG=", "XDG_CONFIG_HOME=", "XDG_STATE_HOME=", "GOPATH=", "GOBIN=", "GOWORK=off")
	for _, cache := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.CommandContext(t.Context(), "go", "env", cache).Output()
		require.NoError(t, err)
		r.environment = append(r.environment, cache+"="+strings.TrimSpace(string(out)))
	}
	return r
}

// command is a line of a shell.
func (r *reader) command(t *testing.T, folder, line string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-c", line)
	command.Dir, command.Env = folder, r.environment
	r.say("$ %s\n", strings.TrimPrefix(line, "exec "))
	return command
}

func (r *reader) say(format string, values ...any) {
	if r.stranger {
		fmt.Printf(format, values...)
	}
}

// run runs a line, whose exit code has to be that of its comment, or else 0.
func (r *reader) run(t *testing.T, folder, line string) {
	t.Helper()
	command := r.command(t, folder, line)
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); !errors.As(err, new(*exec.ExitError)) {
		require.NoError(t, err, line)
	}
	want := "0"
	if match := regexp.MustCompile(`# exit code (\d)`).FindStringSubmatch(line); match != nil {
		want = match[1]
	}
	r.printed = out.String()
	r.say("%s%s", &problems, r.printed)
	assert.NotContains(t, problems.String(), "warning: config:", line)
	require.Equal(t, want, fmt.Sprint(command.ProcessState.ExitCode()), "exit code of %s: %s", line, &problems)
}

// cron runs a line as cron does: at home and with an environment of its own.
func (r *reader) cron(t *testing.T, line string) {
	t.Helper()
	c := *r
	c.environment = []string{"HOME=" + r.home, "LOGNAME=reader", "PATH=/usr/bin:/bin", "SHELL=/bin/sh"}
	c.run(t, r.home, line)
}

// sandbox starts the sandbox, on the documented port for a stranger if it is free, and else on another. It runs until the test
// ends.
func (r *reader) sandbox(t *testing.T) {
	t.Helper()
	line := "exec openbalances sandbox"
	probe, taken := net.Listen("tcp", documentedAddress)
	if taken == nil {
		require.NoError(t, probe.Close())
	}
	if !r.stranger || taken != nil {
		line += " -addr 127.0.0.1:0"
	}
	command := r.command(t, r.folder, line)
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	require.NoError(t, command.Start())
	said, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err, "the sandbox does not listen; cure: end what uses its port")
	go func() { _, _ = io.Copy(io.Discard, out) }()
	t.Cleanup(func() { _ = command.Wait() })
	r.say("%s", said)
	r.address = regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(said)
}

// program runs a program, which has to print what its last comment says.
func (r *reader) program(t *testing.T, source string) {
	t.Helper()
	file := filepath.Join(r.folder, "main.go")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	want := regexp.MustCompile(`(?s)\n\t// Output:\n(.*)}\n$`).FindStringSubmatch(source)
	require.NotNil(t, want, "a program that does not say what it prints")
	run := "./program"
	if r.stranger {
		r.say("\nmain.go is\n%s", source)
		r.run(t, r.folder, "go mod tidy")
		run = "go run ."
	} else {
		r.run(t, "..", "go build -o "+r.folder+"/program "+file)
	}
	r.run(t, r.folder, run)
	assert.Equal(t, strings.ReplaceAll(want[1], "\t// ", ""), r.printed)
}

// do does one step.
func (r *reader) do(t *testing.T, s step) {
	t.Helper()
	switch done := strings.ReplaceAll(s.text, documentedAddress, r.address); {
	case s.language == "json":
		r.say("\nconnections.json is\n%s", done)
		file := filepath.Join(r.folder, "connections.json")
		require.NoError(t, os.WriteFile(file, []byte(done), 0o600))
		require.NoError(t, os.Chmod(file, 0o644)) // as editors save it
	case s.language == "go":
		r.program(t, done)
	case s.language == "text":
		assert.Equal(t, done, r.printed)
	case strings.HasPrefix(done, "openbalances sandbox "):
		r.sandbox(t)
	case strings.HasPrefix(done, "go doc "), strings.HasPrefix(done, "make "):
		r.run(t, "..", done)
	case s.language == "cron":
		r.cron(t, regexp.MustCompile(`^(\S+\s+){5}`).ReplaceAllString(done, ""))
	default:
		r.run(t, r.folder, done)
	}
}

// Every block, every line and every command of the README does what the README says.
func TestReadme(t *testing.T) {
	t.Parallel()
	_, checked, _ := strings.Cut(text(t, "Makefile"), "\ncheck:")
	checked, _, _ = strings.Cut(checked, "##")
	r := newReader(t)
	r.run(t, "..", "go build -o "+r.home+"/go/bin/ ./adapters/cmd/openbalances")
	for _, s := range steps(t) {
		target, isMake := strings.CutPrefix(s.text, "make ")
		switch {
		case excused(s.text) != "":
		case isMake && strings.Contains(checked, " "+target+" "), strings.Contains(text(t, ".ci/run"), "\n"+s.text+"\n"):
		default:
			r.do(t, s)
		}
	}
}

// A stranger has no clone, no module of others and a module proxy: make stranger makes it and shows what is done and said.
func TestReadmeAsAStranger(t *testing.T) {
	proxy := os.Getenv("OPENBALANCES_PROXY")
	if proxy == "" {
		t.Skip("has no module proxy; cure: make stranger")
	}
	r := newReader(t)
	r.stranger = true
	others, err := exec.CommandContext(t.Context(), "go", "env", "GOPROXY").Output()
	require.NoError(t, err)
	r.environment = append(r.environment, "GOPROXY=file://"+proxy+","+strings.TrimSpace(string(others)), "GOFLAGS=-modcacherw",
		"GONOSUMDB=github.com/openbalances", "GOMODCACHE="+filepath.Join(proxy, "cache"),
		"GODEBUG=goindex=0") // go remembers which files a version has, and the clone's changes
	for _, s := range steps(t) {
		inClone := strings.HasPrefix(s.text, "make ") || strings.HasPrefix(s.text, "go doc .")
		if reason := excused(s.text); !inClone && (reason == "" || reason == forStrangers) {
			r.do(t, s)
		}
	}
	// No README has room for it, and .tools/outside none for its modules.
	r.do(t, step{"go", text(t, "adapters/testdata/fleet/main.go")})
}

// No excuse outlives its command.
func TestReadmeExcusesAreNeeded(t *testing.T) {
	t.Parallel()
	for _, e := range excuses {
		assert.True(t, strings.Contains(text(t, "README.md"), e.begins), e.begins)
	}
}

func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	assert.Less(t, strings.Count(text(t, "README.md"), "\n"), 300)
}

func TestProvidersPageAgreesWithTheDocuments(t *testing.T) {
	t.Parallel()
	for _, name := range specs.Providers() {
		_, part, found := strings.Cut(text(t, "specs/README.md"), "\n## "+name+"\n")
		require.True(t, found, "no part for %s", name)
		part, _, _ = strings.Cut(part, "\n## ")
		info, _ := specs.Describe(name)
		for _, operation := range info.Operations {
			assert.Contains(t, part, "`"+operation+"`")
		}
		assert.Contains(t, part, fmt.Sprintf("version %s, page read %s", info.Version, info.Read))
		assert.Contains(t, text(t, "README.md"), "| ["+name+"](specs/README.md#"+name+") |")
	}
}
