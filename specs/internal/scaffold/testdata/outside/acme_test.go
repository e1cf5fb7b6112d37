package acme_test

import (
	"os"
	"testing"

	"acme.example/acme"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/stretchr/testify/require"
)

func TestConformance(t *testing.T) {
	text, err := os.ReadFile("openapi.yaml")
	require.NoError(t, err)
	document, err := contract.Parse("acme", text)
	require.NoError(t, err)
	credentials := acme.Credentials{AccessToken: "token-1234", Client: "client-5678"}
	adaptertest.Run(t, adaptertest.Harness{
		Provider:    "acme",
		Document:    document,
		New:         func(o *adapters.Options) (adapters.Source, error) { return acme.New(credentials, o) },
		Secrets:     []string{"token-1234", "client-5678"},
		Credentials: adaptertest.Tagged(credentials, acme.New),
	})
}
