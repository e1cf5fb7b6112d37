package contract_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/spectest"
)

// TestCodes compares x-kind with what the adapter is expected to make of every example of an error that has a code.
func TestCodes(t *testing.T) {
	t.Parallel()
	for _, provider := range specs.Providers() {
		doc := spectest.Load(t, provider)
		codes, compared := doc.Codes(), 0
		for _, example := range doc.Examples() {
			text, err := os.ReadFile(filepath.Join("../../adapters", provider, "testdata/examples", example.Name+".json"))
			if err != nil {
				continue
			}
			var want struct {
				Error struct{ Kind, Code string }
			}
			require.NoError(t, json.Unmarshal(text, &want))
			if want.Error.Code == "" {
				continue
			}
			code, documented := codes[want.Error.Code]
			unknown := example.Name == "statusUnknown" // shows a value that is not documented
			assert.True(t, documented || unknown, "%s: %s has no kind", example.Name, want.Error.Code)
			if documented && code.Kind != "by status" {
				assert.Equal(t, want.Error.Kind, code.Kind, "%s/%s: %s", provider, example.Name, want.Error.Code)
				compared++
			}
		}
		assert.Positive(t, compared, provider)
	}
	assert.Equal(t, contract.Code{Kind: "consent_required", Consent: "expired"}, spectest.Load(t, "mypos").Codes()["CONSENT_EXPIRED"])
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	external := http.Header{"Token-External-Error": {"true"}}
	for _, c := range []struct {
		provider string
		status   int
		header   http.Header
		want     string
	}{
		{"neonomics", 520, nil, "provider"}, {"neonomics", 530, nil, "bank"}, {"neonomics", 510, nil, ""},
		{"tokenio", 500, nil, "provider"}, {"tokenio", 500, external, "bank"}, {"tokenio", 504, nil, "bank"},
		{"tokenio", 418, nil, ""},
	} {
		got := spectest.Load(t, c.provider).Origin("getBalances", c.status, c.header)
		assert.Equal(t, c.want, got, "%s %d", c.provider, c.status)
	}
}
