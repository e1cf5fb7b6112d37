package tokenio_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/tokenio"
)

var credentials = tokenio.Credentials{OnBehalfOf: "ta:granted-1234", AccessToken: "token-5678"}

var harness = adaptertest.Harness{
	Provider:    "tokenio",
	New:         func(options *adapters.Options) (adapters.Source, error) { return tokenio.New(credentials, options) },
	Secrets:     []string{"ta:granted-1234", "token-5678"},
	Credentials: adaptertest.Tagged(credentials, tokenio.New),
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }
