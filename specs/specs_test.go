package specs_test

import (
	"slices"
	"testing"

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
