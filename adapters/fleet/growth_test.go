package fleet

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a fetch of one account with two balances takes in the database, as SIZING.md counts with.
func TestGrowth(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("writes thousands of fetches")
	}
	const fetches = 2000
	onEach(t, func(t *testing.T, address string) {
		db := open(t, address)
		f := newFleet(t, db, &configuration{}, nil)
		_, err := f.Add(t.Context(), slices.Values([]string{"shop"}))
		require.NoError(t, err)
		c := connectionRow{id: 1, name: "shop"}
		tx := db.bound()
		_, err = tx.exec(t.Context(), "INSERT INTO fleet_account (connection, account_id, added_at) VALUES (1, ?, ?)",
			consent, instant{f.now()})
		require.NoError(t, err)
		at := time.Date(2026, 1, 1, 6, 30, 0, 0, time.UTC)
		amount, err := adapters.ParseAmount("-12345.67")
		require.NoError(t, err)
		one := adapters.Balance{
			Provider: "mypos", AccountID: consent, IBAN: "BG57INTF40015004462007", Type: adapters.BalanceTypeInterimAvailable,
			ProviderType: "interimAvailable", Amount: amount, Currency: "EUR", AsOf: at, ReceivedAt: at, RequestID: consent,
		}
		other := one
		other.Type, other.ProviderType = adapters.BalanceTypeClosingBooked, "closingBooked"
		before := size(t, db)
		for range fetches {
			call, err := f.begin(t.Context(), 1, 0)
			require.NoError(t, err)
			what := outcome{account: accountRow{id: 1}, balances: []adapters.Balance{one, other}, next: at}
			nothing := func(context.Context, bound) ([]Alarm, error) { return nil, nil }
			require.NoError(t, f.storeOutcomes(t.Context(), c, call, []outcome{what}, callDone, 0, nothing))
		}
		each := (size(t, db) - before) / fetches
		t.Logf("%d bytes a fetch", each)
		assert.Greater(t, each, int64(500), "the rows are there")
		assert.Less(t, each, int64(1500), "SIZING.md counts with less")
	})
}

// size is what the tables take with their indexes.
func size(t *testing.T, db *Database) (bytes int64) {
	t.Helper()
	if db.pool == nil {
		_, err := db.db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)")
		require.NoError(t, err)
		info, err := os.Stat(db.path)
		require.NoError(t, err)
		return info.Size()
	}
	err := db.db.QueryRowContext(t.Context(), `SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relkind = 'r' AND
		relname IN ('fleet_call', 'fleet_balance', 'fleet_failure')`).Scan(&bytes)
	require.NoError(t, err)
	return bytes
}
