package specs_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
)

func TestEveryProviderHasADocument(t *testing.T) {
	t.Parallel()
	providers := specs.Providers()
	require.NotEmpty(t, providers)
	require.True(t, slices.IsSorted(providers))
	for _, provider := range providers {
		first, err := specs.Document(provider)
		require.NoError(t, err)
		require.Contains(t, string(first), "openapi: 3.0.3")
		clear(first)
		second, err := specs.Document(provider)
		require.NoError(t, err)
		require.NotEqual(t, first, second, "is a copy")
	}
	for _, provider := range []string{"", "nobody", "../specs", "contract"} {
		_, err := specs.Document(provider)
		require.ErrorContains(t, err, "no document for provider")
	}
}

func TestInfoCanBeReadAgain(t *testing.T) {
	t.Parallel()
	again := func(info specs.Info) {
		text, err := json.Marshal(info)
		require.NoError(t, err)
		var read specs.Info
		require.NoError(t, json.Unmarshal(text, &read))
		require.Equal(t, info, read)
	}
	for _, provider := range specs.Providers() {
		info, _ := specs.Describe(provider)
		again(info)
	}
	limits := []specs.Limit{{4, 24 * time.Hour}, {1, 20 * time.Minute}, {1, 7 * time.Second}, {2, 90*time.Minute + 1}}
	again(specs.Info{Unattended: specs.Access{{Of: []specs.Call{specs.CallBalances}, Per: specs.PerAccount, Limits: limits}}})
	require.Error(t, json.Unmarshal([]byte(`{"calls": "4"}`), new(specs.Limit)))
}
