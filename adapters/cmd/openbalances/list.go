package main

import (
	"context"
	"errors"
	"flag"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/specs"
)

const cellWidth = 44

var providersCommand = command{
	name:    "providers",
	summary: "list what is supported, with which credentials, from which document",
	example: "openbalances providers -json",
	setup: func(flags *flag.FlagSet) action {
		out := shortOutputFlags(flags, formatTable, formatJSON)
		return func(_ context.Context, p *process) error {
			return errors.Join(out.check(p), providerReport().print(p, out))
		}
	},
}

func providerReport() report {
	rows := [][]string{{"PROVIDER", "OPERATION", "CREDENTIALS", "DOCUMENT"}}
	for _, p := range providers {
		info, _ := specs.Describe(p.name)
		rows = append(rows, stacked([]string{p.name}, info.Operations, wrapped(p.credentialWords(), cellWidth),
			[]string{info.Version + ", read " + info.Read})...)
	}
	return report{document: listedProviders(), table: table{rows: rows, columns: []room{{}, {goes: 2}, {}, {goes: 1}}}}
}

// listing is what providers prints as JSON.
type listing struct {
	Providers []listed `json:"providers"`
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
	for _, p := range providers {
		info, _ := specs.Describe(p.name)
		var limit specs.Limit
		if balances, ok := info.Unattended.Of(specs.Balances); ok {
			limit = balances.Limits[0]
		}
		all = append(all, listed{info, limit.Calls, limit.Window.Hours(), credentialNames{
			append([]string{}, p.required...), p.oneOf, p.tokens.required, slices.Concat(p.optional, p.tokens.optional), p.consent,
		}})
	}
	return listing{all}
}

// credentialWords returns the credentials' names: alternatives with "|" between them, optional ones in brackets.
func (p provider) credentialWords() []string {
	var words []string
	optional := p.optional
	switch own := p.ownTokenNames(); {
	case p.tokens.open != nil && len(own) == 0: // the others get a token, too
		optional = append(slices.Clone(p.oneOf), optional...)
	case len(p.oneOf) > 0:
		alternatives := slices.Clone(p.oneOf)
		if p.tokens.open != nil {
			alternatives = append(alternatives, strings.Join(p.tokens.required, "+"))
			optional = append(slices.Clone(p.tokens.optional), optional...)
		}
		words = append(words, strings.Join(alternatives, "|"))
	}
	words = append(words, p.required...)
	for _, name := range optional {
		words = append(words, "["+name+"]")
	}
	return words
}

// wrapped fills lines of at most width characters with words.
func wrapped(words []string, width int) []string {
	var lines []string
	for _, word := range words {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	return lines
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
