// Package explain tells what became of each value of an answer, as the provider's document declares it, without anything
// that could identify somebody.
package explain

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/mapping"
)

// Hidden stands for what is not shown.
const Hidden = "…"

// Answer is an answer of a provider with status 200, and what the request asked for.
type Answer struct {
	Provider string
	Route    string // method and path of the document
	Body     []byte
	Asked    mapping.Asked
	Refused  bool // the adapter did not take it whole: no value is shown
}

// Step is one value of an answer and what became of it.
type Step struct {
	Pointer string `json:"pointer"`
	Sent    string `json:"sent,omitempty"` // empty for an object and a list
	Field   string `json:"field,omitempty"`
	Value   string `json:"value,omitempty"` // of the field
	Rule    string `json:"rule"`
	Again   bool   `json:"-"` // the step is about the value of the step before it
}

// Steps returns the steps of an answer. There are none for one that is not JSON.
func Steps(a Answer) ([]Step, error) {
	document, err := contract.Load(a.Provider)
	if err != nil {
		return nil, err
	}
	examples := document.Examples()
	i := slices.IndexFunc(examples, func(e specs.Example) bool { return e.Method+" "+e.Path == a.Route })
	if i < 0 {
		return nil, fmt.Errorf("explain: %s is not in the document", a.Route)
	}
	declared := mapping.New(document)
	read, _ := declared.Read(examples[i].Operation, a.Body, a.Asked) // the adapter tells what is wrong
	var body any
	_ = json.Unmarshal(a.Body, &body)
	steps := make([]Step, 0, len(read.Values))
	before := "no pointer"
	for _, value := range read.Values {
		step := a.step(value)
		step.Pointer, step.Again = pointer(value.Pointer, body, declared.Names), value.Pointer == before
		steps, before = append(steps, step), value.Pointer
	}
	return steps, nil
}

// shown are the fields whose values are shown. They are none that could identify somebody.
var shown = []string{"type", "providerType", "amount", "currency", "asOf", "referenceDate", "included", "consentValidUntil"}

func (a Answer) step(v mapping.Value) Step {
	s := Step{Sent: v.Sent, Field: v.Field, Value: v.Became, Rule: v.Rule}
	if s.Field == "" {
		s.Value = ""
	}
	field := s.Field[strings.LastIndexByte(s.Field, '.')+1:]
	if !a.Refused && slices.Contains(shown, field) {
		return s
	}
	if !slices.Contains([]string{"", "true", "false"}, s.Sent) {
		s.Sent = Hidden
	}
	if s.Value != "" && field != "state" {
		s.Value = Hidden
	}
	if before, _, found := strings.Cut(s.Rule, "table: "); found {
		s.Rule = before + "table"
	}
	return s
}

// pointer hides every name that the document does not know, because it may identify somebody.
func pointer(full string, body any, known func(name string) bool) string {
	steps := strings.Split(full, "/")
	for i, step := range steps[1:] {
		switch container := body.(type) {
		case []any:
			at, _ := strconv.Atoi(step)
			body = container[at]
		case map[string]any:
			name := strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
			body = container[name]
			if !known(name) {
				steps[i+1] = Hidden
			}
		}
	}
	return strings.Join(steps, "/")
}
