package accessguard_test

import (
	"context"
	"slices"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/storetest"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// batchBank answers a batch account by account and backwards, unless all of it fails. It lists accounts a and b.
type batchBank struct {
	bank
	whole    error
	failures map[string]error
	short    bool
	last     []string // accounts of the last batch
	lists    int
}

func (b *batchBank) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) (
	[]adapters.AccountBalances, error) {
	b.last = ids
	if b.whole != nil {
		return nil, b.whole
	}
	var answers []adapters.AccountBalances
	for _, id := range slices.Backward(ids) {
		balances, _ := b.Balances(ctx, id, psu)
		answers = append(answers, adapters.AccountBalances{AccountID: id, Balances: balances, Err: b.failures[id]})
	}
	if b.short {
		answers = answers[1:]
	}
	return answers, nil
}

func (b *batchBank) Accounts(context.Context, adapters.PSU) ([]adapters.Account, error) {
	b.lists++
	return []adapters.Account{{ID: "a"}, {ID: "b"}}, b.whole
}

func (b *batchBank) AllBalances(context.Context, adapters.PSU) ([]adapters.AccountBalances, error) {
	b.lists++
	return []adapters.AccountBalances{{AccountID: "a"}, {AccountID: "b"}}, b.whole
}

func batchOf(t *testing.T, source adapters.Source, calls int) *accessguard.Guard {
	t.Helper()
	return guarded(t, source, accessguard.Memory(), accessguard.Options{Access: allow(calls)})
}

func ask(t *testing.T, source adapters.Source, ids ...string) ([]adapters.AccountBalances, error) {
	t.Helper()
	return source.BatchBalances(t.Context(), ids, adapters.Unattended())
}

func TestBatchAsksForTheAccountsThatAreLeft(t *testing.T) {
	t.Parallel()
	source := &batchBank{}
	batch := batchOf(t, source, 1)
	_, err := batch.Balances(t.Context(), "b", adapters.Unattended())
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
	guard := guarded(t, source, during{store, cancel}, accessguard.Options{Access: allow(1)})
	_, err := guard.BatchBalances(ctx, []string{"a", "b"}, adapters.Unattended())
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

// list makes one unattended list call, of each kind in turn.
func list(t *testing.T, guard *accessguard.Guard, number int) (err error) {
	if number%2 == 0 {
		_, err = guard.Accounts(t.Context(), adapters.Unattended())
	} else {
		_, err = guard.AllBalances(t.Context(), adapters.Unattended())
	}
	return err
}

// What lists count as is what the documents say.
func TestListsCountAsTheDocumentSays(t *testing.T) {
	t.Parallel()
	for provider, ofAccount := range map[string]int{"eika": 4, "mypos": 4, "tokenio": 4, "neonomics": 0} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			source := &batchBank{bank: bank{Bank: storetest.Bank{Base: adapters.Base(provider)}}}
			guard := guarded(t, source, accessguard.Memory(), accessguard.Options{})
			for i := range 4 {
				require.NoError(t, list(t, guard, i))
			}
			for i := range 2 {
				err := list(t, guard, i)
				require.ErrorIs(t, err, adapters.ErrRateLimited)
				require.ErrorContains(t, err, []string{"list accounts", "list balances"}[i])
			}
			assert.Equal(t, 4, source.lists, "the fifth is refused unsent")
			for _, id := range []string{"a", "b"} {
				left, err := guard.Left(t.Context(), id)
				require.NoError(t, err)
				assert.Equal(t, ofAccount, left.Calls)
			}
			left, err := guard.Left(t.Context(), "not listed")
			require.NoError(t, err)
			assert.Equal(t, 4, left.Calls)
		})
	}
}

func TestListsWithoutLimitLearnToo(t *testing.T) {
	t.Parallel()
	source := &batchBank{bank: bank{Bank: storetest.Bank{Base: "onesingleview"}}}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{})
	for i := range 12 {
		require.NoError(t, list(t, guard, i))
		require.NoError(t, call(t, guard))
	}
	left, err := guard.ListsLeft(t.Context())
	require.NoError(t, err)
	assert.Equal(t, accessguard.Left{}, left)
	source.whole = &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429}
	require.ErrorIs(t, list(t, guard, 0), source.whole)
	require.ErrorContains(t, list(t, guard, 0), "access guard")
	require.NoError(t, call(t, guard), "of an account")
}

func TestAttendedListsPass(t *testing.T) {
	t.Parallel()
	source := &batchBank{}
	guard := batchOf(t, source, 1)
	for range 3 {
		accounts, err := guard.Accounts(t.Context(), user)
		require.NoError(t, err)
		assert.Len(t, accounts, 2)
		all, err := guard.AllBalances(t.Context(), user)
		require.NoError(t, err)
		assert.Len(t, all, 2)
	}
	require.NoError(t, list(t, guard, 0))
}

// A provider of an outside adapter that counts everything by the consent, and batches by themselves.
func TestOutsideProviderStatesItsAccess(t *testing.T) {
	t.Parallel()
	source := &batchBank{bank: bank{Bank: storetest.Bank{Base: "outside"}}}
	per := func(calls int, of ...specs.Call) specs.Allowance {
		return specs.Allowance{Of: of, Per: specs.PerConsent, Limits: []specs.Limit{{Calls: calls, Window: day}}}
	}
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{
		Access: specs.Access{per(3, specs.Balances, specs.Accounts), per(1, specs.Batch), per(2, specs.AllBalances)},
	})
	require.NoError(t, call(t, guard))
	require.NoError(t, list(t, guard, 0))
	left, err := guard.Left(t.Context(), "whatever")
	require.NoError(t, err)
	assert.Equal(t, 1, left.Calls)
	_, err = ask(t, guard, "a", "b")
	require.NoError(t, err)
	_, err = ask(t, guard, "c")
	require.ErrorIs(t, err, adapters.ErrRateLimited)
	left, err = guard.ListsLeft(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, left.Calls)
}

func TestUnsupportedCallsPass(t *testing.T) {
	t.Parallel()
	guard := batchOf(t, &bank{}, 1)
	for i := range 3 {
		_, err := ask(t, guard, "a", "b")
		require.ErrorIs(t, err, adapters.ErrUnsupported)
		require.ErrorIs(t, list(t, guard, i), adapters.ErrUnsupported)
		require.ErrorIs(t, list(t, guard, i+1), adapters.ErrUnsupported)
	}
	require.NoError(t, call(t, guard))
	_, err := guard.Balances(t.Context(), "a", adapters.Unattended())
	require.NoError(t, err)
	_, err = ask(t, guard, "account", "a")
	require.ErrorIs(t, err, adapters.ErrUnsupported, "also when nothing is left")
}

func TestBatchesThatCountApart(t *testing.T) {
	t.Parallel()
	source := &batchBank{}
	access := allow(1)
	access = append(access, specs.Allowance{Of: []specs.Call{specs.Batch}, Per: specs.PerAccount, Limits: access[0].Limits})
	guard := guarded(t, source, accessguard.Memory(), accessguard.Options{Access: access})
	_, err := ask(t, guard, "account", "b")
	require.NoError(t, err)
	require.NoError(t, call(t, guard))
	results, err := ask(t, guard, "account", "c")
	require.NoError(t, err)
	require.ErrorIs(t, results[0].Err, adapters.ErrRateLimited)
	require.NoError(t, results[1].Err)
}
