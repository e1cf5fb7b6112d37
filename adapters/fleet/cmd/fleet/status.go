package main

import (
	"cmp"
	"context"
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
	"github.com/openbalances/openbalances/adapters/use/printable"
)

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
			isToDo, err := status(ctx, p, store, *form, names)
			if err == nil && isToDo {
				return errToDo
			}
			return err
		}
	},
}

// status prints the connections, or the accounts of those that are named, and reports whether something has to be done.
func status(ctx context.Context, p *process, store *fleet.Database, form string, names []string) (isToDo bool, err error) {
	l := &listing{p: p, form: form, now: now()}
	if len(names) == 0 {
		err = l.allConnections(ctx, store)
	} else {
		err = l.accountsOf(ctx, store, names)
	}
	if form == formatTable && len(l.toDo) > 0 {
		err = errors.Join(err, p.print("\nTo do:\n"+strings.Join(l.toDo, "")))
	}
	return l.isToDo, err
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
	verdict         page.Verdict
}

// lineColumns are all facts of a line.
var lineColumns = []column[line]{
	{name: "connection", value: func(l line) string { return l.Connection }},
	{name: "provider", value: func(l line) string { return l.Provider }},
	{name: "bank", value: func(l line) string { return l.Bank }},
	{name: "account", value: func(l line) string { return numberText(l.Account) }},
	{name: "accountId", value: func(l line) string { return l.AccountID }},
	{name: "iban", value: func(l line) string { return l.IBAN }},
	{name: "state", value: func(l line) string { return l.State }},
	{name: "text", value: func(l line) string { return l.Text }},
	{name: "accounts", value: func(l line) string { return numberText(l.Accounts) }},
	{name: "newest", value: func(l line) string { return timeText(l.Newest) }},
	{name: "oldest", value: func(l line) string { return timeText(l.Oldest) }},
	{name: "nextAt", value: func(l line) string { return timeText(l.NextAt) }},
	{name: "unknownOutcomes", value: func(l line) string { return numberText(l.UnknownOutcomes) }},
	{name: "kind", value: func(l line) string { return string(l.Kind) }},
	{name: "consent", value: func(l line) string { return string(l.Consent) }},
	{name: "detail", value: func(l line) string { return l.Detail }},
	{name: "toDo", value: func(l line) string { return l.ToDo }},
	{name: "consentLink", value: func(l line) string { return l.ConsentLink }},
}

// shownColumns are those of a table at a time: of connections, or of accounts.
func shownColumns(now time.Time, ofAccounts bool) []column[line] {
	which := []column[line]{
		{name: "PROVIDER", value: func(l line) string { return l.Provider }},
		{name: "ACCOUNTS", value: func(l line) string { return strconv.Itoa(l.Accounts) }},
	}
	if ofAccounts {
		which = []column[line]{
			{name: "ID", value: func(l line) string { return numberText(l.Account) }},
			{name: "ACCOUNT", value: func(l line) string { return cmp.Or(l.IBAN, l.AccountID) }, kind: kindLong},
		}
	}
	return slices.Concat([]column[line]{{name: "CONNECTION", value: func(l line) string { return l.Connection }, kind: kindLong}}, which, []column[line]{
		{name: "AGE", value: func(l line) string { return age(l.Oldest, now) }},
		{name: "NEXT IN", value: func(l line) string { return l.next(now) }},
		{name: "STATE", value: line.stateText, kind: kindLong},
	})
}

func (l line) next(now time.Time) string {
	if l.NextAt.IsZero() {
		return "-"
	}
	return span(max(0, l.NextAt.Sub(now)))
}

func (l line) stateText() string {
	if l.UnknownOutcomes == 0 {
		return l.Text
	}
	return l.Text + ", " + counted(l.UnknownOutcomes, "unknown outcome")
}

func connectionLine(c fleet.ConnectionStatus, now time.Time) line {
	v := page.OfConnection(c, now)
	return line{
		Connection: c.Name, Provider: c.Provider, Bank: c.Bank, State: string(c.State), Text: v.Text, Accounts: c.Accounts,
		Newest: c.Newest, Oldest: c.Oldest, NextAt: c.NextAt, UnknownOutcomes: c.UnknownOutcomes, Kind: c.Kind, Consent: c.Consent,
		Detail: v.Detail, ToDo: toDo(v), ConsentLink: v.Link, verdict: v,
	}
}

func accountLine(a fleet.AccountStatus, now time.Time) line {
	v := page.OfAccount(a, now)
	return line{
		Connection: a.Connection, Provider: a.Provider, Bank: a.Bank, Account: a.ID, AccountID: a.AccountID, IBAN: a.IBAN,
		State: accountState(a), Text: v.Text, Newest: a.FetchedAt, Oldest: a.FetchedAt, NextAt: a.NextAt,
		UnknownOutcomes: a.UnknownOutcomes, Kind: a.Kind, Detail: v.Detail, ToDo: toDo(v), verdict: v,
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

// listing prints lines and remembers what has to be done.
type listing struct {
	p      *process
	form   string
	now    time.Time
	isToDo bool
	toDo   []string // below the table
}

func (l *listing) printer(ofAccounts bool) *printer[line] {
	return &printer[line]{p: l.p, form: l.form, csv: lineColumns, shown: shownColumns(l.now, ofAccounts)}
}

// allConnections lists the connections, below what the database says of all of them.
func (l *listing) allConnections(ctx context.Context, store *fleet.Database) error {
	s, err := store.Summary(ctx)
	if err != nil {
		return err
	}
	head, err := l.summary(s)
	if err != nil {
		return err
	}
	out := l.printer(false)
	if err := out.begin(head); err != nil {
		return err
	}
	after := ""
	return errors.Join(l.pages(out, func() (lines []line, err error) {
		some, err := store.Connections(ctx, after, rowsAtOnce)
		for _, c := range some {
			lines, after = append(lines, connectionLine(c, l.now)), c.Name
		}
		return lines, err
	}), out.end())
}

// accountsOf lists the accounts of connections, below the connections of which there is more to say.
func (l *listing) accountsOf(ctx context.Context, store *fleet.Database, names []string) error {
	var all, shown []line
	for _, name := range names {
		c, err := findConnection(ctx, store, name)
		if err != nil {
			return err
		}
		one := connectionLine(c, l.now)
		hasMore := one.ToDo != "" && c.Stopped == 0 // of what has stopped, the accounts say more
		if all = append(all, one); hasMore || c.State != fleet.StateActive || c.Accounts == 0 {
			shown = append(shown, one)
		}
	}
	l.remember(shown)
	out := l.printer(true)
	body, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if err := out.begin(`{"connections": ` + printable.JSON(body) + ",\n\"accounts\": ["); err != nil {
		return err
	}
	err = l.above(out, shown, slices.ContainsFunc(all, func(one line) bool { return one.Accounts > 0 }))
	for _, name := range names {
		after := ""
		err = errors.Join(err, l.pages(out, func() (lines []line, err error) {
			some, err := store.Accounts(ctx, name, after, rowsAtOnce)
			for _, a := range some {
				lines, after = append(lines, accountLine(a, l.now)), a.AccountID
			}
			return lines, err
		}))
	}
	return errors.Join(err, out.end())
}

// above prints connections before the accounts, if any follow: as a table of their own, or as lines of the same CSV. The JSON
// has them.
func (l *listing) above(out *printer[line], connections []line, anyFollow bool) error {
	switch {
	case l.form == formatJSON || len(connections) == 0:
		return nil
	case l.form == formatCSV:
		return out.add(connections)
	}
	err := l.printer(false).add(connections)
	if anyFollow {
		err = errors.Join(err, l.p.print("\n"))
	}
	return err
}

// pages prints lines as they are read, until there are no more.
func (l *listing) pages(out *printer[line], read func() ([]line, error)) error {
	for {
		lines, err := read()
		if err != nil || len(lines) == 0 {
			return err
		}
		l.remember(lines)
		if err := out.add(lines); err != nil {
			return err
		}
	}
}

// summary is what is true of all connections: the head of the JSON. Of the other forms it prints what they have of it.
func (l *listing) summary(s fleet.Summary) (head string, err error) {
	problems := slices.Clone(s.Problems)
	if s.Overdue > 0 {
		problems = append(problems, fmt.Sprintf("%s overdue; see whether fleet work runs", counted(s.Overdue, "call")))
	}
	l.isToDo = l.isToDo || len(problems) > 0
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
		return "{\"summary\": " + printable.JSON(body) + ",\n\"connections\": [", err
	case formatCSV:
		l.p.complain(problems...)
		return "", nil
	}
	for _, problem := range problems {
		l.toDo = append(l.toDo, l.task(strings.Split(problem, " "), ""))
	}
	return "", l.p.print(l.counts(s))
}

// counts are the lines above the table.
func (l *listing) counts(s fleet.Summary) string {
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
		text += fmt.Sprintf(": newest balance %s, oldest %s", old(s.Newest, l.now), old(s.Oldest, l.now))
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
	if all > 0 {
		text += "\n"
	}
	return text
}

// shownToDo is how many things to do a table shows in words.
const shownToDo = 100

// remember keeps what has to be done about lines.
func (l *listing) remember(lines []line) {
	for _, one := range lines {
		if one.ToDo == "" {
			continue
		}
		l.isToDo = true
		switch {
		case len(l.toDo) < shownToDo:
			l.toDo = append(l.toDo, one.task(l))
		case len(l.toDo) == shownToDo:
			l.toDo = append(l.toDo, "  more; see -format json\n")
		}
	}
}

// task is what has to be done about a line, for people. A command is one word of it.
func (l line) task(of *listing) string {
	what := l.Connection
	if l.Account != 0 {
		what += fmt.Sprintf(", account %d", l.Account)
	}
	text := what + ": " + l.Text
	if l.Detail != "" {
		text += " (" + l.Detail + ")"
	}
	words := strings.Split(text+". "+l.verdict.Todo, " ")
	if l.verdict.Command != "" {
		words = append(words, l.verdict.Command)
	}
	return of.task(words, l.ConsentLink)
}

// task is words within the terminal, and a link on a line of its own.
func (l *listing) task(words []string, link string) string {
	lines := printable.Lines(words, max(0, l.p.width()-4))
	if link != "" {
		lines = append(lines, printable.Text(link))
	}
	return "  " + strings.Join(lines, "\n    ") + "\n"
}
