package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// schema returns the published schema, ready to judge.
func schema(t *testing.T, name string) *jsonschema.Resolved {
	t.Helper()
	got := run(t, "schema", name)
	require.Equal(t, 0, got.exit, got.stderr)
	var read jsonschema.Schema
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &read))
	resolved, err := read.Resolve(nil)
	require.NoError(t, err)
	return resolved
}

func judge(t *testing.T, s *jsonschema.Resolved, text string) error {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	return s.Validate(value)
}

// What commands print as JSON keeps its schema: with every list, and with failures.
func TestOutputsKeepTheirSchemas(t *testing.T) {
	t.Parallel()
	config := strings.Replace(fiveConnections(t), `"provider": "neonomics",`, `"provider": "neonomics", "consentValidUntil": "2020-01-01",`, 1)
	store := filepath.Join(t.TempDir(), "access.json")
	for name, command := range map[string]string{
		"get": "get -json -contract -totals -pick bookedFirst -guard " + store, "accounts": "accounts -json", "check": "check -json -guard " + store,
		"explain": "explain -json -connection shop -account 50044620073", "demo": "demo -json", "providers": "providers -json",
	} {
		words := strings.Fields(command)
		var got outcome
		if name == "demo" || name == "providers" {
			got = run(t, words...)
		} else {
			got = on(t, config, words[0], words[1:]...)
		}
		require.NoError(t, judge(t, schema(t, name), got.stdout), name)
		assert.Error(t, judge(t, schema(t, name), `{}`), "%s: an empty answer lacks its lists", name)
		assert.NoError(t, judge(t, schema(t, name), strings.Replace(got.stdout, "{", `{"later":1,`, 1)), "%s: later versions have more members", name)
		assert.Error(t, judge(t, schema(t, name), regexp.MustCompile(`(?s)^(\{.*?)\[.*`).ReplaceAllString(got.stdout, "${1}null}")), "%s: null is no list", name)
		if name == "get" {
			for _, list := range []string{"balances", "failures", "consents", "left", "totals", "deviations", "reason", "ageSeconds"} {
				assert.Contains(t, got.stdout, `"`+list+`":`, "the schema is tried with all that there is")
			}
		}
	}
}

// What the schema of the configuration says is what the program says, as far as a schema can.
func TestConfigurationKeepsItsSchema(t *testing.T) {
	t.Parallel()
	judged := schema(t, "config")
	five, err := os.ReadFile(filepath.Join("testdata", "five.json"))
	require.NoError(t, err)
	for _, good := range []string{string(five), configtest.Good, strings.Replace(configtest.Good, `{"connections"`, `{"$schema":"openbalances.schema.json","connections"`, 1),
		strings.Replace(oneConnection("http://127.0.0.1:9"), `"accessToken":"t"`, `"clientId":"c","clientSecret":"s"`, 1)} {
		assert.NoError(t, judge(t, judged, good))
		assert.NotEqual(t, 2, on(t, strings.NewReplacer("SERVER", "http://127.0.0.1:9", "SANDBOX", "http://127.0.0.1:9").Replace(good), "get").exit, good)
	}
	for _, name := range []string{
		"unknown provider", "no provider", "unknown key", "unknown key at the top", "key in other case", "wrong type", "wrong type of credential", "no name",
		"no accounts", "missing credential", "empty credential", "unknown credential", "no PSU address", "PSU port", "eika without key",
	} {
		found := false
		for _, fault := range configtest.Faults {
			if fault.Name == name {
				found = true
				assert.Error(t, judge(t, judged, strings.Replace(configtest.Good, fault.Old, fault.New, 1)), name)
			}
		}
		assert.True(t, found, name)
	}
	for _, credentials := range []string{`"sessionId":"s","deviceId":"d"`, `"clientId":"c","sessionId":"s","deviceId":"d"`,
		`"accessToken":"t","clientId":"c","clientSecret":"s","sessionId":"s","deviceId":"d"`} {
		assert.Error(t, judge(t, judged, strings.Replace(oneConnection("http://127.0.0.1:9"), `"accessToken":"t","sessionId":"s","deviceId":"d"`, credentials, 1)), credentials)
	}
}

// Whatever a PSU's request can tell has a place in the configuration.
func TestConfigurationHasThePSUsContext(t *testing.T) {
	t.Parallel()
	var names, facts []string
	for name := range schema(t, "config").Schema().Properties["connections"].Items.Properties["psu"].Properties {
		names = append(names, strings.ToLower(name))
	}
	for i := range reflect.TypeFor[adapters.PSUContext]().NumField() {
		if field := reflect.TypeFor[adapters.PSUContext]().Field(i); !field.Anonymous {
			facts = append(facts, strings.ToLower(field.Name))
		}
	}
	assert.ElementsMatch(t, facts, names)
}
