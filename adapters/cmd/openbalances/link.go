package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/enablebanking"
	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

const (
	linkProvider = "enablebanking"
	maxBanks     = 16 << 20
	linkTime     = 15 * time.Minute // for the user to agree at the bank
	consentSlack = 10 * time.Minute // for clocks that differ
	maxPasted    = 16 << 10
)

var banksCommand = command{
	name:    "enablebanking banks",
	summary: "list the banks of a country that Enable Banking reaches",
	example: "openbalances enablebanking banks -country FI -application ID -key key.pem",
	setup: func(flags *flag.FlagSet) action {
		out := shortOutputFlags(flags, formatTable, formatJSON)
		l := newLinkFlags(flags)
		return func(ctx context.Context, p *process) error {
			if err := errors.Join(out.check(p), l.check()); err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(ctx, defaultTimeout)
			defer cancel()
			t, err := l.target(p, "enablebanking banks")
			if err != nil {
				return err
			}
			banks, err := t.client.Banks(ctx, *l.country)
			if err != nil {
				return err
			}
			return bankReport(banks).print(p, out)
		}
	},
}

// bankListing is what enablebanking banks prints as JSON.
type bankListing struct {
	Banks []enablebanking.Bank `json:"banks"`
}

func bankReport(banks []enablebanking.Bank) report {
	return report{document: bankListing{banks}, table: tableOf([]column[enablebanking.Bank]{
		{header: "BANK", value: func(b enablebanking.Bank) string { return b.Name }, room: room{least: 16}},
		{header: "FOR", value: func(b enablebanking.Bank) string { return strings.Join(b.PSUTypes, ", ") }},
		{header: "CONSENT", value: func(b enablebanking.Bank) string { return counted(wholeDays(b.MaxConsent), "day") }},
		{header: "METHODS", value: func(b enablebanking.Bank) string { return strings.Join(b.Methods, ", ") }, room: room{least: 12, goes: 2, wraps: true}},
		{header: "NEEDS", value: func(b enablebanking.Bank) string { return strings.Join(b.RequiredPSUHeaders, ", ") }, room: room{least: 16, goes: 1, wraps: true}},
	}, banks)}
}

var linkCommand = command{
	name:    "enablebanking link",
	summary: "let a PSU agree at a bank, and write the connection into the configuration",
	example: "openbalances enablebanking link -country FI -bank \"Mock ASPSP\" -connection mine -application ID -key key.pem",
	setup: func(flags *flag.FlagSet) action {
		l := newLinkFlags(flags)
		l.bank = flags.String("bank", "", "`name` of the bank, as enablebanking banks lists it; required")
		l.psuType = choice(flags, "for", "`whom` the account belongs to: personal or business (default personal)", "personal", "business")
		l.method = flags.String("method", "", "`name` of the way to agree, where the bank has several")
		l.redirect = flags.String("redirect", "", "`address` to which the browser returns, where several are registered for the application")
		return func(ctx context.Context, p *process) error {
			if err := l.check(); err != nil {
				return err
			}
			if *l.bank == "" || *l.connection == "" {
				return misuse{"enablebanking link needs -bank NAME and -connection NAME; see openbalances enablebanking link -h"}
			}
			ctx, cancel := context.WithTimeout(ctx, linkTime)
			defer cancel()
			return l.link(ctx, p)
		}
	},
}

// linkFlags are what both commands take.
type linkFlags struct {
	config, connection, application, key, baseURL, country *string
	bank, psuType, method, redirect                        *string // of link
}

func newLinkFlags(flags *flag.FlagSet) *linkFlags {
	return &linkFlags{
		config:      flags.String("config", "", "JSON `file` with the connections; without it as for get, and made if there is none"),
		connection:  flags.String("connection", "", "`name` of a connection, whose application and key are used; link renews it, or adds one of that name"),
		application: flags.String("application", "", "`id` of the application, where no connection has it"),
		key:         flags.String("key", "", "PEM `file` of the application's private key, where no connection has it"),
		baseURL:     flags.String("base-url", "", "`address` instead of Enable Banking's, for tests"),
		country:     flags.String("country", "", "two `letters` of the bank's country, such as FI; required"),
	}
}

func (l *linkFlags) check() error {
	if len(*l.country) != 2 || strings.ToUpper(*l.country) != *l.country {
		return misuse{"-country needs two capital letters, such as FI"}
	}
	return nil
}

// target is the configuration that is changed, and the client that asks.
type target struct {
	path   string
	entry  configuration.Entry // as it is, or as it begins
	client *enablebanking.Client
}

// target finds the configuration and the credentials: those of the flags, or else of the connection, or of any other one of
// Enable Banking.
func (l *linkFlags) target(p *process, command string) (*target, error) {
	path, options := cmp.Or(*l.config, configuration.Path(p.getenv)), p.configurationOptions()
	if path == "" || path == "-" {
		return nil, misuse{command + " needs -config FILE, a file that it can write"}
	}
	options.MaxBodyBytes = maxBanks
	read, err := configuration.Parse(strings.NewReader("{}"), filepath.Dir(path), options)
	if _, missing := os.Stat(path); missing == nil {
		read, err = configuration.Read(path, options)
	}
	if err != nil {
		return nil, misused(err)
	}
	var given map[string]string
	if *l.application != "" || *l.key != "" {
		key, err := filepath.Abs(*l.key)
		if err != nil || *l.application == "" || *l.key == "" {
			return nil, misuse{"-application and -key are needed together"}
		}
		given = map[string]string{"applicationId": *l.application, "privateKey": key}
	}
	t := &target{path: path, entry: configuration.Entry{Name: *l.connection, Provider: linkProvider, BaseURL: *l.baseURL, Credentials: given}}
	isNew := true
	for _, e := range read.Connections {
		switch {
		case e.Name == *l.connection && e.Provider != linkProvider:
			return nil, misuse{"-connection " + e.Name + " is one of " + e.Provider}
		case e.Name == *l.connection:
			t.entry, isNew = e, false
			t.entry.BaseURL = cmp.Or(*l.baseURL, e.BaseURL)
			t.entry.Credentials = map[string]string{}
			maps.Copy(t.entry.Credentials, e.Credentials)
			maps.Copy(t.entry.Credentials, given)
		case e.Provider == linkProvider && isNew && t.entry.Credentials == nil:
			t.entry.Credentials = map[string]string{"applicationId": e.Credentials["applicationId"], "privateKey": e.Credentials["privateKey"]}
			t.entry.BaseURL = cmp.Or(t.entry.BaseURL, e.BaseURL)
		}
	}
	if len(t.entry.Credentials) == 0 {
		return nil, misuse{command + " needs -application ID and -key FILE, as no connection of the configuration has them"}
	}
	return t, t.open(read)
}

// open opens the client, whatever the session of the entry.
func (t *target) open(read *configuration.Configuration) error {
	e := t.entry
	read.Connections = []configuration.Entry{{Name: linkProvider, Provider: linkProvider, BaseURL: e.BaseURL, Credentials: e.Credentials, TLS: e.TLS}}
	opened, err := read.Open()
	if wrong := (*configuration.Error)(nil); errors.As(err, &wrong) {
		var lines misuse
		for _, problem := range wrong.Problems {
			problem.Index = -1
			lines = append(lines, problem.String())
		}
		return lines
	}
	t.client = opened[0].Source.(*enablebanking.Client)
	return nil
}

// link goes the whole way. The configuration is changed last.
func (l *linkFlags) link(ctx context.Context, p *process) error {
	t, err := l.target(p, "enablebanking link")
	if err != nil {
		return err
	}
	tried := func(*configuration.Entry) error { return errReported }
	if err := configuration.Edit(t.path, []string{t.entry.Name}, tried); !errors.Is(err, errReported) {
		return misused(err) // the session could not be kept
	}
	asked, bank, err := l.ask(ctx, p, t)
	if err != nil {
		return err
	}
	address, err := t.client.Begin(ctx, asked)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("1. Open this address in a browser, and agree at %s:\n\n%s\n\n2. The browser returns to %s. Paste the whole address here, and press Enter:\n",
		printable.Text(bank.Name), printable.Text(address), printable.Text(asked.RedirectURL))
	if err := p.print(text); err != nil {
		return err
	}
	code, err := p.code(ctx, asked.State)
	if err != nil {
		return err
	}
	session, err := t.client.Authorize(ctx, code)
	if err != nil {
		return err
	}
	session.RequiredPSUHeaders = bank.RequiredPSUHeaders
	return t.keep(p, session)
}

// ask returns what to ask of the PSU, after the application and the bank have been looked at.
func (l *linkFlags) ask(ctx context.Context, p *process, t *target) (asked enablebanking.Agreement, bank enablebanking.Bank, err error) {
	application, err := t.client.Application(ctx)
	if err != nil {
		return asked, bank, err
	}
	banks, err := t.client.Banks(ctx, *l.country)
	if err != nil {
		return asked, bank, err
	}
	var names []string
	alike := 0
	for _, b := range banks {
		names = append(names, b.Name)
		if strings.EqualFold(b.Name, *l.bank) {
			bank, alike = b, alike+1
		}
	}
	if i := slices.Index(names, *l.bank); i >= 0 {
		bank = banks[i]
	} else if alike > 1 {
		bank = enablebanking.Bank{}
	}
	var before enablebanking.Session
	_ = json.Unmarshal(t.entry.Session, &before) // without one there is no other bank
	another := before.Country != "" && before.Country != bank.Country || slices.ContainsFunc(before.Accounts,
		func(a adapters.Account) bool { return a.Bank != "" && a.Bank != bank.Name })
	whom, redirect := cmp.Or(*l.psuType, "personal"), *l.redirect
	if redirect == "" && len(application.RedirectURLs) == 1 {
		redirect = application.RedirectURLs[0]
	}
	switch {
	case !application.Active:
		err = misuse{"the application is not active; cure: activate it by linking accounts to it in Enable Banking's Control Panel"}
	case bank.Name == "":
		err = misuse{"-bank is none of the " + counted(len(names), "bank") + " of " + *l.country + check.DidYouMean(*l.bank, names) + "; see openbalances enablebanking banks"}
	case another:
		err = misuse{"-connection " + t.entry.Name + " is one of another bank, whose session would be lost; name another connection"}
	case len(bank.PSUTypes) > 0 && !slices.Contains(bank.PSUTypes, whom):
		err = misuse{"-for: the bank is for " + strings.Join(bank.PSUTypes, ", ") + " only"}
	case *l.method != "" && !slices.Contains(bank.Methods, *l.method), *l.method == "" && len(bank.Methods) > 1:
		err = misuse{"-method is one of " + strings.Join(bank.Methods, ", ")}
	case len(application.RedirectURLs) == 0:
		err = misuse{"no address for redirects is registered for the application; cure: register one in Enable Banking's Control Panel"}
	case !slices.Contains(application.RedirectURLs, redirect):
		err = misuse{"-redirect is one of those registered for the application: " + strings.Join(application.RedirectURLs, ", ")}
	}
	return enablebanking.Agreement{
		Bank: bank.Name, Country: bank.Country, PSUType: whom, Method: *l.method, RedirectURL: redirect, State: uuid.NewString(),
		ValidUntil: p.now().Add(bank.MaxConsent - min(consentSlack, bank.MaxConsent/2)),
	}, bank, err
}

// code reads the code from the address that was pasted, or from a line that is the code itself: one that any address could
// hold as it is.
func (p *process) code(ctx context.Context, state string) (string, error) {
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(p.stdin, maxPasted)).ReadString('\n')
		lines <- strings.TrimSpace(line)
	}()
	var line string
	select {
	case <-ctx.Done():
		return "", errors.New("nothing was pasted in time; cure: link again")
	case line = <-lines:
	}
	address, err := url.Parse(line)
	switch {
	case line == "":
		return "", errors.New("nothing was pasted; cure: link again")
	case url.QueryEscape(line) == line:
		return line, nil
	case err != nil:
		return "", errors.New("what was pasted is no address; cure: link again, and paste the whole address")
	}
	answer := address.Query()
	switch {
	case answer.Get("error") != "":
		return "", errors.New("the bank did not agree: " + printable.Text(cmp.Or(answer.Get("error_description"), answer.Get("error"))))
	case answer.Get("code") == "":
		return "", errors.New("the address has no code; cure: link again, and paste the whole address")
	case answer.Get("state") != state:
		return "", errors.New("the address is of another attempt; cure: link again, and paste the address to which this one returns")
	}
	return answer.Get("code"), nil
}

// keep writes the session, with the application and the address that it is of, into the configuration as it is by now. A
// session that cannot be written is printed, because its code has been used.
func (t *target) keep(p *process, session enablebanking.Session) error {
	text, err := json.Marshal(session)
	if err != nil {
		return err
	}
	err = configuration.Edit(t.path, []string{t.entry.Name}, func(e *configuration.Entry) error {
		if e.Provider == "" {
			*e = t.entry
		}
		if e.Accounts != nil {
			var before enablebanking.Session
			_ = json.Unmarshal(e.Session, &before) // without one no account is found again
			e.Accounts = before.Renewed(e.Accounts, session)
		}
		e.Session, e.ConsentValidUntil, e.BaseURL = text, wholeTime(session.ValidUntil), t.entry.BaseURL
		credentials := map[string]string{}
		maps.Copy(credentials, e.Credentials)
		credentials["applicationId"], credentials["privateKey"] = t.entry.Credentials["applicationId"], t.entry.Credentials["privateKey"]
		e.Credentials = credentials
		if _, given := e.Credentials["sessionId"]; given {
			e.Credentials["sessionId"] = session.ID
		}
		return nil
	})
	if err != nil {
		_ = p.print("\nThe session, to be written into the connection by hand as \"session\":\n" + string(text) + "\n")
		return err
	}
	end, rest := "Its end is not stated. It", ":"
	if !session.ValidUntil.IsZero() {
		end = "It ends on " + wholeTime(session.ValidUntil) + " and"
	}
	if session.LeftOut > 0 {
		rest = fmt.Sprintf(", besides %d that cannot be read:", session.LeftOut)
	}
	if len(session.Accounts) == 0 {
		rest = strings.TrimSuffix(rest, ":") + "; openbalances accounts lists those that can be asked for, without names and numbers"
	}
	lines := fmt.Sprintf("\nThe connection %s stands in %s. %s has %s%s\n", printable.Text(t.entry.Name), t.path, end,
		counted(len(session.Accounts), "account"), rest)
	for _, a := range session.Accounts {
		lines += "  " + printable.Text(strings.Join(slices.DeleteFunc([]string{a.ID, a.IBAN, a.Name, a.Currency}, func(s string) bool { return s == "" }), "  ")) + "\n"
	}
	return p.print(lines + "\nNext: openbalances get -config " + t.path + "\n")
}
