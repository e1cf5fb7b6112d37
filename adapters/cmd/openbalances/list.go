package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/openbalances/openbalances/specs/contract"
)

const cellWidth = 44

var providersCommand = command{
	name:    "providers",
	summary: "list what is supported, with which credentials, from which document",
	example: "openbalances providers",
	setup: func(*flag.FlagSet) action {
		return func(_ context.Context, stdout, _ io.Writer) error { return listProviders(stdout) }
	},
}

func listProviders(stdout io.Writer) error {
	rows := [][]string{{"PROVIDER", "OPERATION", "CREDENTIALS", "DOCUMENT"}}
	for _, p := range providers {
		document, err := contract.Load(p.name)
		if err != nil {
			return err
		}
		rows = append(rows, stacked([]string{p.name}, operations(document.Spec),
			wrapped(p.credentialWords(), cellWidth), []string{origin(document.Spec)})...)
	}
	if _, err := io.WriteString(stdout, table(rows)); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

// operations returns method and path of every operation, sorted by path.
func operations(document *openapi3.T) []string {
	var all []string
	for _, path := range document.Paths.InMatchingOrder() {
		for method := range document.Paths.Value(path).Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// credentialWords returns the credentials' names: alternatives with "|" between them, optional ones in brackets.
func (p provider) credentialWords() []string {
	words := slices.Clone(p.required)
	if len(p.oneOf) > 0 {
		words = append(words, strings.Join(p.oneOf, "|"))
	}
	for _, name := range p.optional {
		words = append(words, "["+name+"]")
	}
	return words
}

// origin says which version of the document this is, and when the provider's page was read for it.
func origin(document *openapi3.T) string {
	text := document.Info.Version
	provenance, _ := document.Info.Extensions["x-provenance"].(map[string]any)
	if read, ok := provenance["read"].(string); ok {
		text += ", read " + read
	}
	return text
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
