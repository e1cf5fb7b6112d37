package main

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/contract"
)

// vocabulary is what a provider's document says: the names of members, and the values that it lists for them.
type vocabulary struct {
	names  map[string]bool
	values map[string][]string
}

func newVocabulary(provider string) (vocabulary, error) {
	words := vocabulary{map[string]bool{}, map[string][]string{}}
	document, err := contract.Load(provider)
	if err != nil {
		return words, err
	}
	err = document.Spec.WalkSchemas(func(_ string, ref *openapi3.SchemaRef) error {
		for name, property := range ref.Value.Properties {
			words.names[name] = true
			for _, listed := range property.Value.Enum {
				if text, ok := listed.(string); ok && !slices.Contains(words.values[name], text) {
					words.values[name] = append(words.values[name], text)
				}
			}
		}
		return nil
	})
	return words, err
}

// other returns another value of the leaf's own form as JSON: one character differs. There is none for null and for
// empty lists and objects.
func (l leaf) other() string {
	text, isText := l.text()
	switch {
	case l.kind != 0 || l.literal == "null":
		return ""
	case l.literal == "true":
		return "false"
	case l.literal == "false":
		return "true"
	case isText:
		return literal(nudged(text))
	}
	mark := strings.IndexAny(l.literal+"e", "eE")
	return nudged(l.literal[:mark]) + l.literal[mark:]
}

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// nudged returns text with its last digit, or else its last letter, replaced by a neighbour.
func nudged(text string) string {
	i := strings.LastIndexAny(text, digits)
	if i < 0 {
		i = strings.LastIndexAny(text, letters)
	}
	if i < 0 {
		return text + "x"
	}
	next := text[i] + 1
	if strings.ContainsRune("9Zz", rune(text[i])) {
		next = text[i] - 1
	}
	return text[:i] + string(rune(next)) + text[i+1:]
}

// candidates are texts that mean something to one mapping or another: what the document lists for the name, a known
// type and a time. Only their effect counts; that they are errors elsewhere says nothing.
func (l leaf) candidates(words vocabulary) []string {
	text, isText := l.text()
	if !isText {
		return nil
	}
	var all []string
	for _, candidate := range slices.Concat(words.values[l.name], generalCandidates) {
		if candidate != text {
			all = append(all, literal(candidate))
		}
	}
	return all
}

var generalCandidates = []string{
	string(adapters.ClosingBooked), string(adapters.InterimAvailable), "2001-02-03T04:05:06Z",
}
