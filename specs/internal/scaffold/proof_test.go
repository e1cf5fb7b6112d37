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
	c.pass(t, "test", "-skip", "^Test(NothingIsLeftToDo$|Readme)", "./adapters", "./adapters/acme", "./specs")

	c.fill(t)
	c.pass(t, "generate", ".")
	c.pass(t, "vet", "./adapters/acme", "./gen/acme")
	c.pass(t, "test", "./specs", "./specs/contract", "./specs/mapping", "./specs/traffic", "./specs/sandbox",
		"./adapters", "./adapters/acme", "./adapters/cmd/openbalances")

	const mapping = "adapters/acme/mapping.go"
	c.plant(t, mapping, "// toBalances maps", "// TODO(acme): maps")
	todo = c.fail(t, "test", "-run", "^TestNothingIsLeftToDo$", "./adapters")
	assert.Contains(t, todo, mapping+":26: TODO(acme): maps")
	c.plant(t, mapping, "string(api.FundSideCREDIT), string(api.FundSideDEBIT)", "string(api.FundSideDEBIT), string(api.FundSideCREDIT)")
	assert.Contains(t, c.fail(t, "test", "./adapters/acme"), "--- FAIL: TestConformance/examples/overdrawn")
}

// moduleCopy is a copy of the module that a test may change.
type moduleCopy struct{ folder string }

// copyOf leaves out what starts with a dot: no go command looks at it.
func copyOf(t *testing.T, from string) moduleCopy {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case strings.HasPrefix(name, "."):
		case entry.IsDir():
			require.NoError(t, os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from, name))))
		default:
			text, err := os.ReadFile(filepath.Join(from, name))
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(to, name), text, 0o600))
		}
	}
	return moduleCopy{to}
}

func (c moduleCopy) run(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	if arguments[0] == "test" {
		arguments = append([]string{"test", "-timeout", "5m"}, arguments[1:]...) // a suite that hangs is not waited for
	}
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = c.folder
	out, err := command.CombinedOutput()
	return string(out), err
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
	assert.ElementsMatch(t, []string{list, "README.md"}, changed, "README.md has the generated table")
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
	file = filepath.Join(c.folder, file)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	spoilt := strings.Replace(string(text), old, fault, 1)
	require.NotEqual(t, string(text), spoilt, "the fault was not planted")
	require.NoError(t, os.WriteFile(file, []byte(spoilt), 0o600))
}
