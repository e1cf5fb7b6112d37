package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A place is a spot of a document that differs.
type place struct {
	path    string
	text    bool // a description, an example or a note
	was, is any  // nil if it was or is not there
}

func (p place) String() string {
	switch {
	case p.was == nil:
		return "added " + p.path
	case p.is == nil:
		return "removed " + p.path
	}
	return p.path + " was " + brief(p.was) + ", is " + brief(p.is)
}

// brief keeps a value on a short line.
func brief(value any) string {
	text := []rune(strings.Join(strings.Fields(fmt.Sprint(value)), " "))
	if len(text) > 80 {
		return string(text[:80]) + "..."
	}
	return string(text)
}

// ofNames are the keywords below which keys are names that somebody chose.
var ofNames = []string{"headers", "parameters", "paths", "properties", "responses", "schemas", "securitySchemes"}

// texts are the keywords whose content binds nobody.
var texts = []string{"description", "example", "examples", "externalDocs", "summary", "tags", "title"}

// isText tells notes from rules; of the extensions only lists of known values say something about the messages.
func isText(key string) bool {
	return slices.Contains(texts, key) || strings.HasPrefix(key, "x-") && key != "x-extensible-enum"
}

// places walks two documents side by side; the version has a finding of its own.
func places(before, now *document) []place {
	found := walk(place{was: before.tree, is: now.tree}, false)
	return slices.DeleteFunc(found, func(p place) bool { return p.path == "info/version" })
}

// walk lists what differs at or below a place, whose keys are names or keywords.
func walk(at place, names bool) []place {
	if reflect.DeepEqual(at.was, at.is) {
		return nil
	}
	was, wasOK := children(at.was)
	is, isOK := children(at.is)
	if !wasOK || !isOK {
		return []place{at}
	}
	keys := maps.Clone(was)
	maps.Copy(keys, is)
	found := []place{}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		below := place{strings.TrimPrefix(at.path+"/"+key, "/"), at.text || !names && isText(key), was[key], is[key]}
		found = append(found, walk(below, !names && slices.Contains(ofNames, key))...)
	}
	return found
}

// children are the members of an object, or the elements of a list under what identifies them.
func children(value any) (map[string]any, bool) {
	object, ok := value.(map[string]any)
	if ok {
		return object, true
	}
	list, ok := value.([]any)
	if !ok {
		return nil, false
	}
	object = map[string]any{}
	for i, element := range list {
		object[identity(element, i)] = element
	}
	return object, true
}

// identity is what a list element is known by, so that an insertion does not look like a change of all that follow.
func identity(element any, i int) string {
	object, ok := element.(map[string]any)
	if !ok {
		return fmt.Sprint(element)
	}
	for _, key := range []string{"$ref", "name", "url", "fact", "what"} {
		if text, ok := object[key].(string); ok {
			return text
		}
	}
	return fmt.Sprint(i)
}

// placeFindings reports what oasdiff does not look at: servers, lists of known values, texts. Other places show only if
// nothing else tells that something changed there.
func placeFindings(all []place, told bool) []finding {
	findings, notes := []finding{}, []place{}
	for _, p := range all {
		own := strings.HasPrefix(p.path, "servers/") || strings.Contains(p.path, "/x-extensible-enum")
		switch {
		case p.text:
			notes = append(notes, p)
		case own || !told:
			findings = append(findings, finding{change, "document: " + p.String()})
		}
	}
	if len(notes) > 0 {
		findings = append(findings, finding{textual, fmt.Sprintf("%d descriptions, examples or notes differ, the first is %s",
			len(notes), notes[0].path)})
	}
	return findings
}
