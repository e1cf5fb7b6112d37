package main_test

import (
	"crypto"
	"crypto/tls"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/adapters/internal/secrettest"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/require"
)

// A client leads to no credential and no client certificate, whatever prints it. The test stands here because this package
// knows how to open every adapter.
func TestClientsAreSealed(t *testing.T) {
	t.Parallel()
	pair := tlstest.NewAuthority(t).Issue(t, nil)
	for _, name := range specs.Providers() {
		texts, err := openbalances.DemoCredentials(name)
		require.NoError(t, err)
		source, err := openbalances.Opener(name)(&adapters.Options{
			BaseURL:    "https://bank.example",
			HTTPClient: adapters.NewHTTPClient(&tls.Config{Certificates: []tls.Certificate{pair}}),
		})
		require.NoError(t, err)
		secrettest.AssertSealed(t, source, append(texts, secrettest.Key(t, pair.PrivateKey.(crypto.Signer))...)...)
	}
}
