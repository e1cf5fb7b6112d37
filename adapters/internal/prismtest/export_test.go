package prismtest

import (
	"maps"
	"slices"
	"testing"

	"github.com/openbalances/openbalances/specs/contract"
)

var ThroughDoubles = throughDoubles

// Limits returns the calls that Prism cannot serve.
func Limits() []string { return slices.Collect(maps.Keys(limits)) }

// Calls returns the names of a document's calls, with the provider as limits has it.
func Calls(document *contract.Document) (names []string) {
	for _, call := range callsOf(document) {
		names = append(names, document.Provider+" "+call.name())
	}
	return names
}

// Findings returns what differs between the sandbox with the document and Prism with the text.
func Findings(t *testing.T, script string, document *contract.Document, text []byte, open Open) []string {
	t.Helper()
	pair := newPair(t, script, document, text, open)
	findings := []string{}
	for _, call := range callsOf(document) {
		if err := pair.compare(t.Context(), call); err != nil {
			findings = append(findings, call.name()+": "+err.Error())
		}
	}
	return findings
}
