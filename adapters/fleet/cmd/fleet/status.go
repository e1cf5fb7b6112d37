package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
)

// The forms of output.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

func formatFlag(flags *flag.FlagSet) *string {
	return flags.String("format", formatTable, "`form` of the output: table, json or csv")
}

func checkFormat(form string) error {
	known := []string{formatTable, formatJSON, formatCSV}
	if !slices.Contains(known, form) {
		return misuse{"-format is table, json or csv" + didYouMean(form, known)}
	}
	return nil
}

// rowsAtOnce is how many rows are read at once and share the widths of their columns.
const rowsAtOnce = 200

var statusCommand = command{
	name: "status", operands: "[NAME ...]", example: "fleet status",
	summary: "tell what is current, how old it is, what failed and what has to be done; with names, of the accounts of these " +
		"connections. Exits with 3 if something has to be done",
	setup: func(flags *flag.FlagSet) action {
		db, form := databaseFlag(flags), formatFlag(flags)
		return func(ctx context.Context, p *process, names []string) error {
			if err := checkFormat(*form); err != nil {
				return err
			}
			store, err := db.open(ctx, false)
			if err != nil {
				return err
			}
			defer func() { _ = store.Close() }()
			out := newListing(p, *form)
			if len(names) == 0 {
				err = allConnections(ctx, store, out)
			} else {
				err = out.begin(`{"accounts": [`)
			}
			for _, name := range names {
				err = errors.Join(err, accountsOf(ctx, store, name, out))
			}
			if err := errors.Join(err, out.end()); err != nil || !out.isToDo {
				return err
			}
			return errToDo
		}
	},
}

// line is a connection or an account as status prints it.
type line struct {
	Connection      string                `json:"connection"`
	Provider        string                `json:"provider"`
	Bank            string                `json:"bank,omitempty"`
	Account         int64                 `json:"account,omitempty"`
	AccountID       string                `json:"accountId,omitempty"`
	IBAN            string                `json:"iban,omitempty"`
	State           string                `json:"state"` // of an account: closed, unlisted, stopped, failing, new or ok
	Text            string                `json:"text"`
	Accounts        int                   `json:"accounts,omitempty"`
	Newest          time.Time             `json:"newest,omitzero"`
	Oldest          time.Time             `json:"oldest,omitzero"`
	NextAt          time.Time             `json:"nextAt,omitzero"`
	UnknownOutcomes int                   `json:"unknownOutcomes,omitempty"`
	Kind            adapters.Kind         `json:"kind,omitempty"`
	Consent         adapters.ConsentState `json:"consent,omitempty"`
	Detail          string                `json:"detail,omitempty"`
	ToDo            string                `json:"toDo,omitempty"`
	ConsentLink     string                `json:"consentLink,omitempty"`
}

func (l line) cells() []string {
	return []string{
		l.Connection, l.Provider, l.Bank, numberText(int(l.Account)), l.AccountID, l.IBAN, l.State, l.Text, numberText(l.Accounts),
		timeText(l.Newest), timeText(l.Oldest), timeText(l.NextAt), numberText(l.UnknownOutcomes), string(l.Kind), string(l.Consent),
		l.Detail, l.ToDo, l.ConsentLink,
	}
}

var lineHeader = []string{
	"connection", "provider", "bank", "account", "accountId", "iban", "state", "text", "accounts", "newest", "oldest", "nextAt",
	"unknownOutcomes", "kind", "consent", "detail", "toDo", "consentLink",
}

func numberText(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func connectionLine(c fleet.ConnectionStatus, now time.Time) line {
	v := page.OfConnection(c, now)
	return line{
		Connection: c.Name, Provider: c.Provider, Bank: c.Bank, State: string(c.State), Text: v.Text, Accounts: c.Accounts,
		Newest: c.Newest, Oldest: c.Oldest, NextAt: c.NextAt, UnknownOutcomes: c.UnknownOutcomes, Kind: c.Kind, Consent: c.Consent,
		Detail: v.Detail, ToDo: toDo(v), ConsentLink: v.Link,
	}
}

func accountLine(a fleet.AccountStatus, now time.Time) line {
	v := page.OfAccount(a, now)
	return line{
		Connection: a.Connection, Provider: a.Provider, Bank: a.Bank, Account: a.ID, AccountID: a.AccountID, IBAN: a.IBAN,
		State: accountState(a), Text: v.Text, Newest: a.FetchedAt, Oldest: a.FetchedAt, NextAt: a.NextAt,
		UnknownOutcomes: a.UnknownOutcomes, Kind: a.Kind, Detail: v.Detail, ToDo: toDo(v),
	}
}

func accountState(a fleet.AccountStatus) string {
	switch {
	case a.State == adapters.AccountStateClosed:
		return "closed"
	case !a.UnlistedAt.IsZero():
		return "unlisted"
	case a.Stopped:
		return "stopped"
	case a.Kind != "":
		return "failing"
	case a.FetchedAt.IsZero():
		return "new"
	}
	return "ok"
}

// toDo is what has to be done, in one sentence.
func toDo(v page.Verdict) string {
	return strings.TrimSpace(v.Todo + " " + v.Command)
}

// allConnections lists the connections, and what the database says of all of them.
func allConnections(ctx context.Context, store *fleet.Database, out *listing) error {
	s, err := store.Summary(ctx)
	if err != nil {
		return err
	}
	out.isToDo = len(s.Problems) > 0
	if err := out.summary(s); err != nil {
		return err
	}
	for after := ""; ; {
		some, err := store.Connections(ctx, after, rowsAtOnce)
		if err != nil || len(some) == 0 {
			return err
		}
		var lines []line
		for _, c := range some {
			lines = append(lines, connectionLine(c, out.now))
			after = c.Name
		}
		if err := out.add(lines); err != nil {
			return err
		}
	}
}

// accountsOf lists the accounts of a connection.
func accountsOf(ctx context.Context, store *fleet.Database, name string, out *listing) error {
	c, err := store.Connection(ctx, name)
	if errors.Is(err, fleet.ErrNotFound) {
		return misuse{"no connection is called " + name + "; see fleet status"}
	}
	if err != nil {
		return err
	}
	if of := connectionLine(c, out.now); c.State != fleet.StateActive {
		if err := out.add([]line{of}); err != nil {
			return err
		}
	}
	for after := ""; ; {
		some, err := store.Accounts(ctx, name, after, rowsAtOnce)
		if err != nil || len(some) == 0 {
			return err
		}
		var lines []line
		for _, a := range some {
			lines = append(lines, accountLine(a, out.now))
			after = a.AccountID
		}
		if err := out.add(lines); err != nil {
			return err
		}
	}
}

// listing prints lines as they come.
type listing struct {
	p      *process
	form   string
	now    time.Time
	table  table
	csv    *csv.Writer
	n      int
	isToDo bool
	toDo   []string // below the table
}

func newListing(p *process, form string) *listing {
	l := &listing{p: p, form: form, now: now(), csv: csv.NewWriter(p.stdout), table: table{flexes: []int{0, 2}, numbers: -1}}
	l.csv.UseCRLF = true
	return l
}

// begin begins the JSON.
func (l *listing) begin(text string) error {
	if l.form != formatJSON {
		return nil
	}
	return l.p.print(text)
}

// summary says what is true of all connections.
func (l *listing) summary(s fleet.Summary) error {
	switch l.form {
	case formatJSON:
		body, err := json.Marshal(struct {
			At              time.Time           `json:"at"`
			Connections     map[fleet.State]int `json:"connections"`
			Accounts        int                 `json:"accounts"`
			StoppedAccounts int                 `json:"stoppedAccounts"`
			FailingAccounts int                 `json:"failingAccounts"`
			NeverFetched    int                 `json:"neverFetched"`
			Newest          time.Time           `json:"newest,omitzero"`
			Oldest          time.Time           `json:"oldest,omitzero"`
			UnknownOutcomes int                 `json:"unknownOutcomes"`
			Overdue         int                 `json:"overdue"`
			Problems        []string            `json:"problems"`
		}{
			l.now, s.Connections, s.Accounts, s.StoppedAccounts, s.FailingAccounts, s.NeverFetched, s.Newest, s.Oldest,
			s.UnknownOutcomes, s.Overdue, append([]string{}, s.Problems...),
		})
		if err != nil {
			return err
		}
		return l.begin("{\"summary\": " + plainJSON(body) + ",\n\"connections\": [")
	case formatCSV:
		for _, problem := range s.Problems {
			l.p.complain(problem)
		}
		return nil
	}
	all := 0
	var states []string
	for _, state := range slices.Sorted(maps.Keys(s.Connections)) {
		all += s.Connections[state]
		states = append(states, fmt.Sprintf("%d %s", s.Connections[state], strings.ReplaceAll(string(state), "_", " ")))
	}
	text := counted(all, "connection")
	if all > 0 {
		text += ": " + strings.Join(states, ", ")
	}
	text += "\n" + counted(s.Accounts, "account")
	if !s.Newest.IsZero() {
		text += fmt.Sprintf(": newest balance %s old, oldest %s", age(s.Newest, l.now), age(s.Oldest, l.now))
	}
	for _, more := range []struct {
		n    int
		what string
	}{{s.NeverFetched, "without a balance yet"}, {s.FailingAccounts, "failing"}, {s.StoppedAccounts, "stopped"}} {
		if more.n > 0 {
			text += fmt.Sprintf(", %d %s", more.n, more.what)
		}
	}
	text += "\n"
	if s.UnknownOutcomes > 0 {
		text += counted(s.UnknownOutcomes, "call") + " with unknown outcome: the worker ended before it was stored\n"
	}
	if s.Overdue > 0 {
		text += counted(s.Overdue, "job") + " overdue: does fleet work run?\n"
		l.isToDo = true
	}
	for _, problem := range s.Problems {
		text += printable(problem) + "\n"
	}
	if all > 0 {
		text += "\n"
	}
	return l.p.print(text)
}

// add prints lines.
func (l *listing) add(lines []line) error {
	rows := [][]string{}
	for _, one := range lines {
		l.isToDo = l.isToDo || one.ToDo != ""
		switch l.form {
		case formatJSON:
			body, err := json.Marshal(one)
			if err != nil {
				return err
			}
			mark := ",\n "
			if l.n == 0 {
				mark = "\n "
			}
			if err := l.p.print(mark + plainJSON(body)); err != nil {
				return err
			}
		case formatCSV:
			if l.n == 0 {
				_ = l.csv.Write(lineHeader)
			}
			if err := l.csv.Write(cellsOf(one.cells())); err != nil {
				return err
			}
		default:
			if l.n == 0 {
				rows = append(rows, tableHeader(one))
			}
			rows = append(rows, one.tableRow(l.now))
			if one.ToDo != "" {
				l.remember(one)
			}
		}
		l.n++
	}
	if len(rows) > 0 {
		return l.p.print(l.table.format(rows, l.p.width()))
	}
	return nil
}

func tableHeader(l line) []string {
	if l.Account != 0 {
		return []string{"CONNECTION", "ID", "ACCOUNT", "AGE", "NEXT IN", "STATE"}
	}
	return []string{"CONNECTION", "PROVIDER", "ACCOUNTS", "AGE", "NEXT IN", "STATE"}
}

func (l line) tableRow(now time.Time) []string {
	next, second, third := "-", l.Provider, strconv.Itoa(l.Accounts)
	if !l.NextAt.IsZero() {
		next = span(max(0, l.NextAt.Sub(now)))
	}
	if l.Account != 0 {
		second, third = strconv.FormatInt(l.Account, 10), cmp.Or(l.IBAN, l.AccountID)
	}
	state := l.Text
	if l.UnknownOutcomes > 0 {
		state += ", " + counted(l.UnknownOutcomes, "unknown outcome")
	}
	return []string{printable(l.Connection), printable(second), printable(third), age(l.Oldest, now), next, printable(state)}
}

// shownToDo is how many things to do a table shows in words.
const shownToDo = 100

func (l *listing) remember(one line) {
	if len(l.toDo) == shownToDo {
		l.toDo = append(l.toDo, "more; see -format json")
	}
	if len(l.toDo) > shownToDo {
		return
	}
	what := one.Connection
	if one.Account != 0 {
		what += fmt.Sprintf(", account %d", one.Account)
	}
	text := what + ": " + one.Text
	if one.Detail != "" {
		text += " (" + one.Detail + ")"
	}
	text += ". " + one.ToDo
	if one.ConsentLink != "" {
		text += "; consent at " + one.ConsentLink
	}
	l.toDo = append(l.toDo, printable(text))
}

// end prints what comes last.
func (l *listing) end() error {
	switch l.form {
	case formatJSON:
		if l.n == 0 {
			return l.p.print("]}\n")
		}
		return l.p.print("\n]}\n")
	case formatCSV:
		l.csv.Flush()
		return l.csv.Error()
	}
	if len(l.toDo) == 0 {
		return nil
	}
	return l.p.print("\nTo do:\n  " + strings.Join(l.toDo, "\n  ") + "\n")
}
