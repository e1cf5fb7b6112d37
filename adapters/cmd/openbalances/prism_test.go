package main_test

import (
	"testing"

	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/adapters/internal/prismtest"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/stretchr/testify/require"
)

// The test stands here because this package knows how to open every adapter.
func TestPrismAndTheSandboxMeanTheSame(t *testing.T) {
	t.Parallel()
	script := prismtest.Script(t)
	for _, name := range specs.Providers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			document, err := contract.Load(name)
			require.NoError(t, err)
			prismtest.Run(t, script, document, openbalances.Opener(name))
		})
	}
}
