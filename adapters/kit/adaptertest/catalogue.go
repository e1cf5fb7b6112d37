package adaptertest

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Case is one entry of the catalogue of bad days: a number that never changes, what happens, and what an adapter has
// to make of it. Decision says why the expectation differs from what was first asked for.
type Case struct {
	Number   int        `json:"number"`
	Title    string     `json:"title"`
	Want     string     `json:"want"`
	Decision string     `json:"decision,omitempty"`
	Bodies   []Mutation `json:"bodies,omitempty"` // the case as changed answers; without them a check in Go is the case
	// Tests prove what is no adapter's own doing; each is a package's folder in this module, a dot and a name.
	Tests []string `json:"tests,omitempty"`
}

//go:embed catalogue/*.json
var catalogueFiles embed.FS

// check is a case that data alone cannot describe. It calls t.Skip with the reason where it cannot apply to an adapter.
type check func(t *testing.T, h Harness)

// checks are the cases in Go, by number; each group has its own file.
var checks = merge(bodyChecks, httpChecks, limitChecks, addressChecks, secrecyChecks, signingChecks, quotaChecks)

func merge(groups ...map[int]check) map[int]check {
	all := map[int]check{}
	for _, group := range groups {
		for number, check := range group {
			if all[number] != nil {
				panic(fmt.Sprintf("case %d has two checks", number))
			}
			all[number] = check
		}
	}
	return all
}

// Catalogue returns all cases in the order of their numbers.
func Catalogue() ([]Case, error) {
	files, err := fs.Glob(catalogueFiles, "catalogue/*.json")
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, file := range files {
		text, err := catalogueFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var group []Case
		if err := unmarshalKnown(text, &group); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, group...)
	}
	return all, nil
}

// catalogue runs every case against the adapter, named by its number.
func (h Harness) catalogue(t *testing.T) {
	cases, err := Catalogue()
	require.NoError(t, err)
	for _, c := range cases {
		t.Run(fmt.Sprintf("%03d", c.Number), func(t *testing.T) {
			t.Parallel()
			c.run(t, h)
		})
	}
}

func (c Case) run(t *testing.T, h Harness) {
	applied := false
	for _, body := range c.Bodies {
		if body.applies(t, h) {
			body.run(t, h)
			applied = true
		}
	}
	switch check := checks[c.Number]; {
	case check != nil && applied:
		t.Run("check", func(t *testing.T) { check(t, h) }) // what it skips does not skip the case
	case check != nil:
		check(t, h)
	case !applied && len(c.Tests) > 0:
		t.Skip("see " + strings.Join(c.Tests, ", "))
	case !applied:
		t.Skip("does not apply: the provider's answers have no such place")
	}
}
