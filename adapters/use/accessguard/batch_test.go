package accessguard_test

import (
	"context"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// batchBank answers a batch account by account, unless all of it fails.
type batchBank struct {
	bank
	whole    error
	failures map[string]error
	short    bool
	last     []string // accounts of the last call
}

func (b *batchBank) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) (
	[]adapters.AccountBalances, error) {
	b.last = ids
	if b.whole != nil {
		return nil, b.whole
	}
	var answers []adapters.AccountBalances
	for _, id := range ids {
		balances, _ := b.Balances(ctx, id, psu)
		answers = append(answers, adapters.AccountBalances{AccountID: id, Balances: balances, Err: b.failures[id]})
	}
	if b.short {
		answers = answers[1:]
	}
	return answers, nil
}

func batchOf(t *testing.T, source adapters.Source, calls int) adapters.BatchSource {
	t.Helper()
	batch, ok := guarded(t, source, accessguard.Memory(), accessguard.Options{Calls: calls}).(adapters.BatchSource)
	require.True(t, ok)
	return batch
}

func ask(t *testing.T, batch adapters.BatchSource, ids ...string) ([]adapters.AccountBalances, error) {
	t.Helper()
	return batch.BatchBalances(t.Context(), ids, adapters.Unattended())
}

func TestGuardIsABatchSourceOnlyIfItsSourceIs(t *testing.T) {
	t.Parallel()
	_, ok := guarded(t, &bank{}, accessguard.Memory(), accessguard.Options{}).(adapters.BatchSource)
	assert.False(t, ok)
}

func TestBatchAsksForTheAccountsThatAreLeft(t *testing.T) {
	t.Parallel()
	source := &batchBank{}
	batch := batchOf(t, source, 1)
	_, err := batch.(adapters.Source).Balances(t.Context(), "b", adapters.Unattended())
	require.NoError(t, err)

	results, err := ask(t, batch, "a", "b", "c")
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "c"}, source.last)
	require.Len(t, results, 3)
	for i, id := range []string{"a", "b", "c"} {
		assert.Equal(t, id, results[i].AccountID)
		assert.Equal(t, id == "b", results[i].Err != nil)
		assert.Equal(t, id != "b", results[i].Balances != nil)
	}
	require.ErrorIs(t, results[1].Err, adapters.ErrRateLimited)

	source.last = []string{"before"}
	results, err = ask(t, batch, "a", "b", "c")
	require.NoError(t, err)
	assert.Equal(t, []string{"before"}, source.last, "nothing is sent")
	for _, result := range results {
		require.ErrorIs(t, result.Err, adapters.ErrRateLimited)
	}

	_, err = batch.BatchBalances(t.Context(), []string{"a", "b"}, user)
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, source.last, "attended")
}

func TestBatchThatFailsAsAWhole(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		source *batchBank
		kind   adapters.Kind
		counts bool
	}{
		"refused by the adapter": {&batchBank{whole: &adapters.Error{Kind: adapters.ErrInvalidArgument}},
			adapters.ErrInvalidArgument, false},
		"refused by the provider": {&batchBank{whole: &adapters.Error{Kind: adapters.ErrForbidden, Status: 403}},
			adapters.ErrForbidden, true},
		"answers for too few": {&batchBank{short: true}, adapters.ErrProtocol, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			batch := batchOf(t, row.source, 2)
			_, err := ask(t, batch, "a", "b")
			require.ErrorIs(t, err, row.kind)
			_, _ = ask(t, batch, "a")

			results, err := ask(t, batch, "a", "b")
			if !row.counts {
				require.ErrorIs(t, err, row.kind)
				return
			}
			require.NoError(t, err)
			require.ErrorIs(t, results[0].Err, adapters.ErrRateLimited)
			require.ErrorIs(t, results[1].Err, row.kind, "nothing is lost")
			assert.Equal(t, []string{"b"}, row.source.last)
		})
	}
}

func TestBatchLearnsForTheRefusedAccount(t *testing.T) {
	t.Parallel()
	source := &batchBank{failures: map[string]error{"a": &adapters.Error{Kind: adapters.ErrRateLimited, Status: 200}}}
	batch := batchOf(t, source, 2)
	_, err := ask(t, batch, "a", "b")
	require.NoError(t, err)
	_, err = ask(t, batch, "a", "b")
	require.NoError(t, err)
	assert.Equal(t, []string{"b"}, source.last)
}

func TestBatchOfAnEndedContextIsGivenBack(t *testing.T) {
	t.Parallel()
	source, store := &batchBank{}, accessguard.Memory()
	ctx, cancel := context.WithCancel(t.Context())
	guard := guarded(t, source, during{store, cancel}, accessguard.Options{Calls: 1})
	_, err := guard.(adapters.BatchSource).BatchBalances(ctx, []string{"a", "b"}, adapters.Unattended())
	require.ErrorIs(t, err, context.Canceled)
	assert.Nil(t, source.last)
	assert.Zero(t, store.Len())
}

func TestBatchOfAnUndeclaredPSUIsRefused(t *testing.T) {
	t.Parallel()
	source := &batchBank{}
	_, err := batchOf(t, source, 1).BatchBalances(t.Context(), []string{"a"}, adapters.PSU{})
	require.ErrorIs(t, err, adapters.ErrInvalidArgument)
	assert.Nil(t, source.last)
}
