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

const cases = 108

func TestCatalogueIsComplete(t *testing.T) {
	t.Parallel()
	all, err := Catalogue()
	require.NoError(t, err)
	for i, c := range all {
		assert.Equal(t, i+1, c.Number, "cases are numbered in the order of the files")
		assert.NotEmpty(t, c.Title, "case %d", c.Number)
		assert.NotEmpty(t, c.Want, "case %d", c.Number)
		assert.True(t, len(c.Bodies) > 0 || checks[c.Number] != nil || len(c.Tests) > 0, "case %d is no test", c.Number)
	}
	assert.Len(t, all, cases)
	for number := range checks {
		assert.True(t, 1 <= number && number <= cases, "check %d has no case", number)
	}
}

func TestCatalogueNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	all, err := Catalogue()
	require.NoError(t, err)
	for _, c := range all {
		for _, name := range c.Tests {
			folder, test := splitTest(name)
			assert.Contains(t, testsIn(t, folder), test, "case %d", c.Number)
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
