package neonomics_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/neonomics"
)

var credentials = neonomics.Credentials{
	AccessToken: "token-1234", SessionID: "session-5678", DeviceID: "device-9012", Scope: "business-accounts", PSUID: "cHN1LTM0NTY=",
}

var harness = adaptertest.Harness{
	Provider:    "neonomics",
	New:         func(options *adapters.Options) (adapters.Source, error) { return neonomics.New(credentials, options) },
	Secrets:     []string{"token-1234", "session-5678", "device-9012", "cHN1LTM0NTY="},
	Credentials: adaptertest.Tagged(credentials, neonomics.New),
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }
