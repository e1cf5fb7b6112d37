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
	patch   = "module: needs a patch version"
	none    = "module: needs no new version"
	unclear = "module: needs a version that is not known yet"

	adapterName = "adapters/adapters.go"
	adapter     = "package adapters\n\ntype Balance struct{ Amount, Currency string }\n\nfunc Ask(id string) Balance { return Balance{} }\n"
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
				current, about + "FAIL: a breaking change, but info.version was 1.0.0, is 1.0.0; cure: set it to 1.1.0", minor,
			},
		},
		"breaking, the second number rises": {
			document: []string{"required: [current]", "required: []", "1.0.0", "1.1.0"},
			want:     []string{current, about + "texts: info.version was 1.0.0, is 1.1.0", minor},
		},
		"breaks Go only, the third number rises": {
			document: []string{"required: [current]", "required: [current, state]", "1.0.0", "1.0.9"},
			client:   []string{"*http.Cookie", "**http.Cookie"}, code: 1,
			want: []string{
				about + "change: GET /balance: the response property `state` became required for the status `200`",
				about + "FAIL: a breaking change, but info.version was 1.0.0, is 1.0.9; cure: set it to 1.1.0",
				"gen/acme: breaking: Balance.State: changed from *http.Cookie to **http.Cookie", minor,
			},
		},
		"unreadable": {
			document: []string{"schemas/Balance", "schemas/Gone"}, client: []string{"Current string", "Current Gone"}, code: 1,
			want: []string{unread + "; cure: correct the document", "gen/acme: FAIL: does not compile; cure: go build ./...", unclear},
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
	git(t, root, "rm", "-rq", "specs/acme", "gen/acme")
	expect(t, root, 0, about+"breaking: the provider is gone", "gen/acme: breaking: the package is gone",
		"specs/zeta/openapi.yaml: change: a new provider, info.version is 1.0.0", "gen/zeta: change: a new package", major)
}

func TestBase(t *testing.T) {
	root := newRepository(t)
	for base, code := range map[string]int{"HEAD~1": 0, "v9.9.9": 2, "--all": 2} {
		var out bytes.Buffer
		got := run(root, base, &out)
		if report := out.String(); got != code || !strings.HasPrefix(report, "specdiff: ") || strings.Count(report, "\n") != 1 {
			t.Errorf("%q: exit code %d, want %d: %s", base, got, code, report)
		}
	}
	write(t, root, "README.md", "")
	git(t, root, "add", "README.md")
	git(t, root, "rm", "-rq", "--cached", "go.mod", "specs", "gen", "adapters")
	git(t, root, "commit", "-qm", "neither documents nor a module")
	expect(t, root, 0, about+"change: a new provider, info.version is 1.0.0",
		"go: change: no module was there before, so no package is compared", minor)
}

// What a change needs, counted from the last release.
func TestReleases(t *testing.T) {
	const (
		field     = "adapters: breaking: Balance.Currency: removed"
		signature = "adapters: breaking: Ask: changed from func(string) Balance to func(string, int) Balance"
		added     = "adapters: change: added Balance.IBAN"
		state     = "gen/acme: breaking: Balance.State: changed from *http.Cookie to **http.Cookie"
		version   = about + "texts: info.version was 1.0.0, is 1.1.0"
		texts     = about + "texts: only texts, examples, x- keys or info differ"
	)
	for name, c := range map[string]struct {
		tags                      []string
		document, client, adapter []string
		want                      []string
	}{
		"a field gone before v1":   {tags: []string{"v0.2.1"}, adapter: []string{", Currency", ""}, want: []string{field, "module: needs v0.3.0 after v0.2.1"}},
		"a field gone":             {tags: []string{"v1.9.0", "v1.10.3"}, adapter: []string{", Currency", ""}, want: []string{field, "module: needs v2.0.0, with /v2 at the end of its path after v1.10.3"}},
		"a signature":              {tags: []string{"v1.0.0"}, adapter: []string{"id string", "id string, n int"}, want: []string{signature, "module: needs v2.0.0, with /v2 at the end of its path after v1.0.0"}},
		"a field more":             {tags: []string{"v1.4.2"}, adapter: []string{"Currency", "Currency, IBAN"}, want: []string{added, "module: needs v1.5.0 after v1.4.2"}},
		"a generated client":       {tags: []string{"v1.4.2"}, document: []string{"1.0.0", "1.1.0"}, client: []string{"*http.Cookie", "**http.Cookie"}, want: []string{texts, version, state, "module: needs v1.5.0 after v1.4.2"}},
		"texts":                    {tags: []string{"v1.4.2"}, document: []string{"One call", "The call", "1.0.0", "1.1.0"}, want: []string{texts, version, "module: needs v1.4.3 after v1.4.2"}},
		"nothing":                  {tags: []string{"v1.4.2"}, want: []string{none}},
		"a pre-release is none":    {tags: []string{"v0.2.1", "v1.0.0-rc.1", "v2", "adapters/fleet/v3.0.0"}, adapter: []string{"Currency", "Currency, IBAN"}, want: []string{added, "module: needs v0.3.0 after v0.2.1"}},
		"no release, one commit":   {want: []string{"module has no release in its history, so it is compared with HEAD~1", "specdiff: nothing to compare"}},
		"what no tag has reported": {tags: []string{"v0.1.0"}, adapter: []string{"id string", "id string, n int", ", Currency", ""}, want: []string{signature, field, "module: needs v0.2.0 after v0.1.0"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := newRepository(t)
			for _, tag := range c.tags {
				git(t, root, "tag", tag)
			}
			write(t, root, documentName, strings.NewReplacer(c.document...).Replace(document))
			write(t, root, clientName, strings.NewReplacer(c.client...).Replace(client))
			write(t, root, adapterName, strings.NewReplacer(c.adapter...).Replace(adapter))
			var out bytes.Buffer
			if code := run(root, "", &out); code != 0 {
				t.Errorf("exit code %d", code)
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if len(lines) != len(c.want) {
				t.Fatalf("report:\n%swant:\n%s", &out, strings.Join(c.want, "\n"))
			}
			for i, want := range c.want {
				if !strings.HasPrefix(lines[i], want) {
					t.Errorf("%q, want %q", lines[i], want)
				}
			}
		})
	}
}

// A module below has releases of its own, and may require what the repository has not released yet. One that nobody can import
// keeps no other from being compared.
func TestModulesBelow(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	const fleet, code = "adapters/fleet/go.mod", "adapters/fleet/fleet.go"
	root := newRepository(t)
	for _, folder := range []string{"adapters/fleet", "adapters/sqltest", ".tools/own", "adapters/testdata"} {
		write(t, root, folder+"/go.mod", "module example.test/m/"+folder+"\n\ngo 1.26\n\nrequire example.test/m v0.1.0\n")
	}
	write(t, root, "adapters/sqltest/own_test.go", "package own\n")
	write(t, root, ".tools/own/own.go", "package own\n")
	write(t, root, code, "package fleet\n\nimport \"example.test/m/adapters\"\n\nfunc Run(adapters.Balance) {}\n")
	git(t, root, "add", "-A")
	git(t, root, "commit", "-qm", "modules")
	git(t, root, "tag", "v0.1.0")
	git(t, root, "tag", "adapters/fleet/v1.2.0")
	reported := func(code int, want ...string) {
		t.Helper()
		var out bytes.Buffer
		got := run(root, "", &out)
		if lines := none + "\n" + strings.Join(want, "\n"); got != code || !strings.HasPrefix(out.String(), lines) {
			t.Errorf("exit code %d, want %d; report:\n%swant:\n%s", got, code, &out, lines)
		}
	}
	write(t, root, code, "package fleet\n\nfunc Run(int) {}\n")
	write(t, root, ".tools/own/own.go", "package own\n\nfunc Run() {}\n")
	reported(0, "adapters/fleet: breaking: Run: changed from func(adapters.Balance) to func(int)",
		"module adapters/fleet: needs v2.0.0, with /v2 at the end of its path after adapters/fleet/v1.2.0\n")
	const notKnown = "module adapters/fleet: needs a version that is not known yet\n"
	write(t, root, code, "package fleet\n\nfunc Run(Gone) {}\n")
	reported(1, "adapters/fleet: FAIL: does not compile; cure: go build ./...", notKnown)
	write(t, root, fleet, "module example.test/m/adapters/fleet\n\nrequire\n")
	reported(1, "adapters/fleet/go: FAIL: go.mod:3: usage: require module/path v1.2.3; cure: go build ./...", notKnown)
	write(t, root, fleet, "module example.test/m/adapters/fleet\n\ngo 1.26\n\nrequire example.invalid/x v1.0.0\n")
	write(t, root, code, "package fleet\n\nimport _ \"example.invalid/x\"\n")
	reported(0, "module adapters/fleet: not compared, because a module cannot be downloaded: ")
	git(t, root, "commit", "-qam", "what cannot be downloaded")
	git(t, root, "tag", "adapters/fleet/v1.3.0")
	write(t, root, code, "package fleet\n")
	write(t, root, fleet, "module example.test/m/adapters/fleet\n\ngo 1.26\n")
	reported(0, "module adapters/fleet: not compared, because a module cannot be downloaded: ")
	write(t, root, fleet, "module example.test/m/adapters/fleet\n\nrequire\n")
	git(t, root, "commit", "-qam", "what cannot be read")
	git(t, root, "tag", "adapters/fleet/v1.4.0")
	write(t, root, fleet, "module example.test/m/adapters/fleet\n\ngo 1.26\n")
	reported(1, "adapters/fleet/go: FAIL: go.mod:3: usage: require module/path v1.2.3; cure: go build ./...", notKnown)
}

// The fleet requires a release of the repository's module that there is none of. A name that it loses is seen.
func TestTheFleetIsCompared(t *testing.T) {
	here, root := filepath.Join("..", ".."), t.TempDir()
	for _, folder := range []string{"adapters", "gen", "specs"} {
		if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join(here, folder))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum", "adapters/fleet/fleet.go"} {
		text, err := os.ReadFile(filepath.Join(here, file))
		if err != nil {
			t.Fatal(err)
		}
		write(t, root, file, strings.Replace(string(text), "\nfunc New(", "\nfunc Newer(", 1))
	}
	before, err := filepath.Abs(here)
	if err != nil {
		t.Fatal(err)
	}
	is, err := publicPackages(root, "adapters/fleet")
	if err != nil {
		t.Fatal(err)
	}
	found, err := comparePackages(before, "adapters/fleet", is)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 2 || !slices.Contains(found[""], finding{breaking, "New: removed"}) {
		t.Errorf("%v", found)
	}
}

// newRepository commits a module with one provider.
func newRepository(t *testing.T) string {
	os.Unsetenv("GIT_DIR") // of a hook that runs the tests
	os.Unsetenv("GIT_INDEX_FILE")
	root := t.TempDir()
	write(t, root, "go.mod", "module example.test/m\n\ngo 1.26\n")
	write(t, root, documentName, document)
	write(t, root, clientName, client)
	write(t, root, adapterName, adapter)
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
