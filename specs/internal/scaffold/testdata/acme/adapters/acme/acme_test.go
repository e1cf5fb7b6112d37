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
	Answer: adaptertest.Pointers{
		Account: "/holding", Balances: "/funds",
		Amount: "/funds/0/sum", Currency: "/funds/0/currency", Type: "/funds/0/kind",
	},
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }
