package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// root is the root of the module, seen from here.
const root = "../../.."

func TestNamesThatFit(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"acme", "a1", "bank24", "zz", strings.Repeat("a", maxName)} {
		assert.NoError(t, checkName(root, name), name)
	}
}

func TestNamesThatDoNotFit(t *testing.T) {
	t.Parallel()
	for problem, names := range map[string][]string{
		"not lower-case letters and digits": {
			"", "Acme", "aCME", "1acme", "ac-me", "ac_me", "ac me", "a/b", `a\b`, "..", ".", "a.b", "acmé", "acme\n", "-acme",
		},
		"longer than 24 letters":            {strings.Repeat("a", maxName+1)},
		"Go has another use":                {"func", "type", "string", "nil", "init", "testdata", "vendor", "com1"},
		"a package of the standard library": {"time", "context", "net", "os", "log"},
		"uses the name for something else":  {"credentials", "options", "api", "call", "provider", "t"},
	} {
		for _, name := range names {
			err := checkName(root, name)
			require.ErrorContains(t, err, problem, "%q", name)
			assert.Contains(t, err.Error(), "; cure: ")
			assert.NotContains(t, err.Error(), "\n")
		}
	}
}

// Whatever stands beside the providers has its name for itself, as they have.
func TestNamesThatAreTaken(t *testing.T) {
	t.Parallel()
	taken := specs.Providers()
	for _, folder := range providerFolders {
		entries, err := os.ReadDir(filepath.Join(root, folder))
		require.NoError(t, err)
		for _, entry := range entries {
			if entry.IsDir() {
				taken = append(taken, entry.Name())
			}
		}
	}
	for _, name := range []string{"contract", "sandbox", "internal", "cmd", "kit", "use"} {
		require.Contains(t, taken, name)
	}
	for _, name := range taken {
		if namePattern.MatchString(name) && !special.MatchString(name) {
			assert.ErrorContains(t, checkName(root, name), "/"+name+" is there; cure: ", name)
		}
	}
}

func TestNameOutsideOfTheModule(t *testing.T) {
	t.Parallel()
	assert.ErrorContains(t, checkName(t.TempDir(), "acme"), "cure: run it at the root of the module")
}
