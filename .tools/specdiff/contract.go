package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
)

// judgedAnew are the rules of oasdiff that weigh differently for those who read answers through a typed client.
var judgedAnew = map[string]kind{
	// What is gone may have been used.
	"api-global-security-removed":           breaking,
	"api-operation-id-removed":              breaking,
	"api-security-component-removed":        breaking,
	"api-security-removed":                  breaking,
	"optional-response-header-removed":      breaking,
	"request-parameter-removed":             breaking,
	"request-property-removed":              breaking,
	"response-mediatype-enum-value-removed": breaking,
	"response-non-success-status-removed":   breaking,
	"response-optional-property-removed":    breaking,
	"response-property-enum-value-removed":  breaking,
	"response-property-enum-value-added":    caution, // lists of values stay open
	"response-property-any-of-added":        caution,
	"response-property-one-of-added":        caution,
	"api-schema-removed":                    silent, // shows as a Go identifier, or in an operation
	"api-tag-added":                         silent,
	"api-tag-removed":                       silent,
	checker.APIVersionNotBumpedId:           silent, // versions have their own rule here
	checker.APIVersionDecreasedId:           silent,
	checker.APIMajorVersionNotBumpedId:      silent,
}

var (
	statusPhrase = regexp.MustCompile(" (?:for|from|to)(?: (?:the|response|with))* status `(\\d{3})`")
	statusSuffix = regexp.MustCompile(" (?:from|to) the response with the `(\\d{3})` status")
)

// A contractChange is one difference for the callers of an operation.
type contractChange struct {
	kind     kind
	where    string
	text     string
	statuses []string // in which answers
}

// contractChanges asks oasdiff; a change of several answers of one operation is one change.
func contractChanges(before, now *document) ([]finding, error) {
	difference, sources, err := diff.GetWithOperationsSourcesMap(diff.NewConfig(), before.info, now.info)
	if err != nil {
		return nil, err
	}
	rules := checker.NewConfig(checker.GetAllChecks())
	changes := []*contractChange{}
	for _, raw := range checker.CheckBackwardCompatibilityUntilLevel(rules, difference, sources, checker.INFO) {
		changes = merge(changes, describe(raw))
	}
	findings := []finding{}
	for _, c := range changes {
		findings = append(findings, finding{c.kind, c.String()})
	}
	return findings, nil
}

// merge adds a change, or its status to the same change of another answer.
func merge(changes []*contractChange, c *contractChange) []*contractChange {
	if c.kind == silent {
		return changes
	}
	same := func(o *contractChange) bool { return o.kind == c.kind && o.where == c.where && o.text == c.text }
	if i := slices.IndexFunc(changes, same); i >= 0 {
		changes[i].statuses = append(changes[i].statuses, c.statuses...)
		return changes
	}
	return append(changes, c)
}

// describe words a change of oasdiff for a reader who knows the provider.
func describe(raw checker.Change) *contractChange {
	c := &contractChange{kind: weigh(raw), where: strings.TrimSpace(raw.GetOperation() + " " + raw.GetPath())}
	c.text = raw.GetUncolorizedText(checker.NewDefaultLocalizer())
	for _, phrase := range []*regexp.Regexp{statusPhrase, statusSuffix} {
		if match := phrase.FindStringSubmatch(c.text); match != nil {
			c.text = phrase.ReplaceAllString(c.text, "")
			c.statuses = append(c.statuses, match[1])
		}
	}
	c.text = strings.TrimSuffix(strings.TrimPrefix(c.text, "the "), " without deprecation")
	return c
}

// weigh turns the level of oasdiff, or our own judgement, into a kind.
func weigh(raw checker.Change) kind {
	if own, ok := judgedAnew[raw.GetId()]; ok {
		return own
	}
	switch raw.GetLevel() {
	case checker.ERR:
		return breaking
	case checker.WARN:
		return caution
	}
	return change
}

func (c *contractChange) String() string {
	text := cmp.Or(c.where, "document") + ": " + c.text
	if len(c.statuses) > 0 {
		slices.Sort(c.statuses)
		text += " (status " + strings.Join(slices.Compact(c.statuses), ", ") + ")"
	}
	return text
}
