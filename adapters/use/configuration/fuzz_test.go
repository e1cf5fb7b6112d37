package configuration_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const secret = configtest.Secret

var (
	// place is how every line about a configuration begins, or what it says about the document as a whole.
	place = regexp.MustCompile(`^(connections\b|"|(wrong JSON type|not valid JSON|JSON ends too early|` +
		`nested too deeply|more elements than an answer can have|two names differ in case only)( \(line \d+, column \d+\))?$)`)
	// public finds the secret where texts are shown by design: names, those of connections and variables too. Every text
	// that is not the first thing behind a colon or bracket may be a name, and a backslash may hide anything.
	public = regexp.MustCompile(`(^|[^:\[\s])\s*"[^"]*` + secret + `|"name"\s*:\s*"[^"]*` + secret +
		`|env:\w*` + secret + `\w*"|\\`)
)

// FuzzConfiguration reads a configuration without using it.
func FuzzConfiguration(f *testing.F) {
	folder := configtest.Folder(f, nil) // one for each process, which makes one call at a time
	config := strings.NewReplacer("SERVER", "http://127.0.0.1:9", "account-S3CR3T-2", "account-2").Replace(configtest.Good)
	f.Add(config)
	for _, fault := range configtest.Faults {
		f.Add(strings.Replace(config, fault.Old, fault.New, 1))
	}
	file := filepath.Join(folder, "config.json")
	f.Fuzz(func(t *testing.T, config string) {
		require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
		_, err := open(file)
		if err == nil {
			return
		}
		for _, line := range problems(t, err) {
			assert.Regexp(t, place, line)
		}
		assert.False(t, strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }), "%q", err)
		if !public.MatchString(config) {
			assert.NotContains(t, err.Error(), secret)
		}
	})
}
