package call_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProviderWithoutAnAddress(t *testing.T) {
	t.Parallel()
	family := call.Provider{Name: "family"}
	_, err := call.Open(family, struct{}{}, nil)
	assert.EqualError(t, err, "family: invalid_argument: baseURL: missing; each bank has an address of its own, openbalances providers -banks lists them")
	e, err := call.Open(family, struct{}{}, &adapters.Options{BaseURL: "https://bank.example/aisp"})
	require.NoError(t, err)
	assert.Equal(t, "https://bank.example/aisp/", e.Server())
}
