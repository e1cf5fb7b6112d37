package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A provider that nobody has is laid down, listed as unfinished, filled from testdata, and then as good as the others.
// All of it happens in a copy of the module.
func TestANewProvider(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the module several times")
	}
	t.Parallel()
	c := copyOf(t, root)
	out, err := c.run(t, "build", "-o", os.DevNull, "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen")
	if err != nil {
		t.Skipf("the generator cannot be built; cure: go mod download\n%s", out)
	}
	// Generated files of a tree that somebody is working on may be stale; everything after this is make new's own.
	c.pass(t, "generate", ".")
	before := tree(t, c.folder)
	assert.Contains(t, c.pass(t, "run", "./specs/internal/scaffold", "acme"), "wrote adapters/acme/acme.go\n")
	c.assertUntouched(t, before)

	todo := c.fail(t, "test", "-run", "^TestNothingIsLeftToDo$", "./adapters")
	assert.Regexp(t, `acme has \d+ places to fill; cure: `, todo)
	assert.Contains(t, todo, "specs/acme/openapi.yaml:1: TODO(acme): fill each")
	assert.Contains(t, todo, "adapters/acme/mapping.go:")
	c.pass(t, "test", "-skip", "^Test(NothingIsLeftToDo$|Readme|ProvidersPage)", "./adapters", "./adapters/acme", "./specs")

	c.fill(t)
	c.pass(t, "generate", ".")
	c.pass(t, "vet", "./adapters/acme", "./gen/acme")
	c.pass(t, "test", "-skip", "^TestReadme", "./specs", "./specs/contract", "./specs/mapping", "./specs/traffic", "./specs/sandbox",
		"./adapters", "./adapters/acme", "./adapters/use/configuration", "./adapters/cmd/openbalances")

	const mapping = "adapters/acme/mapping.go"
	c.plant(t, mapping, "// toBalances maps", "// TODO(acme): maps")
	todo = c.fail(t, "test", "-run", "^TestNothingIsLeftToDo$", "./adapters")
	assert.Contains(t, todo, mapping+":26: TODO(acme): maps")
	c.plant(t, mapping, "string(api.FundSideCREDIT), string(api.FundSideDEBIT)", "string(api.FundSideDEBIT), string(api.FundSideCREDIT)")
	assert.Contains(t, c.fail(t, "test", "./adapters/acme"), "--- FAIL: TestConformance/examples/overdrawn")
}

// What is cut out of a file compiles and says what is left to do, and so does the shape of UK Open Banking, whose suite passes.
func TestOtherBeginnings(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the module; cure: make proofs")
	}
	t.Parallel()
	c := copyOf(t, root)
	c.pass(t, "generate", ".")
	file, err := filepath.Abs(bank.File)
	require.NoError(t, err)
	said := c.pass(t, "run", "./specs/internal/scaffold", "-from", file, "-operation", bank.Operation, "-list", bank.List, "acme")
	assert.Contains(t, said, "left out the operation POST /payments\n")
	assert.Contains(t, said, "Everything compiles")
	// The generator has a type of this name.
	require.NoError(t, create(filepath.Join(c.folder, "odd.yaml"), strings.NewReplacer("    account:", "    RequestEditorFn:", "schemas/account", "schemas/RequestEditorFn").Replace(moduleCopy{"."}.read(t, bank.File))))
	said = c.fail(t, "run", "./specs/internal/scaffold", "-from", "odd.yaml", "-operation", bank.Operation, "-list", bank.List, "odd")
	assert.Contains(t, said, "do not compile: exit status 1; cure: ")
	assert.NotContains(t, said, "Everything compiles")
	for _, folder := range providerFolders {
		require.NoError(t, os.RemoveAll(filepath.Join(c.folder, folder, "odd")))
	}
	c.plant(t, list, "//go:generate .bin/oapi-codegen -config specs/odd/oapi-codegen.yaml specs/odd/openapi.yaml\n", "")
	c.pass(t, "run", "./specs/internal/scaffold", "-shape", "uk", "otherbank")
	c.pass(t, "vet", "./adapters/acme", "./gen/acme", "./adapters/otherbank", "./gen/otherbank")
	c.pass(t, "test", "./adapters/otherbank")
	todo := c.fail(t, "test", "-run", "^TestNothingIsLeftToDo$", "./adapters")
	assert.Contains(t, todo, "specs/acme/openapi.yaml:1: TODO(acme): compare each part")
	assert.Contains(t, todo, "TODO(otherbank): compare all of this file")
	assert.Contains(t, c.fail(t, "test", "./adapters/acme"), "--- FAIL: TestConformance/examples/sample")
}

// public is what an adapter in a module of its own may need.
var public = []string{"adapters", "adapters/kit/answer", "adapters/kit/call", "adapters/kit/httpsig", "adapters/kit/jwt"}

// The same provider in a module of its own: the document, its client and the adapter, which imports public packages only.
func TestAnAdapterInAModuleOfItsOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the module; cure: make proofs")
	}
	t.Parallel()
	own := moduleCopy{t.TempDir()}
	for _, folder := range []string{"testdata/acme/specs/acme", "testdata/acme/adapters/acme", "testdata/outside"} {
		require.NoError(t, os.CopyFS(own.folder, os.DirFS(folder)))
	}
	const module = "github.com/openbalances/openbalances"
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	for _, file := range []string{"go.mod", "go.sum"} {
		require.NoError(t, create(filepath.Join(own.folder, file), moduleCopy{root}.read(t, file)))
	}
	own.plant(t, "go.mod", "module "+module, "module acme.example/acme\n\nrequire "+module+" v0.0.0\nreplace "+module+" => "+here)
	lines := 0
	for _, file := range []string{"acme.go", "mapping.go"} {
		own.plant(t, file, module+"/gen/acme", "acme.example/acme/client")
		lines += strings.Count(own.read(t, file), "\n")
	}
	assert.LessOrEqual(t, lines, 200)
	t.Logf("%d lines of Go, %d of the document", lines, strings.Count(own.read(t, "openapi.yaml"), "\n"))

	out, err := own.command(t, "sh", "generate.sh")
	require.NoError(t, err, out)
	own.plant(t, "client/client.gen.go", `func (Fund) Lenient() []string { return []string{"clerk", "counted"} }`, "")
	assert.Contains(t, own.fail(t, "test", "."), "--- FAIL: TestConformance/catalogue/members-unmapped", "without the members that are decoded leniently")
	out, err = own.command(t, "sh", "generate.sh")
	require.NoError(t, err, out)
	for _, path := range strings.Fields(own.pass(t, "list", "-f", `{{join .Imports "\n"}}`, ".")) {
		if name, ours := strings.CutPrefix(path, module+"/"); ours {
			assert.Contains(t, public, name)
		}
	}
	own.pass(t, "vet", "./...")
	assert.Contains(t, own.pass(t, "test", "-v", "."), "--- PASS: TestConformance/sweep/")

	own.plant(t, "mapping.go", "AsOf:         asOf,", "AsOf:         asOf.AddDate(1, 0, 0),")
	assert.Contains(t, own.fail(t, "test", "."), "--- FAIL: TestConformance/examples/handbookSample")
}

// moduleCopy is a copy of the module that a test may change.
type moduleCopy struct{ folder string }

// copyOf leaves out what starts with a dot, at which no go command looks, but for what tests read.
func copyOf(t *testing.T, from string) moduleCopy {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case strings.HasPrefix(name, ".") && name != ".github" && name != ".tools":
		case entry.IsDir():
			require.NoError(t, os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from, name))))
		default:
			require.NoError(t, create(filepath.Join(to, name), moduleCopy{from}.read(t, name)))
		}
	}
	return moduleCopy{to}
}

func (c moduleCopy) run(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	if arguments[0] == "test" {
		arguments = append([]string{"test", "-timeout", "5m"}, arguments[1:]...) // a suite that hangs is not waited for
	}
	return c.command(t, "go", arguments...)
}

func (c moduleCopy) command(t *testing.T, name string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = c.folder
	command.Env = append(os.Environ(), "GOPROXY=off") // what is needed is there
	out, err := command.CombinedOutput()
	return string(out), err
}

func (c moduleCopy) read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder, file))
	require.NoError(t, err)
	return string(text)
}

func (c moduleCopy) pass(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := c.run(t, arguments...)
	require.NoError(t, err, "go %s\n%s", strings.Join(arguments, " "), out)
	return out
}

func (c moduleCopy) fail(t *testing.T, arguments ...string) string {
	t.Helper()
	out, err := c.run(t, arguments...)
	require.Error(t, err, "go %s passes\n%s", strings.Join(arguments, " "), out)
	return out
}

// assertUntouched checks that no file written by hand has changed but the one line in generate.go.
func (c moduleCopy) assertUntouched(t *testing.T, before map[string]string) {
	t.Helper()
	after := tree(t, c.folder)
	var changed []string
	for name, text := range before {
		if after[name] != text && !strings.HasSuffix(name, ".gen.go") {
			changed = append(changed, name)
		}
	}
	assert.ElementsMatch(t, []string{list, "README.md", "specs/README.md"}, changed, "the last two have what is generated")
}

// fill puts the prepared files in the place of the skeleton's. The generator's settings are right, and so are the tests once
// the credential has its name.
func (c moduleCopy) fill(t *testing.T) {
	t.Helper()
	for _, file := range []string{"specs/acme/openapi.yaml", "specs/acme/page.yaml", "adapters/acme/acme.go", "adapters/acme/mapping.go", "adapters/acme/testdata"} {
		require.NoError(t, os.RemoveAll(filepath.Join(c.folder, file)))
	}
	require.NoError(t, os.CopyFS(c.folder, os.DirFS("testdata/acme")))
	for _, filled := range [][2]string{
		{`ConsentID: "consent-5678"`, `Client: "client-5678"`}, {"consent-5678", "client-5678"}, {"// TODO(acme): ", "// "}, {"// TODO(acme): ", "// "},
	} {
		c.plant(t, "adapters/acme/acme_test.go", filled[0], filled[1])
	}
}

func (c moduleCopy) plant(t *testing.T, file, old, fault string) {
	t.Helper()
	text := c.read(t, file)
	spoilt := strings.Replace(text, old, fault, 1)
	require.NotEqual(t, text, spoilt, "the fault was not planted")
	require.NoError(t, os.WriteFile(filepath.Join(c.folder, file), []byte(spoilt), 0o600))
}
