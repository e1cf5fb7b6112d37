package specs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs/internal/banks"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The lists of banks say of every bank where it is and how it differs, and who says so.
func TestListsOfBanks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*/banks.yaml")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, problems := banks.Read(text)
		for _, problem := range problems {
			t.Errorf("specs/%s: %s", file, problem)
		}
	}
}

func TestFaultsInAListOfBanksAreFound(t *testing.T) {
	t.Parallel()
	const good = "sources: {a: A page}\nbanks:\n  - {code: one, name: One, countries: [DE], addresses: {v3.1: 'https://one.example/aisp'}, confidence: inferred, source: a}\n"
	all, problems := banks.Read([]byte(good))
	require.Empty(t, problems)
	assert.Equal(t, "A page", all[0].Source)
	for old, planted := range map[string]string{
		"code: one": "code: One", ", source: a}": ", source: b}", "confidence: inferred": "confidence: sure",
		"v3.1: 'https": "v3.1: 'http", "/aisp'": "/aisp/'", "v3.1:": "main:", ", addresses: {v3.1: 'https://one.example/aisp'}": "",
		"name: One, ": "", "[DE]": "[Germany]", ", countries: [DE]": "", "code: one,": "code: one, quirk: true,", "source: a}": "source: a, zone: Mars}",
		"name: One,": "name: One, token: maybe,", "countries:": "cardDebts: {x: odd}, countries:", "addresses:": "types: {x: y}, addresses:",
		"confidence:": "signature: {algorithm: x}, confidence:", "inferred,": "inferred, headers: {X Y: z},", ", source": ", tokenHeader: 'a b', source",
		"{code: one": "{keyHeader: 'a b', code: one", "code:": "requestIdHeader: 'a:b', code:", "DE]": "DE], signature: {covered: [Digest]}",
	} {
		_, problems := banks.Read([]byte(strings.Replace(good, old, planted, 1)))
		assert.Len(t, problems, 1, planted)
	}
	_, problems = banks.Read([]byte(good + "  - {code: one, name: Two, countries: [DE], note: x, confidence: inferred, source: a}\n"))
	assert.Len(t, problems, 1)
}
