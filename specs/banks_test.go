package specs_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// bankCode is how a bank is called in banks.yaml.
var bankCode = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// The lists of banks say of every bank which addresses it has, and who says so.
func TestListsOfBanks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*/banks.yaml")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, problem := range bankProblems(text) {
			t.Errorf("specs/%s: %s", file, problem)
		}
	}
}

func bankProblems(text []byte) (all []string) {
	var list struct {
		Sources map[string]string
		Banks   []struct {
			Code, Name, Confidence, Source, Note string
			Addresses                            map[string]string `yaml:",inline"`
		}
	}
	if err := yaml.Unmarshal(text, &list); err != nil {
		return []string{err.Error()}
	}
	known := map[string]bool{}
	for _, bank := range list.Banks {
		report := func(isWrong bool, problem string) {
			if isWrong {
				all = append(all, bank.Code+": "+problem)
			}
		}
		report(!bankCode.MatchString(bank.Code) || known[bank.Code], "its code is no word, or another bank's")
		report(bank.Name == "" || list.Sources[bank.Source] == "", "it has no name, or no source that is listed")
		report(bank.Confidence != "documented" && bank.Confidence != "inferred" && bank.Confidence != "unknown", "no such confidence")
		report(len(bank.Addresses) == 0, "it has no address")
		for version, address := range bank.Addresses {
			parsed, err := url.Parse(address)
			plain := err == nil && parsed.Scheme == "https" && parsed.Host != "" && parsed.User == nil && parsed.RawQuery+parsed.Fragment == ""
			report(!strings.HasPrefix(version, "v") || !plain || strings.HasSuffix(address, "/"), version+" is no version, or its address no base URL")
		}
		known[bank.Code] = true
	}
	return all
}

func TestFaultsInAListOfBanksAreFound(t *testing.T) {
	t.Parallel()
	const good = "sources: {a: A page}\nbanks:\n  - {code: one, name: One, v3.1: 'https://one.example/aisp', confidence: inferred, source: a}\n"
	assert.Empty(t, bankProblems([]byte(good)))
	for old, planted := range map[string]string{
		"code: one": "code: One", "source: a}": "source: b}", "confidence: inferred": "confidence: sure",
		"v3.1: 'https": "v3.1: 'http", "/aisp'": "/aisp/'", "v3.1:": "address:", ", v3.1: 'https://one.example/aisp'": "", "name: One, ": "",
	} {
		assert.Len(t, bankProblems([]byte(strings.Replace(good, old, planted, 1))), 1, planted)
	}
	twice := good + "  - {code: one, name: Two, v4.0: 'https://two.example', confidence: inferred, source: a}\n"
	assert.Len(t, bankProblems([]byte(twice)), 1)
}
