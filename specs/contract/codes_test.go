package contract_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/internal/spectest"
)

// That a kind is the adapter's is what the suite of the adapters compares, example by example.
func TestCodes(t *testing.T) {
	t.Parallel()
	codes := spectest.Load(t, "mypos").Codes()
	assert.Equal(t, specs.Code{Kind: "consent_required", Consent: "expired", List: "TPPMessage.code"}, codes["CONSENT_EXPIRED"])
	assert.Equal(t, specs.Code{Kind: "rate_limited", List: "TPPMessage.code"}, codes["ACCESS_EXCEEDED"])
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
