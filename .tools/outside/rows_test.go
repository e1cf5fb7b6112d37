package outside_test

import (
	"database/sql"
	"fmt"
	"time"

	"github.com/openbalances/openbalances/adapters"
	_ "modernc.org/sqlite"
)

// database is an SQLite database in memory, with one table.
func database(table string) *sql.DB {
	db := must(sql.Open("sqlite", ":memory:"))
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	must(db.Exec(table))
	return db
}

// orNull is NULL for what the provider did not state, whose Go value is the zero one.
func orNull[T comparable](value T) (stored sql.Null[T]) {
	var zero T
	return sql.Null[T]{V: value, Valid: value != zero}
}

// An amount is stored as text with all its zeros, and a time that was not stated as NULL.
func Example_rows() {
	db := database(`CREATE TABLE balances (account TEXT NOT NULL, iban TEXT, type TEXT NOT NULL, amount TEXT NOT NULL,
		currency TEXT NOT NULL, as_of TEXT, received_at TEXT NOT NULL)`)
	defer func() { _ = db.Close() }()
	received := time.Date(2026, time.November, 30, 6, 0, 0, 0, time.UTC)
	for _, b := range []adapters.Balance{
		{AccountID: "1", IBAN: "NO9386011117947", Type: adapters.BalanceTypeClosingBooked, Amount: must(adapters.ParseAmount("4.200")), Currency: "TND",
			AsOf: received.Add(-time.Hour), ReceivedAt: received},
		{AccountID: "2", Type: adapters.BalanceTypeInterimAvailable, Amount: must(adapters.ParseAmount("900719925474099.301")), Currency: "BHD", ReceivedAt: received},
	} {
		must(db.Exec("INSERT INTO balances VALUES (?, ?, ?, ?, ?, ?, ?)", b.AccountID, orNull(b.IBAN), string(b.Type), b.Amount, b.Currency,
			sql.Null[string]{V: b.AsOf.Format(time.RFC3339Nano), Valid: !b.AsOf.IsZero()}, b.ReceivedAt.Format(time.RFC3339Nano)))
	}
	rows := must(db.Query("SELECT amount, currency, iban, as_of FROM balances ORDER BY account"))
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var amount adapters.Amount
		var currency string
		var iban, asOf sql.Null[string]
		if err := rows.Scan(&amount, &currency, &iban, &asOf); err != nil {
			panic(err)
		}
		fmt.Println(amount, currency, iban, asOf)
	}
	// Output:
	// 4.200 TND {NO9386011117947 true} {2026-11-30T05:00:00Z true}
	// 900719925474099.301 BHD { false} { false}
}

// A NUMERIC column of SQLite keeps floats: digits change without an error. Amount refuses to read them; a text would not.
func Example_numericOfSQLite() {
	db := database("CREATE TABLE balances (amount NUMERIC NOT NULL)")
	defer func() { _ = db.Close() }()
	for _, text := range []string{"4.200", "900719925474099.301"} {
		must(db.Exec("DELETE FROM balances"))
		must(db.Exec("INSERT INTO balances VALUES (?)", must(adapters.ParseAmount(text))))
		var changed string
		var amount adapters.Amount
		fmt.Println(text, db.QueryRow("SELECT amount FROM balances").Scan(&changed), changed)
		fmt.Println(db.QueryRow("SELECT amount FROM balances").Scan(&amount))
	}
	// Output:
	// 4.200 <nil> 4.2
	// sql: Scan error on column index 0, name "amount": adapters: not an amount as text
	// 900719925474099.301 <nil> 9.007199254740992e+14
	// sql: Scan error on column index 0, name "amount": adapters: not an amount as text
}
