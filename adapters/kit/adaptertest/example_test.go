package adaptertest_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/neonomics"
)

// The test of an adapter whose document is in package specs; TestFake is one of an adapter outside this module.
func ExampleRun() {
	credentials := neonomics.Credentials{AccessToken: "token-1234", SessionID: "session-5678", DeviceID: "device-9012"}
	_ = func(t *testing.T) { // TestConformance
		adaptertest.Run(t, adaptertest.Harness{
			Provider:    "neonomics",
			New:         func(options *adapters.Options) (adapters.Source, error) { return neonomics.New(credentials, options) },
			Secrets:     []string{"token-1234", "session-5678", "device-9012"},
			Credentials: adaptertest.Tagged(credentials, neonomics.New),
		})
	}
}
