package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const document = `openapi: 3.0.3
info: {title: Acme, version: 1.0.0, description: One call.}
servers: [{url: 'https://api.acme.test'}]
paths:
  /balance:
    get:
      operationId: getBalance
      responses:
        '200':
          description: The balance.
          content: {application/json: {schema: {$ref: '#/components/schemas/Balance'}}}
        '400':
          description: Refused.
          content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}
        '404':
          description: Not found.
          content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}
components:
  schemas:
    Balance:
      type: object
      required: [current]
      properties:
        current: {type: string}
        state: {type: string, enum: [OPEN]}
    Error: {type: object, properties: {code: {type: string}}}
`

const client = `package acme

import "net/http"

type Balance struct {
	Current string
	State   *http.Client
}
`

const (
	documentName = "specs/acme/openapi.yaml"
	clientName   = "gen/acme/client.gen.go"
)

// newRepository commits a module with one provider.
func newRepository(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"} {
		t.Setenv(name, "") // Setenv restores what a hook that runs the tests has set
		os.Unsetenv(name)
	}
	root := t.TempDir()
	write(t, root, "go.mod", "module example.test/m\n\ngo 1.26\n")
	write(t, root, documentName, document)
	write(t, root, clientName, client)
	write(t, root, "adapters/internal/own/own.go", "package own\n\nconst Gone = 1\n")
	git(t, root, "init", "-q")
	git(t, root, "add", "-A")
	git(t, root, "-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false", "commit", "-qm", "1")
	return root
}

func git(t *testing.T, root string, arguments ...string) {
	t.Helper()
	if out, err := exec.Command("git", append([]string{"-C", root}, arguments...)...).CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", arguments, err, out)
	}
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, root, base string, code int, want ...string) {
	t.Helper()
	var out bytes.Buffer
	got := run(root, base, &out)
	if lines := strings.Join(want, "\n") + "\n"; got != code || out.String() != lines {
		t.Errorf("exit code %d, want %d; report:\n%swant:\n%s", got, code, &out, lines)
	}
}

const (
	about = documentName + ": "
	major = "module: needs a major version (before v1: a minor one)"
	minor = "module: needs a minor version"
	patch = "module: a patch version is enough"
)

func TestReport(t *testing.T) {
	for name, c := range map[string]struct {
		document, client []string // old, new, old, new ...
		code             int
		want             []string
	}{
		"nothing": {want: []string{"module: needs no new version for documents and public packages"}},
		"texts": {
			document: []string{"One call.", "The one call."},
			want: []string{
				about + "texts: only texts, examples, x- keys or info differ",
				about + "texts: info.version was 1.0.0, is 1.0.0; cure: raise it", patch,
			},
		},
		"compatible": {
			document: []string{"code: {type: string}", "code: {type: string}, hint: {type: string}", "[OPEN]", "[OPEN, SHUT]",
				"api.acme", "api2.acme", "1.0.0", "1.0.1"},
			client: []string{"}\n", "\tHint string\n}\n\nconst Shut = 1\n"},
			want: []string{
				about + "warning: GET /balance: added the new `SHUT` enum value to the `state` response property for the response status `200`",
				about + "change: GET /balance: added the optional property `hint` to the response with the `400`, `404` status",
				about + "change: the servers differ",
				about + "texts: info.version was 1.0.0, is 1.0.1",
				"gen/acme: change: added Balance.Hint, Shut", minor,
			},
		},
		"breaking, the same version": {
			document: []string{"      required: [current]\n", ""}, code: 1,
			want: []string{
				about + "breaking: GET /balance: the response property `current` became optional for the status `200`",
				about + "FAIL: a breaking change, but info.version was 1.0.0, is 1.0.0; cure: set it to 1.1.0", major,
			},
		},
		"breaks Go only, the third number rises": {
			document: []string{"required: [current]", "required: [current, state]", "1.0.0", "1.0.9"},
			client:   []string{"*http.Client", "http.Client"}, code: 1,
			want: []string{
				about + "change: GET /balance: the response property `state` became required for the status `200`",
				about + "FAIL: a breaking change, but info.version was 1.0.0, is 1.0.9; cure: set it to 1.1.0",
				"gen/acme: breaking: Balance.State: changed from *http.Client to http.Client", major,
			},
		},
		"breaking, the second number rises": {
			document: []string{"      required: [current]\n", "", "1.0.0", "1.1.0"},
			want: []string{
				about + "breaking: GET /balance: the response property `current` became optional for the status `200`",
				about + "texts: info.version was 1.0.0, is 1.1.0", major,
			},
		},
		"faults": {
			document: []string{"schemas/Balance'", "schemas/Gone'"}, client: []string{"Current string", "Current Gone"}, code: 1,
			want: []string{
				about + `FAIL: failed to resolve "Gone" in fragment in URI: "#/components/schemas/Gone": ` +
					`map key "Gone" not found; cure: correct the document`,
				"gen/acme: FAIL: does not compile; cure: go build ./...",
				"module: needs no new version for documents and public packages",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := newRepository(t)
			write(t, root, documentName, strings.NewReplacer(c.document...).Replace(document))
			write(t, root, clientName, strings.NewReplacer(c.client...).Replace(client))
			expect(t, root, "HEAD", c.code, c.want...)
		})
	}
}

func TestProvidersComeAndGo(t *testing.T) {
	root := newRepository(t)
	for _, folder := range []string{"specs", "gen"} {
		if err := os.Rename(filepath.Join(root, folder, "acme"), filepath.Join(root, folder, "zeta")); err != nil {
			t.Fatal(err)
		}
	}
	os.RemoveAll(filepath.Join(root, "adapters"))
	expect(t, root, "HEAD", 0,
		about+"breaking: the provider is gone", "gen/acme: breaking: the package is gone",
		"specs/zeta/openapi.yaml: change: a new provider, info.version is 1.0.0", "gen/zeta: change: a new package", major)
}

func TestBase(t *testing.T) {
	root := newRepository(t)
	for base, code := range map[string]int{"HEAD~1": 0, "v9.9.9": 2, "": 2, "--all": 2} {
		var out bytes.Buffer
		if got := run(root, base, &out); got != code || strings.Count(out.String(), "\n") != 1 ||
			!strings.HasPrefix(out.String(), "specdiff: nothing to compare: ") {
			t.Errorf("%q: exit code %d, want %d: %s", base, got, code, &out)
		}
	}
	git(t, root, "rm", "-rq", "--cached", ".")
	git(t, root, "add", "adapters")
	git(t, root, "-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false", "commit", "-qm", "2")
	expect(t, root, "HEAD", 0, "")
}
