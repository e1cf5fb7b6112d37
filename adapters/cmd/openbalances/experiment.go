package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const hidden = "…"

// experiment finds out what each value of an answer is good for, by changing it and looking at what changes.
type experiment struct {
	root      *node
	words     vocabulary
	again     func(context.Context, []byte) mapping
	base      mapping
	fields    map[string]string // of base
	accountID string
	provider  string
	fed       map[string]bool // fields for which a value was found
}

// errNoExperiment says that an answer is no JSON, or JSON that is broken in a way that is lost when it is written again.
var errNoExperiment = errors.New("no experiment")

// newExperiment prepares the experiment on a recorded answer, which the adapter mapped to first.
func newExperiment(ctx context.Context, c connection, accountID string, tape *recorder, first mapping) (
	*experiment, error) {
	root, parsed := parseTree(tape.body)
	if !parsed {
		return nil, errNoExperiment
	}
	words, err := newVocabulary(c.provider)
	if err != nil {
		return nil, err
	}
	again, err := c.replayed(tape, accountID)
	if err != nil {
		return nil, err
	}
	base := again(ctx, root.json())
	if (first.err == nil) != (base.err == nil) || len(differences(first, base)) > 0 {
		return nil, errNoExperiment
	}
	return &experiment{
		root: root, words: words, again: again, base: base, fields: base.fields(), accountID: accountID,
		provider: c.provider, fed: map[string]bool{},
	}, nil
}

// trial is what changing one value has shown.
type trial struct {
	changed      map[string]bool // fields
	notFlipped   map[string]bool // of these, amounts that got another value than their negative
	otherFails   bool            // another value of the same form is an error
	removalFails bool
}

func (e *experiment) try(ctx context.Context, l leaf) trial {
	t := trial{changed: map[string]bool{}, notFlipped: map[string]bool{}}
	sent := *l.node
	if other := l.other(); other != "" {
		l.literal = other
		t.otherFails = t.note(e.base, e.again(ctx, e.root.json()))
	}
	if t.isOpen() {
		for _, candidate := range l.candidates(e.words) {
			l.literal = candidate
			t.note(e.base, e.again(ctx, e.root.json()))
		}
	}
	*l.node = sent
	l.gone = true
	t.removalFails = t.note(e.base, e.again(ctx, e.root.json()))
	*l.node = sent
	return t
}

// note adds what one change has shown and reports whether it was an error.
func (t trial) note(base, other mapping) bool {
	if base.err == nil && other.err != nil {
		return true
	}
	for _, d := range differences(base, other) {
		t.changed[d.field] = true
		if strings.TrimPrefix(d.before, "-") != strings.TrimPrefix(d.after, "-") {
			t.notFlipped[d.field] = true
		}
	}
	return false
}

// isOpen reports whether other values may show more: after an error, after nothing, and for texts, which may be types.
func (t trial) isOpen() bool {
	isText := func(field string) bool { return last(field) == "providerType" }
	return len(t.changed) == 0 || slices.ContainsFunc(slices.Collect(maps.Keys(t.changed)), isText)
}

// fields returns what the value feeds, in order. A warning counts only where nothing else changes, because it comes
// with every value that cannot be used.
func (t trial) fields() []string {
	fields := slices.Sorted(maps.Keys(t.changed))
	isWarning := func(field string) bool { return last(field) == "warnings" }
	if kept := slices.DeleteFunc(slices.Clone(fields), isWarning); len(kept) > 0 {
		return kept
	}
	return fields
}

func (e *experiment) explain(ctx context.Context, l leaf) value {
	t := e.try(ctx, l)
	v := value{Pointer: l.pointer, Sent: hidden}
	fields := t.fields()
	for _, field := range fields {
		e.fed[field] = true
		v.Feeds = append(v.Feeds, effect{field, e.value(field), e.rule(field, l, t)})
	}
	v.Feeds = e.together(v.Feeds)
	if l.isHarmless() || slices.ContainsFunc(fields, isTraced) {
		v.Sent = rawJSON(l.sent())
	}
	text, _ := l.text()
	switch {
	case l.node == e.root:
		v.Rule = "the whole answer"
	case t.otherFails && slices.Contains([]string{text, l.literal}, e.accountID):
		v.Rule = "checked against the account asked for"
	case t.otherFails && len(fields) == 0, t.removalFails:
		v.Rule = "required"
	case len(fields) == 0 && e.base.err == nil:
		v.Rule = "not used"
	}
	return v
}

// value is what a field holds, as far as it may be shown.
func (e *experiment) value(field string) string {
	text := cmp.Or(e.fields[field], "(absent)")
	if e.fields[field] != "" && !isShown(field) {
		return hidden
	}
	return text
}

// ofBalance finds a field of one balance.
var ofBalance = regexp.MustCompile(`^balances\[\d+\]\.`)

// together turns the same effect on all balances into one.
func (e *experiment) together(effects []effect) []effect {
	count := map[effect]int{}
	for _, one := range effects {
		count[one.ofAll()]++
	}
	all := []effect{}
	for _, one := range effects {
		if every := one.ofAll(); len(e.base.balances) > 1 && count[every] == len(e.base.balances) {
			one = every
		}
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

func (f effect) ofAll() effect {
	f.Field = ofBalance.ReplaceAllString(f.Field, "balances[*].")
	return f
}

// derived returns the fields that no single value feeds.
func (e *experiment) derived(receivedAt string) []effect {
	all := []effect{}
	for i := range e.base.balances {
		at := fmt.Sprintf("balances[%d].", i)
		all = append(all, effect{at + "provider", e.provider, "the adapter's name"},
			effect{at + "accountId", hidden, "the account asked for"},
			effect{at + "receivedAt", receivedAt, "when the answer arrived"})
	}
	for _, field := range slices.Sorted(maps.Keys(e.fields)) {
		if !e.fed[field] && ofBalance.MatchString(field) {
			all = append(all, effect{field, e.value(field), "no single value, see go doc adapters/" + e.provider})
		}
	}
	return e.together(all)
}
