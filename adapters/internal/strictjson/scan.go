package strictjson

import (
	"bytes"
	"unicode/utf8"
)

// simple reads a string without escapes, and the space before it.
func (r *reader) simple() ([]byte, bool) {
	if !r.take('"') {
		return nil, false
	}
	first, ascii := r.at, true
	for ; r.at < len(r.data); r.at++ {
		switch c := r.data[r.at]; {
		case c == '"':
			text := r.data[first:r.at]
			r.at++
			return text, ascii || utf8.Valid(text)
		case c < ' ', c == '\\':
			return nil, false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, false
}

// number reads a JSON number without an exponent; it is nil if there is none.
func (r *reader) number() []byte {
	first := r.at
	if r.at < len(r.data) && r.data[r.at] == '-' {
		r.at++
	}
	whole := r.digits()
	if whole == 0 || whole > 1 && r.data[r.at-whole] == '0' {
		return nil
	}
	if r.at < len(r.data) && r.data[r.at] == '.' {
		r.at++
		if r.digits() == 0 {
			return nil
		}
	}
	return r.data[first:r.at]
}

func (r *reader) digits() int {
	first := r.at
	for r.at < len(r.data) && '0' <= r.data[r.at] && r.data[r.at] <= '9' {
		r.at++
	}
	return r.at - first
}

// literal reads one of the words of JSON, and the space before it.
func (r *reader) literal(text string) bool {
	if r.peek() != text[0] || !bytes.HasPrefix(r.data[r.at:], []byte(text)) {
		return false
	}
	r.at += len(text)
	return true
}

// take reads one character, and the space before it.
func (r *reader) take(c byte) bool {
	if r.peek() != c {
		return false
	}
	r.at++
	return true
}

// peek returns the next character after space, 0 at the end.
func (r *reader) peek() byte {
	for r.at < len(r.data) {
		switch c := r.data[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
	return 0
}
