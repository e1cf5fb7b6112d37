package adapters_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allowedLists are the files written by hand that may list all providers.
var allowedLists = map[string]string{
	"generate.go": "what generates a client cannot be generated with it; make new adds the line",
}

// listSpan is how many lines a list of all providers takes at most; names further apart are examples.
const listSpan = 12

func TestNoListOfProvidersIsKeptByHand(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, file := range handWritten(t) {
		text, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		if line, ok := findList(text); ok {
			found[file] = true
			if allowedLists[file] == "" {
				t.Errorf("%s:%d lists all providers; cure: derive it from specs.Providers or have lineup write it", file, line)
			}
		}
	}
	for file := range allowedLists {
		assert.True(t, found[file], "%s lists nothing any more; cure: take it out of allowedLists", file)
	}
}

func TestListsAreFound(t *testing.T) {
	t.Parallel()
	names := specs.Providers()
	for text, want := range map[string]bool{
		strings.Join(names, " "):                                true,
		"x\n" + strings.Join(names, `", `+"\n"+`"`):             true,
		strings.ToUpper(strings.Join(names, "/")):               true,
		strings.Join(names[1:], " "):                            false,
		strings.Join(names, strings.Repeat("\n", listSpan)):     false,
		strings.Join(names, "x "):                               false,
		names[0] + strings.Repeat("\n", 40) + fmt.Sprint(names): true,
	} {
		_, found := findList([]byte(text))
		assert.Equal(t, want, found, "%q", text)
	}
}

// findList returns the line at which a list of all providers begins.
func findList(text []byte) (line int, found bool) {
	if !namesAll(text) {
		return 0, false
	}
	lines := bytes.Split(text, []byte("\n"))
	for i := range lines {
		span := bytes.Join(lines[i:min(i+listSpan, len(lines))], []byte("\n"))
		if namesAll(span) {
			return i + 1, true
		}
	}
	return 0, false
}

func namesAll(text []byte) bool {
	return !slices.ContainsFunc(specs.Providers(), func(name string) bool {
		return !regexp.MustCompile(`(?i)\b` + name + `\b`).Match(text)
	})
}

// handWritten are the files outside of the providers' own folders that are neither generated nor data of a test. The
// READMEs are prose about the providers, or generated.
func handWritten(t *testing.T) (files []string) {
	t.Helper()
	skipped := append([]string{".git", ".bin", "node_modules", "testdata"}, specs.Providers()...)
	require.NoError(t, filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(skipped, entry.Name()):
			return filepath.SkipDir
		case entry.Type().IsRegular() && entry.Name() != "README.md" && !strings.HasSuffix(entry.Name(), ".gen.go"):
			name, err := filepath.Rel("..", file)
			files = append(files, filepath.ToSlash(name))
			return err
		}
		return nil
	}))
	return files
}
