package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain keeps the user's git settings, and those of a hook that runs the tests, away from the repositories here.
func TestMain(m *testing.M) {
	for _, name := range []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} {
		os.Unsetenv(name)
	}
	os.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	os.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	os.Exit(m.Run())
}

const (
	acmeDocument = "specs/acme/openapi.yaml"
	acmeClient   = "gen/acme/client.gen.go"
)

// A workspace is a git repository that a test made.
type workspace struct {
	t    *testing.T
	root string
}

// newWorkspace commits the provider acme as it is in testdata.
func newWorkspace(t *testing.T) workspace {
	t.Helper()
	w := workspace{t, t.TempDir()}
	w.git("init", "-q")
	w.write(acmeDocument, testdata(t, "openapi.yaml"))
	w.write(acmeClient, testdata(t, "client.gen.go"))
	w.commit()
	return w
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w workspace) git(arguments ...string) {
	w.t.Helper()
	who := []string{"-C", w.root, "-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"}
	if out, err := exec.Command("git", append(who, arguments...)...).CombinedOutput(); err != nil {
		w.t.Fatalf("git %v: %v: %s", arguments, err, out)
	}
}

func (w workspace) commit() {
	w.t.Helper()
	w.git("add", "-A")
	w.git("commit", "-q", "--allow-empty", "-m", "state")
}

func (w workspace) write(name, text string) {
	w.t.Helper()
	file := filepath.Join(w.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// An edit replaces a text that has to be there.
type edit struct{ old, new string }

func (w workspace) edit(name string, edits []edit) {
	w.t.Helper()
	file := filepath.Join(w.root, name)
	text, err := os.ReadFile(file)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range edits {
		if !bytes.Contains(text, []byte(e.old)) {
			w.t.Fatalf("%s has no %q", name, e.old)
		}
		text = bytes.Replace(text, []byte(e.old), []byte(e.new), 1)
	}
	w.write(name, string(text))
}

// specdiff runs the command in the workspace.
func (w workspace) specdiff(arguments ...string) (code int, stdout, stderr string) {
	var out, problems bytes.Buffer
	code = run(append([]string{"-root", w.root}, arguments...), &out, &problems)
	return code, out.String(), problems.String()
}

// expect runs against HEAD and wants exactly these lines after the head of the report.
func (w workspace) expect(code int, want []string) {
	w.t.Helper()
	got, stdout, stderr := w.specdiff("HEAD")
	head, report, _ := strings.Cut(stdout, "\n")
	if got != code || stderr != "" || !strings.HasPrefix(head, "specs/ and gen/: HEAD (") {
		w.t.Errorf("exit code %d, want %d; head %q, stderr %q", got, code, head, stderr)
	}
	if lines := strings.Split(strings.TrimSpace(report), "\n"); !slices.Equal(lines, want) {
		w.t.Errorf("report:\n%s\nwant:\n%s", report, strings.Join(want, "\n"))
	}
}

func (w workspace) remove(folders ...string) {
	w.t.Helper()
	for _, folder := range folders {
		if err := os.RemoveAll(filepath.Join(w.root, folder)); err != nil {
			w.t.Fatal(err)
		}
	}
}
