package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// confidences are how well facts are known, best first. A part of a document that carries no x-confidence, and lies in
// nothing that does, is on the provider's page.
var confidences = []string{"page", "documented", "inferred", "unknown"}

// facts counts by confidence: the parts of a document that are on the page, and the facts of x-provenance that are not.
type facts map[string]int

func readFacts(root *yaml.Node, d document) facts {
	f := facts{confidences[0]: onPage("", root)}
	for _, fact := range d.Info.Provenance.Inferred {
		f[fact.Confidence]++
	}
	return f
}

func (f facts) String() string {
	var all []string
	for _, confidence := range confidences {
		all = append(all, fmt.Sprintf("%d %s", f[confidence], confidence))
	}
	return strings.Join(all, ", ")
}

// parts are the keys whose members count, each with what it says: servers, operations, parameters, answers, headers,
// properties and listed values.
var parts = []string{"servers", "paths", "parameters", "responses", "headers", "properties", "enum", "x-extensible-enum"}

// onPage counts the parts below node, whose key is name. A reference counts where it leads to.
func onPage(name string, node *yaml.Node) (n int) {
	for i, child := range node.Content {
		key := ""
		if node.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			key = node.Content[i-1].Value
		}
		if has(child, "x-confidence") {
			continue
		}
		if slices.Contains(parts, name) && !has(child, "$ref") {
			n++
		}
		if key != "examples" && (!strings.HasPrefix(key, "x-") || slices.Contains(parts, key)) {
			n += onPage(key, child)
		}
	}
	return n
}

func has(node *yaml.Node, name string) bool {
	for i := 0; node.Kind == yaml.MappingNode && i < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return true
		}
	}
	return false
}

// writeProvenance lists what the documents say without the provider having said it, unknown facts first, so that whoever
// has an account at a provider can verify them from the top; then a line of numbers for each provider.
func writeProvenance(out io.Writer, providers []provider) {
	for _, p := range providers {
		for _, confidence := range []string{"unknown", "inferred"} {
			for _, fact := range p.Document.Info.Provenance.Inferred {
				if fact.Confidence == confidence {
					fmt.Fprintf(out, "%s: %s: %s\n    because: %s\n", p.Name, confidence, fact.Fact, fact.Source)
				}
			}
		}
	}
	fmt.Fprintf(out, "\n%-15s%6s%12s%10s%9s\n", "facts", "page", "documented", "inferred", "unknown")
	for _, p := range providers {
		fmt.Fprintf(out, "%-15s%6d%12d%10d%9d\n", p.Name, p.Facts["page"], p.Facts["documented"], p.Facts["inferred"], p.Facts["unknown"])
	}
}
