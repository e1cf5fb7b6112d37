package traffic

import (
	"fmt"
	"strings"
)

// Deviation is one way in which an exchange differed from the document. It holds no value of a message.
type Deviation struct {
	Provider  string `json:"provider"`            // of the document
	Operation string `json:"operation,omitempty"` // operationId; empty where the request belongs to none
	Status    int    `json:"status,omitempty"`    // of the answer; 0 where the request deviates
	// Part is where: "request path", "request header X-Request-ID", "response status 418", "response header Retry-After",
	// "request body", or "response body" and a JSON pointer, as in "response body /balances/*/type". In the pointer "*"
	// stands for every index, and for every name that is not shown (see [Transport]).
	Part string `json:"part,omitempty"`
	// Rule is what the part breaks: one of the rules below, a keyword of its schema such as "type", "required", "enum",
	// "pattern" or "nullable", or a few words as in "not JSON: truncated".
	Rule string `json:"rule"`
	// Documented is what the document says there, as far as a line can hold it: the type, the pattern, the first of the
	// listed values, statuses or media types. Empty where there is nothing to say.
	Documented string `json:"documented,omitempty"`
	// Count is how often in this exchange.
	Count int `json:"count"`
}

// Rules that are no keywords of a schema.
const (
	RuleMember  = "undocumented member"     // an object has a member that the document does not name
	RuleValue   = "undocumented value"      // not in x-extensible-enum or x-documented-values
	RuleUnknown = "undocumented"            // path, method, status or body
	RuleMedia   = "undocumented media type" // of a body
	RuleMissing = "required"                // member, header, parameter or body
	RuleMore    = "further deviations"      // that are left out; Count is the least that there are

	RuleOutside = uncheckedPrefix + "outside the base URL"   // a request that goes elsewhere, and its answer
	RuleLarge   = uncheckedPrefix + "larger than the cap"    // body
	RuleUnread  = uncheckedPrefix + "not read to its end"    // body that was closed early
	RuleEncoded = uncheckedPrefix + "has a Content-Encoding" // body

	uncheckedPrefix = "not checked: "
)

// Checked is false where the part could not be checked, so that nothing is known about it.
func (d Deviation) Checked() bool { return !strings.HasPrefix(d.Rule, uncheckedPrefix) }

// String returns one line with everything but the status.
func (d Deviation) String() string {
	text := strings.TrimSpace(d.Provider + " " + d.Operation)
	if d.Part != "" {
		text += ": " + d.Part
	}
	text += ": " + d.Rule
	var notes []string
	if d.Documented != "" {
		notes = append(notes, "documented: "+d.Documented)
	}
	if d.Count > 1 {
		notes = append(notes, fmt.Sprintf("%d times", d.Count))
	}
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, "; ") + ")"
	}
	return text
}

// DeviationError is why a strict [Transport] failed a call.
type DeviationError struct {
	Deviations []Deviation // at least one
}

// Error names the first deviation.
func (e *DeviationError) Error() string {
	text := "traffic: " + e.Deviations[0].String()
	if more := len(e.Deviations) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}
