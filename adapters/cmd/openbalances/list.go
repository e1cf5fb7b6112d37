package main

import (
	"context"
	"errors"
	"flag"
	"maps"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/adapters/use/printable"
	"github.com/openbalances/openbalances/specs"
)

const cellWidth = 44

var providersCommand = command{
	name:    "providers",
	summary: "list what is supported, with which credentials, from which document",
	example: "openbalances providers -json",
	setup: func(flags *flag.FlagSet) action {
		out := shortOutputFlags(flags, formatTable, formatJSON)
		banks := flags.Bool("banks", false, "list the banks that are known of each standard, with what they need; the addresses are suggestions")
		country := flags.String("country", "", "with -banks, those of one `country`, such as DE")
		return func(_ context.Context, p *process) error {
			known, err := familyReport(*country)
			switch {
			case *country != "" && !*banks:
				err = misuse{"-country is for -banks"}
			case !*banks:
				known, err = providerReport(), nil
			}
			if err = errors.Join(out.check(p), err); err != nil {
				return err
			}
			return known.print(p, out)
		}
	},
}

func providerReport() report {
	rows := [][]string{{"PROVIDER", "OPERATION", "CREDENTIALS", "DOCUMENT"}}
	for _, p := range configuration.Providers() {
		info, _ := specs.Describe(p.Name)
		rows = append(rows, stacked([]string{p.Name}, info.Operations, printable.Lines(credentialWords(p), cellWidth),
			[]string{info.Version + ", read " + info.Read})...)
	}
	return report{document: listedProviders(), table: table{rows: rows, columns: []room{{}, {goes: 2}, {}, {goes: 1}}}}
}

// listing is what providers prints as JSON.
type listing struct {
	Providers []listed    `json:"providers"`
	Banks     []knownBank `json:"banks,omitempty" jsonschema:"with -banks"`
}

// knownBank is one bank of a family.
type knownBank struct {
	Provider string `json:"provider"`
	bank.Profile
	Needs []string `json:"needs" jsonschema:"what of a connection the bank cannot do without"`
}

// bankColumns are what the table shows of a bank.
var bankColumns = []column[knownBank]{
	{header: "PROVIDER", value: func(b knownBank) string { return b.Provider }},
	{header: "BANK", value: func(b knownBank) string { return b.Code }},
	{header: "NAME", value: func(b knownBank) string { return b.Name }, room: room{least: 12}},
	{header: "COUNTRIES", value: func(b knownBank) string { return strings.Join(b.Countries, " ") }},
	{header: "NEEDS", value: func(b knownBank) string { return strings.Join(b.Needs, " ") }, room: room{least: 20, goes: 4, wraps: true}},
	{header: "CONFIDENCE", value: func(b knownBank) string { return b.Confidence }, room: room{goes: 2}},
	{header: "ADDRESS", value: func(b knownBank) string { return b.address() }, room: room{least: 20, goes: 3}},
	{header: "NOTE", value: func(b knownBank) string { return b.Note }, room: room{least: 24, goes: 1, wraps: true}},
}

// address is the one to try first: the newest version, else production, else the sandbox.
func (b knownBank) address() string {
	names := slices.Sorted(maps.Keys(b.Addresses))
	if len(names) == 0 {
		return ""
	}
	name := names[len(names)-1]
	if b.Addresses["production"] != "" {
		name = "production"
	}
	return name + " " + b.Addresses[name]
}

func familyReport(country string) (report, error) {
	var all []knownBank
	var countries []string
	for _, p := range configuration.Providers() {
		for _, b := range p.Banks() {
			countries = append(countries, b.Countries...)
			if country == "" || slices.Contains(b.Countries, country) {
				needs := slices.Concat([]string{"baseURL"}, p.Required, p.OneOf, b.Needs())
				if b.PSUAddress {
					needs = append(needs, "psu")
				}
				if b.ListedOnce {
					needs = append(needs, "accounts")
				}
				all = append(all, knownBank{p.Name, b, needs})
			}
		}
	}
	if slices.Sort(countries); len(all) == 0 {
		return report{}, misuse{"-country is none of " + strings.Join(slices.Compact(countries), " ")}
	}
	document := listedProviders()
	document.Banks = all
	return report{document: document, table: tableOf(bankColumns, all)}, nil
}

// listed is one provider.
type listed struct {
	specs.Info
	UnattendedCalls int             `json:"unattendedCalls,omitempty"` // of balances, by the first limit
	UnattendedHours float64         `json:"unattendedHours,omitempty"`
	Credentials     credentialNames `json:"credentials"`
}

type credentialNames struct {
	Required []string `json:"required"`
	OneOf    []string `json:"oneOf,omitempty" jsonschema:"exactly one of these, or those of token"`
	Token    []string `json:"token,omitempty" jsonschema:"instead of one of oneOf: for these, access tokens are fetched"`
	Optional []string `json:"optional,omitempty"`
	Consent  []string `json:"consent,omitempty" jsonschema:"those that change when the PSU consents again"`
}

func listedProviders() listing {
	all := []listed{}
	for _, p := range configuration.Providers() {
		info, _ := specs.Describe(p.Name)
		var limit specs.Limit
		if balances, ok := info.Unattended.Of(specs.CallBalances); ok && len(balances.Limits) > 0 {
			limit = balances.Limits[0]
		}
		all = append(all, listed{info, limit.Calls, limit.Window.Hours(), credentialNames{
			append([]string{}, p.Required...), p.OneOf, p.Token, slices.Concat(p.Optional, p.TokenOptional), p.Consent,
		}})
	}
	return listing{Providers: all}
}

// credentialWords returns the credentials' names: alternatives with "|" between them, optional ones in brackets.
func credentialWords(p configuration.Provider) []string {
	var words []string
	optional := p.Optional
	switch own := p.OwnTokenNames(); {
	case p.Token != nil && len(own) == 0: // the others get a token, too
		optional = append(slices.Clone(p.OneOf), optional...)
	case len(p.OneOf) > 0:
		alternatives := slices.Clone(p.OneOf)
		if p.Token != nil {
			alternatives = append(alternatives, strings.Join(p.Token, "+"))
			optional = append(slices.Clone(p.TokenOptional), optional...)
		}
		words = append(words, strings.Join(alternatives, "|"))
	}
	words = append(words, p.Required...)
	for _, name := range optional {
		words = append(words, "["+name+"]")
	}
	return words
}

// stacked returns as many rows as the longest of the cells has lines.
func stacked(cells ...[]string) [][]string {
	var rows [][]string
	for i := range slices.MaxFunc(cells, func(a, b []string) int { return len(a) - len(b) }) {
		row := make([]string, len(cells))
		for column, lines := range cells {
			if i < len(lines) {
				row[column] = lines[i]
			}
		}
		rows = append(rows, row)
	}
	return rows
}
