package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	documentName = "specs/acme/openapi.yaml"
	document     = `openapi: 3.0.3
info: {title: Acme, version: 1.0.0, description: One call.}
servers: [{url: 'https://api.acme.test'}]
paths:
  /balance:
    get:
      responses:
        '200': {description: Good, content: {application/json: {schema: {$ref: '#/components/schemas/Balance'}}}}
        '400': {description: Bad, content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}}
        '404': {description: None, content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}}
components:
  schemas:
    Balance:
      type: object
      required: [current]
      properties: {current: {type: string}, state: {type: string, enum: [OPEN]}}
    Error: {type: object, properties: {code: {type: string}}}
`
	clientName = "gen/acme/client.gen.go"
	client     = "package acme\n\nimport \"net/http\"\n\ntype Balance struct {\n\tCurrent string\n\tState *http.Cookie\n}\n"

	about   = documentName + ": "
	current = about + "breaking: GET /balance: the response property `current` became optional for the status `200`"
	unread  = about + `FAIL: failed to resolve "Gone" in fragment in URI: "#/components/schemas/Gone": map key "Gone" not found`
	major   = "module: needs a major version (before v1: a minor one)"
	minor   = "module: needs a minor version"
	patch   = "module: a patch version is enough"
	none    = "module: needs no new version for documents and public packages"
)

func TestReport(t *testing.T) {
	for name, c := range map[string]struct {
		document, client []string // old, new, old, new ...
		code             int
		want             []string
	}{
		"nothing": {want: []string{none}},
		"comment": {document: []string{"paths:", "paths: # of calls"}, want: []string{none}},
		"texts": {
			document: []string{"One call.", "The one call."},
			want: []string{
				about + "texts: only texts, examples, x- keys or info differ",
				about + "texts: info.version was 1.0.0, is 1.0.0; cure: raise it", patch,
			},
		},
		"compatible": {
			document: []string{"code:", "hint: {type: string}, code:", "OPEN", "OPEN, SHUT", "api.", "api2.", "1.0.0", "1.0.1"},
			client:   []string{"}\n", "\tHint []string\n}\n\nconst Shut = 1\n"},
			want: []string{
				about + "warning: GET /balance: added the new `SHUT` enum value to the `state` response property " +
					"for the response status `200`",
				about + "change: GET /balance: added the optional property `hint` to the response with the `400`, `404` status",
				about + "change: the servers differ",
				about + "texts: info.version was 1.0.0, is 1.0.1",
				"gen/acme: warning: Balance: old is comparable, new is not",
				"gen/acme: change: added Balance.Hint, Shut", minor,
			},
		},
		"breaking, the same version": {
			document: []string{"required: [current]", "required: []"}, code: 1,
			want: []string{
				current, about + "FAIL: a breaking change, but info.version was 1.0.0, is 1.0.0; cure: set it to 1.1.0", major,
			},
		},
		"breaking, the second number rises": {
			document: []string{"required: [current]", "required: []", "1.0.0", "1.1.0"},
			want:     []string{current, about + "texts: info.version was 1.0.0, is 1.1.0", major},
		},
		"breaks Go only, the third number rises": {
			document: []string{"required: [current]", "required: [current, state]", "1.0.0", "1.0.9"},
			client:   []string{"*http.Cookie", "**http.Cookie"}, code: 1,
			want: []string{
				about + "change: GET /balance: the response property `state` became required for the status `200`",
				about + "FAIL: a breaking change, but info.version was 1.0.0, is 1.0.9; cure: set it to 1.1.0",
				"gen/acme: breaking: Balance.State: changed from *http.Cookie to **http.Cookie", major,
			},
		},
		"unreadable": {
			document: []string{"schemas/Balance", "schemas/Gone"}, client: []string{"Current string", "Current Gone"}, code: 1,
			want: []string{unread + "; cure: correct the document", "gen/acme: FAIL: does not compile; cure: go build ./...", none},
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := newRepository(t)
			write(t, root, documentName, strings.NewReplacer(c.document...).Replace(document))
			write(t, root, clientName, strings.NewReplacer(c.client...).Replace(client))
			expect(t, root, c.code, c.want...)
		})
	}
}

func TestProvidersComeAndGo(t *testing.T) {
	root := newRepository(t)
	write(t, root, "specs/zeta/openapi.yaml", document)
	write(t, root, "gen/zeta/client.gen.go", client)
	git(t, root, "rm", "-rq", "specs/acme", "gen/acme", "adapters")
	expect(t, root, 0, about+"breaking: the provider is gone", "gen/acme: breaking: the package is gone",
		"specs/zeta/openapi.yaml: change: a new provider, info.version is 1.0.0", "gen/zeta: change: a new package", major)
}

func TestBase(t *testing.T) {
	root := newRepository(t)
	for base, code := range map[string]int{"HEAD~1": 0, "v9.9.9": 2, "": 2, "--all": 2} {
		var out bytes.Buffer
		got := run(root, base, &out)
		if report := out.String(); got != code || !strings.HasPrefix(report, "specdiff: ") || strings.Count(report, "\n") != 1 {
			t.Errorf("%q: exit code %d, want %d: %s", base, got, code, report)
		}
	}
	git(t, root, "rm", "-rq", "--cached", "go.mod", "specs", "gen")
	git(t, root, "commit", "-qm", "neither documents nor a module")
	expect(t, root, 0, about+"change: a new provider, info.version is 1.0.0",
		"go: change: no module could be read before, so no package is compared", minor)
}

// newRepository commits a module with one provider.
func newRepository(t *testing.T) string {
	os.Unsetenv("GIT_DIR") // of a hook that runs the tests
	os.Unsetenv("GIT_INDEX_FILE")
	root := t.TempDir()
	write(t, root, "go.mod", "module example.test/m\n\ngo 1.26\n")
	write(t, root, documentName, document)
	write(t, root, clientName, client)
	write(t, root, "adapters/internal/own/own.go", "package own\n")
	git(t, root, "init", "-q")
	git(t, root, "add", "-A")
	git(t, root, "commit", "-qm", "state")
	return root
}

func git(t *testing.T, root string, arguments ...string) {
	who := []string{"-C", root, "-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"}
	if out, err := exec.Command("git", append(who, arguments...)...).CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v: %s", arguments, err, out)
	}
}

func write(t *testing.T, root, name, text string) {
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, root string, code int, want ...string) {
	t.Helper()
	var out bytes.Buffer
	got := run(root, "HEAD", &out)
	if lines := strings.Join(want, "\n") + "\n"; got != code || out.String() != lines {
		t.Errorf("exit code %d, want %d; report:\n%swant:\n%s", got, code, &out, lines)
	}
}
