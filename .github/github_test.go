// Package github_test checks what the files beside it say about the rest of the repository. It is run by make lint.
package github_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var shownBy = regexp.MustCompile("`(catalogue|[a-z/]+)[./]([a-z-]+|Test\\w+)`")

// Every promise of the threat model names a test, and every test that it names exists.
func TestThreatsNameTestsThatExist(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("THREATS.md")
	require.NoError(t, err)
	cases, err := adaptertest.Catalogue()
	require.NoError(t, err)
	named := func(line string) (tests int) {
		for _, match := range shownBy.FindAllStringSubmatch(line, -1) {
			folder, name := match[1], match[2]
			switch {
			case folder == "catalogue":
				tests++
				assert.True(t, slices.ContainsFunc(cases, func(c adaptertest.Case) bool { return c.Name == name }), match[0])
			case strings.HasPrefix(name, "Test"):
				tests++
				assert.Contains(t, sources(t, filepath.Join("..", folder, "*_test.go")), "\nfunc "+name+"(t *testing.T) {", match[0])
			}
		}
		return tests
	}
	_, promised, _ := strings.Cut(string(text), "|---|---|---|---|\n")
	promised, rest, _ := strings.Cut(promised, "\n\n")
	require.NotEmpty(t, promised)
	for row := range strings.Lines(promised) {
		assert.Positive(t, named(row), "a promise that no test shows: %s", row)
	}
	assert.Positive(t, named(rest))
}

func sources(t *testing.T, pattern string) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}

// Dependabot looks into every folder that has a go.mod or a package.json of its own.
func TestDependabotKnowsEveryModule(t *testing.T) {
	t.Parallel()
	want := map[string][]string{"go.mod": nil, "package.json": nil}
	require.NoError(t, filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", ".bin", "node_modules", "testdata"}, entry.Name()) {
			return fs.SkipDir
		}
		if _, known := want[entry.Name()]; known {
			folder := path.Join("/", strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), ".."))
			want[entry.Name()] = append(want[entry.Name()], folder)
		}
		return nil
	}))
	text, err := os.ReadFile("dependabot.yml")
	require.NoError(t, err)
	var settings struct {
		Updates []struct {
			Ecosystem   string   `yaml:"package-ecosystem"`
			Directories []string `yaml:"directories"`
		} `yaml:"updates"`
	}
	require.NoError(t, yaml.Unmarshal(text, &settings))
	got := map[string][]string{}
	for _, update := range settings.Updates {
		got[update.Ecosystem] = update.Directories
	}
	assert.ElementsMatch(t, want["go.mod"], got["gomod"])
	assert.ElementsMatch(t, want["package.json"], got["npm"])
}

// What the newest section of the changelog says of documents is so now.
func TestChangelogNamesTheVersionsOfDocuments(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("CHANGELOG.md")
	require.NoError(t, err)
	_, newest, _ := strings.Cut(string(text), "### Documents\n")
	newest, _, _ = strings.Cut(newest, "\n#")
	named := regexp.MustCompile(`\b([a-z]+) (\d+\.\d+\.\d+)\b`).FindAllStringSubmatch(newest, -1)
	require.NotEmpty(t, named)
	for _, match := range named {
		info, known := specs.Describe(match[1])
		assert.True(t, known, match[1])
		assert.Equal(t, info.Version, match[2], match[1])
	}
}

// A form that GitHub cannot read is not offered to anybody.
func TestIssueForms(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("ISSUE_TEMPLATE/*_*.yml")
	require.NoError(t, err)
	require.Len(t, files, 3)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var form struct {
			Name, Description, Title string
			Labels                   []string
			Body                     []struct {
				Type, ID   string
				Attributes struct {
					Label, Description, Placeholder, Render, Value string
					Options                                        []any
				}
				Validations struct{ Required bool }
			}
		}
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		require.NoError(t, decoder.Decode(&form), file)
		assert.NotContains(t, []string{form.Name, form.Description}, "", file)
		ids := map[string]bool{}
		for _, part := range form.Body {
			switch part.Type {
			case "markdown":
				assert.NotEmpty(t, part.Attributes.Value, file)
				continue
			case "dropdown", "checkboxes":
				assert.NotEmpty(t, part.Attributes.Options, file)
			default:
				assert.Contains(t, []string{"input", "textarea"}, part.Type, file)
			}
			assert.NotEmpty(t, part.Attributes.Label, file)
			assert.False(t, part.ID == "" || ids[part.ID], "%s: two parts with the id %q, or none", file, part.ID)
			ids[part.ID] = true
		}
	}
}

// The workflow runs .ci/run, with the Go version of go.mod, and elsewhere also with the next one that the Makefile names.
func TestWorkflowHasTheVersionsOfGo(t *testing.T) {
	t.Parallel()
	minor := func(file, pattern string) string {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		match := regexp.MustCompile(pattern).FindSubmatch(text)
		require.NotNil(t, match, file)
		return string(match[1]) + ".x"
	}
	first, next := minor("../go.mod", `(?m)^go (\d+\.\d+)`), minor("../Makefile", `(?m)^NEXT = go(\d+\.\d+)`)
	text, err := os.ReadFile("workflows/check.yml")
	require.NoError(t, err)
	assert.Contains(t, string(text), "- run: .ci/run\n")
	assert.Contains(t, string(text), "go: ["+first+", "+next+"]\n")
	for _, match := range regexp.MustCompile(`go-version: (\d.*?)(?: #.*)?\n`).FindAllStringSubmatch(string(text), -1) {
		assert.Equal(t, first, match[1])
	}
}

// Targets of make and files that a page for readers names are there.
func TestPagesLeadToWhatIsThere(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("*.md")
	require.NoError(t, err)
	makefile, err := os.ReadFile("../Makefile")
	require.NoError(t, err)
	for _, file := range append(pages, "../README.md", "../specs/README.md") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, target := range regexp.MustCompile("`make ([a-z-]+)").FindAllSubmatch(text, -1) {
			assert.True(t, bytes.Contains(makefile, []byte("\n"+string(target[1])+":")), "%s: %s", file, target[0])
		}
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllSubmatch(text, -1) {
			_, err := os.Stat(filepath.Join(filepath.Dir(file), string(link[1])))
			assert.NoError(t, err, "%s: %s", file, link[0])
		}
	}
}

// Pages that a comment names are there, by the end of their way.
func TestCommentsLeadToPagesThatAreThere(t *testing.T) {
	t.Parallel()
	tracked := func(patterns ...string) string {
		out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", "..", "ls-files"}, patterns...)...).Output()
		require.NoError(t, err)
		return "\n" + string(out)
	}
	pages, named := strings.ReplaceAll(tracked("*.md"), "\n", "\n/"), 0
	for file := range strings.FieldsSeq(tracked("*.go", ":!*_test.go", ":!gen")) {
		text, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		for _, match := range regexp.MustCompile(`(?m)^\s*// .*?([\w./-]+\.md)\b`).FindAllSubmatch(text, -1) {
			named++
			assert.True(t, strings.Contains(pages, "/"+string(match[1])+"\n"), "%s: %s", file, match[1])
		}
	}
	assert.Positive(t, named)
}

func TestEveryDirectDependencyHasAReason(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("CONTRIBUTING.md")
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{if not (or .Indirect .Main)}}{{.Path}}{{end}}", "all").Output()
	require.NoError(t, err)
	for path := range strings.FieldsSeq(string(out)) {
		name := strings.TrimSuffix(strings.TrimPrefix(path, "github.com/"), "/v2")
		assert.True(t, strings.Contains(string(table), name) || path == "go.yaml.in/yaml/v3", "no row for %s", path)
	}
}
