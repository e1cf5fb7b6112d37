package adapters_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/openbalances/openbalances"

func folders(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	names := []string{}
	for _, file := range files {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	return names
}

func TestTheThreeFoldersHoldTheSameNames(t *testing.T) {
	t.Parallel()
	providers := specs.Providers()
	assert.Equal(t, providers, folders(t, "../gen/*/client.gen.go"))
	assert.Equal(t, providers, folders(t, "*/mapping.go"))
	for _, name := range providers {
		for _, file := range []string{name + ".go", name + "_test.go", "fuzz_test.go"} {
			assert.FileExists(t, filepath.Join(name, file))
		}
		assert.FileExists(t, filepath.Join("../specs", name, "oapi-codegen.yaml"))
	}
}

func TestGenerateNamesEveryProviderOnceInOrder(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../generate.go")
	require.NoError(t, err)
	named := []string{}
	for _, line := range regexp.MustCompile(`(?m)^//go:generate .* -config specs/(\w+)/oapi-codegen.yaml specs/(\w+)/openapi.yaml$`).FindAllStringSubmatch(string(text), -1) {
		assert.Equal(t, line[1], line[2])
		named = append(named, line[1])
	}
	assert.Equal(t, specs.Providers(), named)
}

func TestNoFloatInGeneratedCode(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../gen/*/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotRegexp(t, `\bfloat(32|64)\b`, string(text), "%s; cure: map the type in specs/*/oapi-codegen.yaml", file)
	}
}

func TestOnlyGeneratedFilesInGen(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../gen/*/*")
	require.NoError(t, err)
	for _, file := range files {
		assert.Contains(t, []string{"client.gen.go", "doc.gen.go"}, filepath.Base(file), file)
	}
}

// What an importer pulls in besides the standard library, the client's own package and package adapters' own.
var (
	clientModules  = []string{"github.com/apapsch/go-jsonmerge/v2", "github.com/google/uuid", "github.com/oapi-codegen/runtime", "github.com/shopspring/decimal"}
	adapterModules = append([]string{"github.com/go-json-experiment/json"}, clientModules...)
)

func TestImportersPullInLittle(t *testing.T) {
	t.Parallel()
	for _, name := range specs.Providers() {
		modules, own := dependencies(t, "gen/"+name)
		assert.Equal(t, clientModules, modules, "gen/%s", name)
		assert.Equal(t, []string{"gen/" + name}, own)
		modules, own = dependencies(t, "adapters/"+name)
		assert.ElementsMatch(t, adapterModules, modules, "adapters/%s", name)
		for _, other := range own {
			foreign := strings.HasPrefix(other, "specs") || slices.Contains(specs.Providers(), filepath.Base(other)) && filepath.Base(other) != name
			assert.False(t, foreign, "adapters/%s imports %s", name, other)
		}
	}
}

// dependencies returns the modules and this module's packages that a package links.
func dependencies(t *testing.T, folder string) (modules, own []string) {
	t.Helper()
	const form = `{{if not .Standard}}{{.Module.Path}} {{.ImportPath}}{{end}}`
	text, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", form, module+"/"+folder).Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		path, imported, _ := strings.Cut(strings.TrimSpace(line), " ")
		if path == module {
			own = append(own, strings.TrimPrefix(imported, module+"/"))
		} else {
			modules = append(modules, path)
		}
	}
	slices.Sort(modules)
	return slices.Compact(modules), own
}
