package main

import (
	"context"
	"crypto/x509"
	"flag"
	"fmt"
	"maps"
	"slices"
	"time"
)

var checkCommand = command{
	name:    "check",
	summary: "tell what is known of a configuration without spending a call",
	example: "openbalances check -config connections.json",
	setup:   setupCheck,
}

func setupCheck(flags *flag.FlagSet) action {
	out := shortOutputFlags(flags, formatTable, formatJSON)
	days := flags.Int("days", 30, "how many `days` before the end of a certificate or consent its warning begins")
	tokens := flags.Bool("tokens", false, "ask for an access token where the configuration has the credentials for it, which spends no call for balances")
	check := func(p *process) error {
		if *days < 0 || *days > 3660 {
			return misuse{"-days must be from 0 to 3660"}
		}
		return out.check(p)
	}
	return connectionFlags(flags, out.quiet).with(nil, check, func(ctx context.Context, p *process, connections []connection) error {
		x := examiner{p.now(), *days, *tokens}
		found := findings{Findings: []finding{}}
		for _, c := range connections {
			for _, one := range x.examine(ctx, c) {
				one.Connection, one.Provider = c.Name, c.Provider
				found.Findings = append(found.Findings, one)
			}
		}
		return found.report().print(p, out)
	})
}

// The states of a finding.
const (
	stateGood    = "good"
	stateUnknown = "unknown"
	stateSoon    = "soon" // it ends soon
	stateBad     = "bad"
)

// findings is what check prints as JSON.
type findings struct {
	Findings []finding `json:"findings"`
}

// finding is what is known about one thing of a connection.
type finding struct {
	Connection string `json:"connection"`
	Provider   string `json:"provider"`
	Subject    string `json:"subject" jsonschema:"the member of the configuration, or access token, consent, fleet, unattended calls"`
	State      string `json:"state" jsonschema:"good, soon (it ends within -days), bad or unknown"`
	Detail     string `json:"detail"`
}

// examiner looks at connections.
type examiner struct {
	now    time.Time
	days   int
	tokens bool // access tokens may be asked for
}

func (x examiner) examine(ctx context.Context, c connection) []finding {
	found := []finding{{Subject: "credentials", State: stateGood, Detail: "complete, and fit together"}}
	if c.Fleet {
		found = append(found, finding{Subject: "fleet", State: stateGood, Detail: "a fleet keeps it current; get and accounts do not ask for it"})
	}
	for _, field := range slices.Sorted(maps.Keys(c.Certificates)) {
		found = append(found, x.certificate(field, c.Certificates[field]))
	}
	if c.Tokens != nil || c.HasToken {
		found = append(found, x.token(ctx, c))
	}
	return append(found, x.consent(c), x.calls(ctx, c))
}

func (x examiner) certificate(field string, certificate *x509.Certificate) finding {
	f := finding{Subject: field, State: stateGood}
	if x.now.Before(certificate.NotBefore) {
		f.State, f.Detail = stateBad, "not valid before "+wholeTime(certificate.NotBefore)+"; cure: wait, or set the clock"
		return f
	}
	f.State, f.Detail = x.until(certificate.NotAfter)
	if f.State == stateBad {
		f.Detail += "; cure: order a new one"
	}
	return f
}

// until judges when something ends.
func (x examiner) until(end time.Time) (state, text string) {
	switch left := wholeDays(end.Sub(x.now)); {
	case left < 0:
		return stateBad, "ended on " + wholeTime(end)
	case left < x.days:
		return stateSoon, fmt.Sprintf("ends on %s, in %s", wholeTime(end), counted(left, "day"))
	}
	return stateGood, "valid until " + wholeTime(end)
}

func (x examiner) token(ctx context.Context, c connection) finding {
	f := finding{Subject: "access token", State: stateUnknown, Detail: "configured; its end is not known"}
	switch {
	case c.Tokens != nil && !x.tokens:
		f.Detail = "fetched when it is needed; -tokens fetches it now"
	case c.Tokens != nil:
		f.State, f.Detail = stateGood, "was handed out"
		if _, err := c.Tokens(ctx); err != nil {
			f.State, f.Detail = stateBad, failureText(err)
		}
	}
	return f
}

func (x examiner) consent(c connection) finding {
	f := finding{Subject: "consent", State: stateUnknown, Detail: "its end is not known; consentValidUntil of the configuration tells it"}
	if !c.ConsentValidUntil.IsZero() {
		f.State, f.Detail = x.until(c.ConsentValidUntil)
	}
	return f
}

func (x examiner) calls(ctx context.Context, c connection) finding {
	f := finding{Subject: "unattended calls", State: stateGood}
	asked := []result{}
	for _, id := range c.Accounts {
		asked = append(asked, result{connection: c.Name, provider: c.Provider, accountID: id})
	}
	all := allLeft(ctx, []connection{c}, asked)
	switch {
	case c.isAttended():
		f.Detail = "none: the PSU is there"
	case c.Fleet:
		f.State, f.Detail = stateUnknown, "the fleet makes and counts them; see fleet status"
	case c.guard == nil:
		f.Detail = "not counted"
	case len(all) == 0:
		f.Detail = "no limit is known"
	default:
		f.Detail = leftPhrase(all)
	}
	return f
}

func (f findings) report() report {
	columns := []column[finding]{
		{header: "CONNECTION", value: func(f finding) string { return f.Connection }, room: room{least: 8}},
		{header: "PROVIDER", value: func(f finding) string { return f.Provider }, room: room{goes: 1}},
		{header: "SUBJECT", value: func(f finding) string { return f.Subject }, room: room{least: 10}},
		{header: "STATE", value: func(f finding) string { return f.State }},
		{header: "DETAIL", value: func(f finding) string { return f.Detail }, room: room{least: 24, wraps: true}},
	}
	bad := slices.ContainsFunc(f.Findings, func(f finding) bool { return f.State == stateBad })
	return report{document: f, table: tableOf(columns, f.Findings), failed: bad}
}
