package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/berlingroup"
	"github.com/openbalances/openbalances/adapters/ukob"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBanks(t *testing.T) {
	t.Parallel()
	all, ofFrance := run(t, "providers", "-banks"), run(t, "providers", "-banks", "-country", "FR")
	assert.Equal(t, outcome{0, ofFrance.stdout, ""}, ofFrance)
	for _, want := range []string{"PROVIDER ", " Commerzbank ", "berlingroup  caixabank ", "baseURL consentId accessToken apiKey signingCert signingKey", "ukob ", "v4.0 https://api.natwest.com/",
		"baseURL accessToken cardAccounts ", "baseURL accessToken financialId accounts ", "Wants about 30 seconds between the consent and the first call."} {
		assert.Contains(t, all.stdout, want)
	}
	french := 0
	for _, bank := range slices.Concat(berlingroup.Banks(), ukob.Banks()) {
		if slices.Contains(bank.Countries, "FR") {
			french++
		}
	}
	assert.Equal(t, 1+french, strings.Count(ofFrance.stdout, "\n"), "the header and the banks")
	asJSON := run(t, "providers", "-banks", "-country", "SE", "-json")
	require.NoError(t, judge(t, schema(t, "providers"), asJSON.stdout))
	assert.Contains(t, asJSON.stdout, `"keyQuery": "app-id"`)
	assert.Equal(t, outcome{2, "", "openbalances: -country is for -banks\n"}, run(t, "providers", "-country", "DE"))
	none := run(t, "providers", "-banks", "-country", "XX")
	assert.Equal(t, 2, none.exit)
	assert.Regexp(t, `^openbalances: -country is none of ([A-Z]{2} ){9,}[A-Z]{2}\n$`, none.stderr)
}

// A bank stands in the configuration by its code, and a profile of one's own as JSON or as the path of a file.
func TestBankOfAConnection(t *testing.T) {
	t.Parallel()
	url := serveSandbox(t) + "/berlingroup"
	file := filepath.Join(t.TempDir(), "profile.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"name": "My bank", "lowerCaseIds": true}`), 0o644)) // others may read it
	ask := func(credentials string) outcome {
		config := `{"connections": [{"name": "home", "provider": "berlingroup", "baseURL": "` + url + `",
			"accounts": ["3dc3d5b3-7023-4848-9853-f5400a64e80f"], "psu": {"ipAddress": "203.0.113.7"},
			"credentials": {"accessToken": "t", "consentId": "c", ` + credentials + `}}]}`
		return on(t, config, "get", "-format", "csv")
	}
	for credentials, bank := range map[string]string{
		`"bank": "commerzbank"`: "Commerzbank", `"profile": "file:` + file + `"`: "My bank", `"profile": "{\"name\": \"Your bank\"}"`: "Your bank",
		`"profile": "` + file + `"`: "My bank",
	} {
		got := ask(credentials)
		assert.Zero(t, got.exit, got.stderr)
		assert.NotContains(t, got.stderr, "others can read", "a profile is no secret")
		assert.Contains(t, got.stdout, ","+bank+",")
	}
	for credentials, problem := range map[string]string{
		`"bank": "comerzbank"`:            "credentials.bank: no such bank, did you mean commerzbank?",
		`"profile": "{\"lowercase\": 1}"`: `credentials.profile: no JSON of a profile: "lowercase": not a known name`,
		`"profile": "none.json"`:          "credentials.profile: no such file",
		`"cardAccounts": "yes"`:           "credentials.cardAccounts: neither true nor false",
	} {
		got := ask(credentials)
		assert.Equal(t, 2, got.exit)
		assert.Equal(t, 1, strings.Count(got.stderr, "\n"), got.stderr)
		assert.Contains(t, got.stderr, problem)
	}
}
