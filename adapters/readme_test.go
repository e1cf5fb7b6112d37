package adapters_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documentedAddress is where the README's sandbox listens; the tests use a free port instead.
const documentedAddress = "http://127.0.0.1:9000"

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	return string(text)
}

// blocks returns the README's code blocks in a language, with the sandbox's real address.
func blocks(t *testing.T, language string) []string {
	t.Helper()
	handler, err := sandbox.New()
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	found := []string{}
	for _, match := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(readme(t), -1) {
		assert.Contains(t, []string{"go", "json", "sh"}, match[1], "a block that no test runs")
		if match[1] == language {
			found = append(found, strings.ReplaceAll(match[2], documentedAddress, server.URL))
		}
	}
	return found
}

// run starts the go command at the root of the module.
func run(ctx context.Context, t *testing.T, arguments ...string) (stdout string, err error) {
	t.Helper()
	command := exec.CommandContext(ctx, "go", arguments...)
	command.Dir = ".."
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%w: %s", err, problems.String())
	}
	return out.String(), nil
}

func TestReadmeProgramsRun(t *testing.T) {
	t.Parallel()
	programs := blocks(t, "go")
	want := []string{`"amount":"12009.1000","currency":"USD"`, "AVLB 42850.00 NOK", "call 5 has to wait until"}
	require.Len(t, programs, len(want))
	assert.LessOrEqual(t, strings.Count(programs[0], "\n"), 20, "the first program stays short")
	for i, program := range programs {
		file := filepath.Join(t.TempDir(), "main.go")
		require.NoError(t, os.WriteFile(file, []byte(program), 0o600))
		out, err := run(t.Context(), t, "run", file)
		require.NoError(t, err)
		assert.Contains(t, out, want[i])
	}
}

func TestReadmeConfigurationWorks(t *testing.T) {
	t.Parallel()
	for _, configuration := range blocks(t, "json") {
		file := filepath.Join(t.TempDir(), "config.json")
		require.NoError(t, os.WriteFile(file, []byte(configuration), 0o600))
		out, err := run(t.Context(), t, "run", "./adapters/cmd/openbalances", "get", "-config", file, "-json")
		require.NoError(t, err)
		assert.Contains(t, out, `"amount": "4.200"`)
	}
}

// Every line runs on the configuration as it is written there.
func TestReadmeCommandLinesRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "connections.json")
	require.NoError(t, os.WriteFile(file, []byte(blocks(t, "json")[0]), 0o600))
	_, err := run(t.Context(), t, "build", "-o", folder+"/", "./adapters/cmd/openbalances")
	require.NoError(t, err)
	lines := regexp.MustCompile(`(?m)^\.bin/openbalances (.*?)(?: +#.*)?$`).FindAllStringSubmatch(readme(t), -1)
	require.NotEmpty(t, lines)
	for _, line := range lines {
		arguments := strings.Fields(strings.ReplaceAll(line[1], "connections.json", file))
		out, err := exec.CommandContext(t.Context(), filepath.Join(folder, "openbalances"), arguments...).CombinedOutput()
		assert.NoError(t, err, "%s: %s", line[0], out)
	}
}

func TestReadmeCommandsAreTargets(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	targets := regexp.MustCompile("make ([a-z-]+)").FindAllStringSubmatch(readme(t), -1)
	require.NotEmpty(t, targets)
	for _, target := range targets {
		assert.Contains(t, string(makefile), "\n"+target[1]+":", target[0])
	}
}

func TestReadmeTableAgreesWithTheDocuments(t *testing.T) {
	t.Parallel()
	for _, name := range specs.Providers() {
		row := regexp.MustCompile(`(?m)^\| \[` + name + `\].*$`).FindString(readme(t))
		require.NotEmpty(t, row, "no row for %s", name)
		info, _ := specs.Describe(name)
		for _, operation := range info.Operations {
			assert.Contains(t, row, "`"+operation+"`")
		}
		assert.Contains(t, row, info.Version+", read "+info.Read)
	}
}

func TestReadmeNamesEveryDirectDependency(t *testing.T) {
	t.Parallel()
	out, err := run(t.Context(), t, "list", "-m", "-f", "{{if not (or .Indirect .Main)}}{{.Path}}{{end}}", "all")
	require.NoError(t, err)
	for path := range strings.FieldsSeq(out) {
		name := strings.TrimSuffix(strings.TrimPrefix(path, "github.com/"), "/v2")
		assert.True(t, strings.Contains(readme(t), name) || path == "go.yaml.in/yaml/v3", "no row for %s", path)
	}
}
