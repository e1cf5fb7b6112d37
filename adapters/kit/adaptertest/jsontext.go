package adaptertest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
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

// values lists every value of a JSON text in its order, the document itself first.
func values(text []byte) ([]value, error) {
	if len(text) == 0 { // of a status without a body
		return nil, nil
	}
	s := scanner{text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	s.decoder.UseNumber()
	err := s.value(value{parent: -1})
	return s.all, err
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

type scanner struct {
	text    []byte
	decoder *json.Decoder
	all     []value
}

// value reads v, whose pointer and name are known, and everything in it.
func (s *scanner) value(v value) error {
	v.start = s.next()
	index := len(s.all)
	s.all = append(s.all, v)
	token, err := s.decoder.Token()
	if err != nil {
		return err
	}
	s.all[index].kind = kind(token)
	if delimiter, open := token.(json.Delim); open {
		if err := s.inside(index, delimiter); err != nil {
			return err
		}
	}
	s.all[index].end = int(s.decoder.InputOffset())
	return nil
}

func (s *scanner) inside(parent int, delimiter json.Delim) error {
	for i := 0; s.decoder.More(); i++ {
		child := value{parent: parent, key: strconv.Itoa(i)}
		if delimiter == '{' {
			child.member, child.name = true, s.next()
			name, err := s.decoder.Token()
			if err != nil {
				return err
			}
			child.key, child.nameEnd = name.(string), int(s.decoder.InputOffset())
		}
		child.pointer = s.all[parent].pointer + "/" + pointerEscapes.Replace(child.key)
		if err := s.value(child); err != nil {
			return err
		}
	}
	_, err := s.decoder.Token()
	return err
}

// next is where the next token starts.
func (s *scanner) next() int {
	rest := s.text[s.decoder.InputOffset():]
	return len(s.text) - len(bytes.TrimLeft(rest, " \t\r\n,:"))
}

func kind(token json.Token) byte {
	switch token := token.(type) {
	case json.Delim:
		return byte(token)
	case string:
		return '"'
	case bool:
		return 't'
	case nil:
		return 'n'
	}
	return '0'
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
