package adaptertest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// value is one value of a JSON text and the bytes it stands in.
type value struct {
	pointer       string // RFC 6901
	key           string // the last part of pointer, not escaped
	member        bool   // of an object, so that it has a name in the text
	name, nameEnd int
	start, end    int
	kind          byte // one of {["0tn
	parent        int  // index, -1 for the document
}

// values lists every value of a JSON text in its order, the document itself first. What follows the document is not looked
// at.
func values(text []byte) (all []value, err error) {
	if len(text) == 0 { // of a status without a body
		return nil, nil
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	open, name := -1, value{} // the innermost object or list that has not ended; the name that was read last, without its value
	for {
		v, err := next(decoder)
		if err != nil {
			return all, err
		}
		within, read := decoder.StackIndex(decoder.StackDepth())
		switch {
		case v.kind == '}' || v.kind == ']':
			all[open].end = v.end
			open = all[open].parent
		case within == '{' && read%2 == 1:
			name = v
		default:
			at := decoder.StackPointer()
			v.pointer, v.key, v.parent = string(at), at.LastToken(), open
			v.member, v.name, v.nameEnd, name = name.end > 0, name.start, name.end, value{}
			all = append(all, v)
			if v.kind == '{' || v.kind == '[' {
				open = len(all) - 1
			}
		}
		if open < 0 {
			return all, nil
		}
	}
}

// next is the next delimiter, or name or value that is none of them.
func next(decoder *jsontext.Decoder) (v value, err error) {
	length := 1
	switch v.kind = byte(decoder.PeekKind()); v.kind {
	case '{', '}', '[', ']':
		_, err = decoder.ReadToken()
	case 'f':
		v.kind = 't'
		fallthrough
	default:
		var text jsontext.Value
		text, err = decoder.ReadValue()
		length = len(text)
	}
	v.end = int(decoder.InputOffset())
	v.start = v.end - length
	return v, err
}

// edit replaces the bytes from start to end.
type edit struct {
	start, end int
	text       []byte
}

// apply makes edits that do not overlap.
func apply(text []byte, edits ...edit) []byte {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b edit) int { return b.start - a.start })
	for _, e := range edits {
		text = slices.Concat(text[:e.start], e.text, text[e.end:])
	}
	return text
}

// without is the edit that takes v out, with its name and one comma.
func without(text []byte, v value) edit {
	start, end := v.start, v.end
	if v.member {
		start = v.name
	}
	rest := bytes.TrimLeft(text[end:], " \t\r\n")
	if bytes.HasPrefix(rest, []byte(",")) {
		return edit{start: start, end: len(text) - len(rest) + 1}
	}
	if front := bytes.TrimRight(text[:start], " \t\r\n"); bytes.HasSuffix(front, []byte(",")) {
		start = len(front) - 1
	}
	return edit{start: start, end: end}
}

// quoted writes a member's name as JSON, in one of the disguises of [mutation].
func quoted(key, as string) []byte {
	switch as {
	case "title":
		key = strings.ToUpper(key[:1]) + key[1:]
	case "upper":
		key = strings.ToUpper(key)
	case "lower":
		key = strings.ToLower(key)
	}
	text, _ := json.Marshal(key) // a string always can be
	if as == "escaped" {
		text = slices.Concat([]byte(`"\u00`), []byte(strconv.FormatInt(int64(key[0]), 16)), text[2:])
	}
	return text
}
