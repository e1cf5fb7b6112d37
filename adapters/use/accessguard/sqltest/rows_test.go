package sqltest

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/openbalances/openbalances/adapters"
)

// PostgreSQL's NUMERIC, without a precision, keeps an amount to its last zero, and what was not stated is NULL. What SQLite
// does instead is an example of .tools/outside.
func Example_rowsInPostgreSQL() {
	address, stop := startPostgres()
	defer stop()
	db := must(sql.Open("pgx", address))
	defer func() { _ = db.Close() }()
	must(db.Exec("CREATE TABLE balances (account TEXT NOT NULL, amount NUMERIC NOT NULL, currency TEXT NOT NULL, iban TEXT, as_of TIMESTAMPTZ)"))
	stated := time.Date(2026, time.November, 30, 6, 0, 0, 0, time.UTC)
	for _, b := range []adapters.Balance{
		{AccountID: "1", Amount: must(adapters.ParseAmount("4.200")), Currency: "TND", IBAN: "NO9386011117947", AsOf: stated},
		{AccountID: "2", Amount: must(adapters.ParseAmount("-0.00")), Currency: "EUR"},
		{AccountID: "3", Amount: must(adapters.ParseAmount("12345678901234567890123456789012345.000")), Currency: "BHD"},
	} {
		iban, asOf := sql.Null[string]{V: b.IBAN, Valid: b.IBAN != ""}, sql.Null[time.Time]{V: b.AsOf, Valid: !b.AsOf.IsZero()}
		must(db.Exec("INSERT INTO balances VALUES ($1, $2, $3, $4, $5)", b.AccountID, b.Amount, b.Currency, iban, asOf))
	}
	rows := must(db.Query("SELECT amount, currency, iban, as_of FROM balances ORDER BY account"))
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b adapters.Balance
		var iban sql.Null[string]
		var asOf sql.Null[time.Time]
		if err := rows.Scan(&b.Amount, &b.Currency, &iban, &asOf); err != nil {
			panic(err)
		}
		fmt.Println(b.Amount, b.Currency, iban, asOf.V.UTC(), asOf.Valid)
	}
	// Output:
	// 4.200 TND {NO9386011117947 true} 2026-11-30 06:00:00 +0000 UTC true
	// 0.00 EUR { false} 0001-01-01 00:00:00 +0000 UTC false
	// 12345678901234567890123456789012345.000 BHD { false} 0001-01-01 00:00:00 +0000 UTC false
}
