package adapters_test

import (
	"context"
	"net/netip"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/secrettest"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/adapters/onesingleview"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/stretchr/testify/require"
)

// The suite does the same with the client and the credentials of every adapter.
func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-text"
	hidden := append(secrettest.Spellings([]byte(secret)), "203.0.113.77")
	user := adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.77"), DeviceID: secret, GeoLocation: secret}
	for _, value := range []any{
		adapters.Secret(secret), user, mypos.Credentials{AccessToken: secret, APIKey: secret, ConsentID: secret},
		neonomics.TokenCredentials{ClientID: secret, ClientSecret: secret},
		onesingleview.TokenCredentials{ClientID: secret, ClientCode: secret, SignatureKey: secret, MerchantID: secret},
	} {
		secrettest.AssertHides(t, value, hidden...)
	}
	client, err := mypos.New(mypos.Credentials{AccessToken: secret, APIKey: secret, ConsentID: secret}, nil)
	require.NoError(t, err)
	guard, err := accessguard.New(client, secret, accessguard.Memory(), nil)
	require.NoError(t, err)
	tokens, err := neonomics.NewTokenSource(neonomics.TokenCredentials{ClientID: secret, ClientSecret: secret, Realm: "sandbox"}, nil)
	require.NoError(t, err)
	for _, value := range []any{
		adapters.Attended(user), guard, tokens, adapters.TokenSource(func(context.Context) (string, error) { return secret, nil }),
		collect.Connection{Source: guard, PSU: adapters.Attended(user)},
	} {
		secrettest.AssertSealed(t, value, hidden...)
	}
}
