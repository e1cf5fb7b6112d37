package berlingroup_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
)

func FuzzBalances(f *testing.F) { adaptertest.Fuzz(f, harness) }
