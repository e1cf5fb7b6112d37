package strictjson

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// What an answer may have at most. Real ones have a fraction of it; the limits bound time and memory of the decoding.
const (
	maxDepth    = 64
	maxMembers  = 256    // of one object
	maxElements = 10_000 // of all arrays together, in an answer of the usual size
	usualSize   = 1 << 20
	elementSize = 16 // bytes, on average at least, in one that is larger because the caller has raised the cap

	maxKnownElements = 1_000_000 // of the caller's own document
)

// ErrTooMany is the error for a text with more elements or members than any answer needs.
var ErrTooMany = errors.New("more elements than an answer can have")

var (
	errDepth = errors.New("nested too deeply")
	errCase  = errors.New("two names differ in case only")
)

// inspect walks a text once, before it is decoded, and looks only at its structure: what is wrong otherwise is left to the
// decoder to say.
func inspect(data []byte, maxElements int) error {
	decoder := jsontext.NewDecoder(bytes.NewBuffer(data))
	var names [maxDepth + 1][]name // of the open objects, by depth
	for elements := 0; elements <= maxElements; {
		token, err := decoder.ReadToken()
		if err != nil {
			return nil
		}
		depth := decoder.StackDepth()
		if depth > maxDepth {
			return errDepth
		}
		switch kind, length := decoder.StackIndex(depth); {
		case token.Kind() == '{':
			names[depth] = names[depth][:0]
		case kind == '[' && length > 0:
			elements++
		case kind == '{' && length%2 == 1 && token.Kind() == '"':
			names[depth] = append(names[depth], name{token.String(), folded(token.String())})
			err = lastName(names[depth])
		}
		if err != nil {
			return err
		}
	}
	return ErrTooMany
}

// name is a name of an object, and the one text for all that differ from it in case only.
type name struct{ text, folded string }

// lastName returns what is wrong with the last name of an object.
func lastName(names []name) error {
	last := names[len(names)-1]
	if len(names) > maxMembers {
		return ErrTooMany
	}
	if slices.ContainsFunc(names, func(n name) bool { return n.folded == last.folded && n.text != last.text }) {
		return errCase
	}
	return nil
}

// folded returns the same text for all that [strings.EqualFold] calls equal.
func folded(text string) string {
	return strings.Map(func(r rune) rune {
		if r <= unicode.MaxASCII {
			return unicode.ToUpper(r)
		}
		first := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			first = min(first, other)
		}
		return first
	}, text)
}
