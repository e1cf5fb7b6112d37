package adaptertest_test

import (
	"os"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/stretchr/testify/require"
)

// TestFake runs the whole suite on the adapter of memory_test.go. It passes, unless TestBroken has planted a fault.
func TestFake(t *testing.T) {
	text, err := os.ReadFile("testdata/openapi.yaml")
	require.NoError(t, err)
	document, err := contract.Parse(examplebank, text)
	require.NoError(t, err)
	fault, given := planted(), credentials{AccessToken: "token-1234", ConsentID: "consent-5678"}
	adaptertest.Run(t, adaptertest.Harness{
		Provider: examplebank,
		Document: document,
		New: func(options *adapters.Options) (adapters.Source, error) {
			return fault.open(given, options)
		},
		Credentials: adaptertest.Tagged(given, fault.open),
		Secrets:     []string{"token-1234", "consent-5678"},
	})
}
