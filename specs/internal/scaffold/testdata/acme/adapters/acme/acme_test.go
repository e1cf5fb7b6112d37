package acme_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/acme"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
)

var credentials = acme.Credentials{AccessToken: "token-1234", Client: "client-5678"}

var harness = adaptertest.Harness{
	Provider:    "acme",
	New:         func(options *adapters.Options) (adapters.Source, error) { return acme.New(credentials, options) },
	Secrets:     []string{"token-1234", "client-5678"},
	Credentials: adaptertest.Tagged(credentials, acme.New),
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }
