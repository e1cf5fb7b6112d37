package main

import (
	"context"
	"flag"
	"fmt"
	"io"
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
		asJSON := flags.Bool("json", false, "print one JSON document, with the documents' digests and the generator")
		return func(_ context.Context, stdout, _ io.Writer) error {
			list := listProviders
			if *asJSON {
				list = listProvidersJSON
			}
			if err := list(stdout); err != nil {
				return fmt.Errorf("cannot write the output: %w", err)
			}
			return nil
		}
	},
}

func listProviders(stdout io.Writer) error {
	rows := [][]string{{"PROVIDER", "OPERATION", "CREDENTIALS", "DOCUMENT"}}
	for _, p := range providers {
		info, _ := specs.Describe(p.name)
		rows = append(rows, stacked([]string{p.name}, info.Operations, wrapped(p.credentialWords(), cellWidth),
			[]string{info.Version + ", read " + info.Read})...)
	}
	_, err := io.WriteString(stdout, table(rows))
	return err
}

// listed is one provider as -json prints it.
type listed struct {
	specs.Info
	UnattendedCalls int             `json:"unattendedCalls,omitempty"` // of balances, by the first limit
	UnattendedHours float64         `json:"unattendedHours,omitempty"`
	Credentials     credentialNames `json:"credentials"`
}

type credentialNames struct {
	Required []string `json:"required"`
	OneOf    []string `json:"oneOf,omitempty"`
	Optional []string `json:"optional,omitempty"`
}

func listProvidersJSON(stdout io.Writer) error {
	all := []listed{}
	for _, p := range providers {
		info, _ := specs.Describe(p.name)
		var limit specs.Limit
		if balances, ok := info.Unattended.Of(specs.Balances); ok {
			limit = balances.Limits[0]
		}
		all = append(all, listed{info, limit.Calls, limit.Window.Hours(), credentialNames{p.required, p.oneOf, p.optional}})
	}
	text, err := indented(map[string]any{"providers": all})
	if err == nil {
		_, err = io.WriteString(stdout, text)
	}
	return err
}

// credentialWords returns the credentials' names: alternatives with "|" between them, optional ones in brackets.
func (p provider) credentialWords() []string {
	var words []string
	if len(p.oneOf) > 0 {
		words = append(words, strings.Join(p.oneOf, "|"))
	}
	words = append(words, p.required...)
	for _, name := range p.optional {
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
