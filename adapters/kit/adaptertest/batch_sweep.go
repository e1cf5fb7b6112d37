package adaptertest

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// batchSweep spoils every value of every good answer for several accounts in the ways of sweep. The call fails as a
// whole, or every account that was asked for is there in its place: with its own error, or with the same balances. What
// refuses one account may name no account, so an error may be of any kind.
func (h Harness) batchSweep(t *testing.T) {
	t.Parallel()
	if !batches(t, h.open(t, h.bank(t))) {
		t.Skip("the adapter has no batch call")
	}
	for _, example := range h.Document.Examples() {
		if len(example.Accounts) == 0 || !example.Valid || example.Status != http.StatusOK || expect(t, example.Name).Error != nil {
			continue
		}
		t.Run(example.Name, func(t *testing.T) {
			t.Parallel()
			bank := h.teller(t)
			before, err := bank.batch(t, example.Accounts, example.JSON)
			require.NoError(t, err)
			all, err := values(example.JSON)
			require.NoError(t, err)
			for _, v := range all {
				gone, null := apply(example.JSON, without(example.JSON, v)), apply(example.JSON, edit{v.start, v.end, []byte("null")})
				optional := !h.hasList() && v.member && h.valid(t, example, gone)
				for _, spoilt := range spoiltLists(example.JSON, v) {
					after, err := bank.batch(t, example.Accounts, spoilt)
					if err != nil {
						assert.Empty(t, after)
						assert.ErrorAs(t, err, new(*adapters.Error))
						continue
					}
					mayGo := optional && (bytes.Equal(spoilt, gone) || bytes.Equal(spoilt, null))
					assertBatchUnharmed(t, before, after, mayGo, string(spoilt))
				}
			}
		})
	}
}

// batch is what the adapter makes of a body for several accounts.
func (b *teller) batch(t *testing.T, accounts []string, body []byte) ([]adapters.AccountBalances, error) {
	t.Helper()
	b.body.Store(&body)
	results, err := b.source.BatchBalances(t.Context(), accounts, adapters.Unattended())
	return accountsWithoutRequestID(results), err
}

func assertBatchUnharmed(t *testing.T, before, after []adapters.AccountBalances, mayGo bool, body string) {
	t.Helper()
	require.Len(t, after, len(before), body)
	for i, account := range after {
		assert.Equal(t, before[i].AccountID, account.AccountID, body)
		if account.Err != nil {
			assert.Empty(t, account.Balances, body)
			continue
		}
		if before[i].Err != nil { // an account that is there twice is there once when one of its parts is gone
			assertSound(t, account.Balances)
			continue
		}
		want := before[i].Balances
		if mayGo && len(account.Balances) > 0 && len(account.Balances) < len(want) {
			want = remaining(want, account.Balances)
		}
		assertSame(t, want, account.Balances, body)
	}
}
