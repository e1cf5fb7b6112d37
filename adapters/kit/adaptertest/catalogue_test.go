package adaptertest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	all, err := entries()
	require.NoError(t, err)
	names := map[string]bool{}
	for _, c := range all {
		assert.Regexp(t, `^[a-z][a-z0-9-]*$`, c.Name)
		assert.False(t, names[c.Name], "two cases are called %s", c.Name)
		assert.NotEmpty(t, c.Title, c.Name)
		assert.NotEmpty(t, c.Want, c.Name)
		assert.True(t, len(c.Bodies) > 0 || checks[c.Name] != nil || len(c.Tests) > 0, "case %s is no test", c.Name)
		names[c.Name] = true
	}
	for name := range checks {
		assert.True(t, names[name], "check %s has no case", name)
	}
}

func TestCatalogueNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	all, err := Catalogue()
	require.NoError(t, err)
	for _, c := range all {
		for _, name := range c.Tests {
			folder, test := splitTest(name)
			assert.Contains(t, testsIn(t, folder), test, c.Name)
		}
	}
}

// splitTest takes the name of a test apart; the folder is relative to this package.
func splitTest(name string) (folder, test string) {
	i := strings.LastIndex(name, ".")
	return filepath.Join("../../..", name[:i]), name[i+1:]
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)

func testsIn(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	require.NoError(t, err)
	names := []string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range testFunction.FindAllStringSubmatch(string(text), -1) {
			names = append(names, match[1])
		}
	}
	return names
}
