package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
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
	printer := historyPrinters(p, a)[form]
	var some []fleet.Stored
	for one, err := range store.History(ctx, account, from, until) {
		if err != nil {
			return err
		}
		if some = append(some, one); len(some) == rowsAtOnce {
			if err := printer(some, false); err != nil {
				return err
			}
			some = some[:0]
		}
	}
	return printer(some, true)
}

// historyPrinters are functions that print balances; the last call says so.
func historyPrinters(p *process, a fleet.AccountStatus) map[string]func(some []fleet.Stored, isLast bool) error {
	shown := &table{flexes: []int{1}, numbers: 2}
	isFirst := true
	return map[string]func([]fleet.Stored, bool) error{
		formatTable: func(some []fleet.Stored, isLast bool) error {
			var rows [][]string
			if isFirst {
				rows = append(rows, []string{"FETCHED", "TYPE", "AMOUNT", "CURRENCY", "AS OF"})
			}
			isFirst = false
			for _, s := range some {
				rows = append(rows, []string{
					s.FetchedAt.UTC().Format(time.DateTime), printable(typeText(s)), s.Amount.String(), printable(s.Currency),
					orDash(shortTime(s.AsOf)),
				})
			}
			if len(rows) == 0 {
				return nil
			}
			return p.print(shown.format(rows, p.width()))
		},
		formatCSV: func(some []fleet.Stored, isLast bool) error {
			writer := csv.NewWriter(p.stdout)
			writer.UseCRLF = true
			if isFirst {
				_ = writer.Write(historyHeader) // Error has what is wrong
			}
			isFirst = false
			for _, s := range some {
				_ = writer.Write(historyCells(a, s))
			}
			writer.Flush()
			return writer.Error()
		},
		formatJSON: func(some []fleet.Stored, isLast bool) error {
			var text strings.Builder
			if isFirst {
				head, err := json.Marshal(a.AccountID)
				if err != nil {
					return err
				}
				connection, err := json.Marshal(a.Connection)
				if err != nil {
					return err
				}
				text.WriteString(`{"connection": ` + plainJSON(connection) + `, "accountId": ` + plainJSON(head) + `, "balances": [`)
			}
			for _, s := range some {
				body, err := json.Marshal(historyEntry{s.FetchedAt, s.CallID, s.Balance})
				if err != nil {
					return err
				}
				if !isFirst {
					text.WriteString(",")
				}
				text.WriteString("\n " + plainJSON(body))
				isFirst = false
			}
			if isLast {
				text.WriteString("\n]}\n")
			}
			return p.print(text.String())
		},
	}
}

// historyEntry is a balance in JSON. Balances of one fetch have the same call.
type historyEntry struct {
	FetchedAt time.Time `json:"fetchedAt"`
	Call      int64     `json:"call"`
	adapters.Balance
}

var historyHeader = []string{
	"connection", "provider", "bank", "accountId", "iban", "bban", "type", "providerType", "amount", "currency", "asOf", "referenceDate",
	"lastCommittedTransaction", "fetchedAt", "receivedAt", "requestId", "call", "creditLines", "warnings",
}

func historyCells(a fleet.AccountStatus, s fleet.Stored) []string {
	cells := cellsOf([]string{
		a.Connection, s.Provider, s.Bank, s.AccountID, s.IBAN, s.BBAN, string(s.Type), s.ProviderType, "", s.Currency, timeText(s.AsOf),
		s.ReferenceDate.String(), s.LastCommittedTransaction, timeText(s.FetchedAt), timeText(s.ReceivedAt), s.RequestID,
		strconv.FormatInt(s.CallID, 10), creditLineText(s.CreditLines), strings.Join(s.Warnings, "; "),
	})
	cells[8] = s.Amount.String() // no text, so its sign starts no formula
	return cells
}

// creditLineText has type, amount and currency of each line, and whether the balance includes it.
func creditLineText(lines []adapters.CreditLine) string {
	var all []string
	for _, l := range lines {
		parts := []string{l.Type}
		if l.Amount != nil {
			parts = append(parts, l.Amount.String(), l.Currency)
		}
		if l.Included != nil {
			parts = append(parts, map[bool]string{true: "included", false: "not included"}[*l.Included])
		}
		all = append(all, strings.TrimSpace(strings.Join(parts, " ")))
	}
	return strings.Join(all, "; ")
}

// typeText is the type of a balance, that of the provider where ours is unknown.
func typeText(s fleet.Stored) string {
	if s.Type == adapters.BalanceTypeUnknown {
		return s.ProviderType
	}
	return string(s.Type)
}

func shortTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateTime)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
