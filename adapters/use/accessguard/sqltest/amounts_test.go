package sqltest

import (
	"database/sql"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// PostgreSQL's NUMERIC keeps an amount to its last zero, and what was not stated is NULL. What SQLite does instead is an
// example of .tools/outside.
func TestAmountsInPostgreSQL(t *testing.T) {
	db := database("pgx " + postgres(t)).connect()
	defer func() { require.NoError(t, db.Close()) }()
	db.SetMaxOpenConns(1) // a temporary table is its connection's
	_, err := db.ExecContext(t.Context(), "CREATE TEMPORARY TABLE balances (amount NUMERIC NOT NULL, iban TEXT, as_of TIMESTAMPTZ)")
	require.NoError(t, err)
	stated := time.Date(2026, time.November, 30, 6, 0, 0, 0, time.UTC)
	for text, b := range map[string]adapters.Balance{
		"4.200": {IBAN: "NO9386011117947", AsOf: stated}, "-0.00": {}, "900719925474099.301": {}, "12345678901234567890123456789012345.000": {},
	} {
		b.Amount, err = adapters.ParseAmount(text)
		require.NoError(t, err)
		iban, asOf := sql.Null[string]{V: b.IBAN, Valid: b.IBAN != ""}, sql.Null[time.Time]{V: b.AsOf, Valid: !b.AsOf.IsZero()}
		var kept adapters.Amount
		var keptIBAN sql.Null[string]
		var keptAsOf sql.Null[time.Time]
		row := db.QueryRowContext(t.Context(), "INSERT INTO balances VALUES ($1, $2, $3) RETURNING amount, iban, as_of", b.Amount, iban, asOf)
		require.NoError(t, row.Scan(&kept, &keptIBAN, &keptAsOf))
		assert.Equal(t, b.Amount.String(), kept.String())
		assert.Equal(t, iban, keptIBAN)
		assert.Equal(t, asOf.Valid, keptAsOf.Valid)
		assert.True(t, b.AsOf.Equal(keptAsOf.V))
	}
}
