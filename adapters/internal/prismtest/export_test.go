package prismtest

import (
	"testing"

	"github.com/openbalances/openbalances/specs/contract"
)

var ThroughDoubles = throughDoubles

// Findings returns what differs between the sandbox with the document and Prism with the text.
func Findings(t *testing.T, script string, document *contract.Document, text []byte, open Open) []string {
	t.Helper()
	pair := newPair(t, script, document, text, open)
	findings := []string{}
	for _, call := range callsOf(t, document) {
		if err := pair.compare(t.Context(), call); err != nil {
			findings = append(findings, call.name()+": "+err.Error())
		}
	}
	return findings
}
