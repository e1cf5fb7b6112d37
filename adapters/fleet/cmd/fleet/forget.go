package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

var forgetCommand = command{
	name: "forget", example: "fleet forget -connection shop",
	summary: "erase what is known of a connection or an account, with its history; nothing is asked",
	setup: func(flags *flag.FlagSet) action {
		db, account := databaseFlag(flags), accountFlag(flags)
		connection := flags.String("connection", "", "`name` of a connection")
		return func(ctx context.Context, p *process, _ []string) error {
			if (*account == 0) == (*connection == "") {
				return misuse{"forget needs -account ID or -connection NAME; see fleet forget -h"}
			}
			store, err := db.open(ctx, false)
			if err != nil {
				return err
			}
			defer func() { _ = store.Close() }()
			workers, err := fleet.New(store, nil)
			if err != nil {
				return err
			}
			text, err := forgetting(ctx, store, *connection, *account)
			if err != nil {
				return err
			}
			if err := workers.Forget(ctx, fleet.Forgotten{Connection: *connection, Account: *account}); err != nil {
				return err
			}
			return p.print(text)
		}
	},
}

// forgetting says what is erased.
func forgetting(ctx context.Context, store *fleet.Database, connection string, account int64) (string, error) {
	if connection != "" {
		c, err := findConnection(ctx, store, connection)
		return fmt.Sprintf("erased: connection %s with %s and all balances, failures and jobs\n"+
			"The configuration keeps its entry; without \"fleet\": true, openbalances get asks for it again.\n",
			printable.Text(connection), counted(c.Accounts, "account")), err
	}
	a, err := findAccount(ctx, store, account)
	return fmt.Sprintf("erased: account %d of connection %s with all balances and failures\n"+
		"It comes back with the next list if the entry or the provider still names it.\n", account, printable.Text(a.Connection)), err
}

// accountFlag is the flag that names an account.
func accountFlag(flags *flag.FlagSet) *int64 {
	return flags.Int64("account", 0, "`ID` of an account, as fleet status NAME shows it")
}

func findAccount(ctx context.Context, store *fleet.Database, id int64) (fleet.AccountStatus, error) {
	a, err := store.Account(ctx, id)
	if errors.Is(err, fleet.ErrNotFound) {
		return a, misuse{fmt.Sprintf("no account has the ID %d; fleet status NAME shows those of a connection", id)}
	}
	return a, err
}

func findConnection(ctx context.Context, store *fleet.Database, name string) (fleet.ConnectionStatus, error) {
	c, err := store.Connection(ctx, name)
	if errors.Is(err, fleet.ErrNotFound) {
		return c, misuse{"no connection is called " + name + "; see fleet status"}
	}
	return c, err
}
