package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

var historyCommand = command{
	name: "history", example: "fleet history -account 12 -from 2026-01-01 -format csv > history.csv",
	summary: "print every balance that was fetched of an account, oldest first",
	setup: func(flags *flag.FlagSet) action {
		db, account, form := databaseFlag(flags), accountFlag(flags), formatFlag(flags)
		from := flags.String("from", "", "first `day` or time (RFC 3339, UTC) of fetching; without it, from the first one")
		to := flags.String("to", "", "last `day`, which is included, or the time before which it ends")
		return func(ctx context.Context, p *process, _ []string) error {
			if *account == 0 {
				return misuse{"history needs -account ID; fleet status NAME shows those of a connection"}
			}
			if err := checkFormat(*form); err != nil {
				return err
			}
			first, err := parseTime("-from", *from, 0)
			if err != nil {
				return err
			}
			until, err := parseTime("-to", *to, 1)
			if err != nil {
				return err
			}
			store, err := db.open(ctx, false)
			if err != nil {
				return err
			}
			defer func() { _ = store.Close() }()
			return history(ctx, p, store, *account, first, until, *form)
		}
	},
}

// parseTime reads a day or a time. Of a day it takes the start, so many days later.
func parseTime(name, text string, later int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, later), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, misuse{name + " is neither a day, such as 2026-01-31, nor a time, such as 2026-01-31T12:00:00Z"}
	}
	return at, nil
}

// history prints balances as they are read.
func history(ctx context.Context, p *process, store *fleet.Database, account int64, from, until time.Time, form string) error {
	a, err := findAccount(ctx, store, account)
	if err != nil {
		return err
	}
	connection, err := json.Marshal(a.Connection)
	if err != nil {
		return err
	}
	id, err := json.Marshal(a.AccountID)
	if err != nil {
		return err
	}
	out := &printer[entry]{p: p, form: form, csv: historyColumns(a), shown: historyShown}
	err = out.begin(`{"connection": ` + printable.JSON(connection) + `, "accountId": ` + printable.JSON(id) + `, "balances": [`)
	if err != nil {
		return err
	}
	return errors.Join(entries(store.History(ctx, account, from, until), out), out.end())
}

// entries prints all that is read, many at once.
func entries(read iter.Seq2[fleet.Stored, error], out *printer[entry]) error {
	var some []entry
	for one, err := range read {
		if err != nil {
			return errors.Join(out.add(some), err)
		}
		if some = append(some, entry{one.FetchedAt, one.CallID, one.Balance}); len(some) == rowsAtOnce {
			if err := out.add(some); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	return out.add(some)
}

// entry is a balance in JSON. Balances of one fetch have the same call.
type entry struct {
	FetchedAt time.Time `json:"fetchedAt"`
	Call      int64     `json:"call"`
	adapters.Balance
}

// historyColumns are all facts of a balance of an account.
func historyColumns(a fleet.AccountStatus) []column[entry] {
	return []column[entry]{
		{name: "connection", value: func(entry) string { return a.Connection }},
		{name: "provider", value: func(e entry) string { return e.Provider }},
		{name: "bank", value: func(e entry) string { return e.Bank }},
		{name: "accountId", value: func(e entry) string { return e.AccountID }},
		{name: "iban", value: func(e entry) string { return e.IBAN }},
		{name: "bban", value: func(e entry) string { return e.BBAN }},
		{name: "type", value: func(e entry) string { return string(e.Type) }},
		{name: "providerType", value: func(e entry) string { return e.ProviderType }},
		{name: "amount", value: func(e entry) string { return e.Amount.String() }, kind: kindAmount},
		{name: "currency", value: func(e entry) string { return e.Currency }},
		{name: "asOf", value: func(e entry) string { return timeText(e.AsOf) }},
		{name: "referenceDate", value: func(e entry) string { return e.ReferenceDate.String() }},
		{name: "lastCommittedTransaction", value: func(e entry) string { return e.LastCommittedTransaction }},
		{name: "fetchedAt", value: func(e entry) string { return timeText(e.FetchedAt) }},
		{name: "receivedAt", value: func(e entry) string { return timeText(e.ReceivedAt) }},
		{name: "requestId", value: func(e entry) string { return e.RequestID }},
		{name: "call", value: func(e entry) string { return strconv.FormatInt(e.Call, 10) }},
		{name: "creditLines", value: func(e entry) string { return printable.CreditLines(e.CreditLines) }},
		{name: "warnings", value: func(e entry) string { return strings.Join(e.Warnings, "; ") }},
	}
}

// historyShown are the columns of the table.
var historyShown = []column[entry]{
	{name: "FETCHED", value: func(e entry) string { return shortTime(e.FetchedAt) }},
	{name: "TYPE", value: typeText, kind: kindLong},
	{name: "AMOUNT", value: func(e entry) string { return e.Amount.String() }, kind: kindAmount},
	{name: "CURRENCY", value: func(e entry) string { return e.Currency }},
	{name: "AS OF", value: func(e entry) string { return shortTime(e.AsOf) }},
}

// typeText is the type of a balance, that of the provider where ours is unknown.
func typeText(e entry) string {
	if e.Type == adapters.BalanceTypeUnknown {
		return e.ProviderType
	}
	return string(e.Type)
}
