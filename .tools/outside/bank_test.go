package outside_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/berlingroup"
	family "github.com/openbalances/openbalances/adapters/kit/bank"
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
