package outside_test

import (
	"net/netip"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/berlingroup"
	family "github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/xs2a"
	"github.com/openbalances/openbalances/gen/mypos"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A bank that is not built in is a profile of the program's own.
func TestOwnBank(t *testing.T) {
	t.Parallel()
	server := bank()
	t.Cleanup(server.Close)
	own := &family.Profile{Name: "My bank", Quirks: family.Quirks{Token: "none", LowerCaseIDs: true}}
	client, err := berlingroup.New(berlingroup.Credentials{ConsentID: "consent", Profile: own}, &adapters.Options{BaseURL: server.URL + "/berlingroup"})
	require.NoError(t, err)
	accounts, err := client.Accounts(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	assert.Equal(t, "My bank", accounts[0].Bank)
}

// An adapter of one's own for a bank that follows Berlin Group's framework need not repeat what that says.
func TestFramework(t *testing.T) {
	t.Parallel()
	refused := call.Answer{Status: 401, Body: []byte(`{"tppMessages": [{"category": "ERROR", "code": "CONSENT_EXPIRED"}]}`)}
	assert.Equal(t, adapters.ErrConsentExpired, refused.Refusal(xs2a.Form).Consent)
	params, blocked := &mypos.GetBalancesParams{}, "blocked"
	xs2a.Forward(params, adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7")}))
	assert.Equal(t, "203.0.113.7", *params.PSUIPAddress)
	assert.Equal(t, adapters.AccountStateBlocked, xs2a.State(&blocked))
	assert.Equal(t, []string{adapters.WarningAccountCurrency}, xs2a.OtherCurrency(new("EUR"), "NOK"))
}
