package strictjson

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/shopspring/decimal"
)

// This file, plan.go and the call of read are a shortcut and nothing else: without them the same documents are read, in
// twice the time. The reader reads documents in one pass that are plainly written: no escapes, no exponents, nothing
// twice. What it accepts json v2 accepts and reads alike; whatever else it meets it leaves to that, so it knows no errors.
type reader struct {
	data     []byte
	at       int
	kind     byte   // of the token before at: its first character, '0' for a number, 0 for what is none
	text     []byte // of a string or number
	depth    int
	elements int
	names    [][]byte   // of the open objects that no type describes, innermost last
	words    [32]string // texts that may come again
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// read reads data into target, a pointer to a zero value, or leaves it zero and returns false.
func read(data []byte, target any) bool {
	if bytes.IndexByte(data, '\\') >= 0 || !utf8.Valid(data) {
		return false
	}
	v := reflect.ValueOf(target).Elem()
	known, ok := shapes.Load(v.Type())
	if !ok {
		known, _ = shapes.LoadOrStore(v.Type(), shapeOf(v.Type()))
	}
	r := readers.Get().(*reader)
	r.data = data
	r.next()
	done := r.value(known.(*shape), v) && r.next() == 0 && r.at == len(data)
	clear(r.names[:cap(r.names)])
	*r = reader{names: r.names[:0]}
	readers.Put(r)
	if !done {
		v.SetZero()
	}
	return done
}

// value reads the value that begins with the token. What it leaves as it is stays zero.
func (r *reader) value(s *shape, v reflect.Value) bool {
	switch {
	case r.kind == 'n':
		return true
	case s == nil:
		return false
	case s.wrapper:
		return r.value(s.element, v.Field(0))
	case s.kind == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(s.element, v.Elem())
	case r.kind == '{' && r.depth < maxDepth && (s.kind == reflect.Struct && !s.amount || s.passed()):
		return r.object(s, v)
	case r.kind == '[' && r.depth < maxDepth && (s.kind == reflect.Slice || s.passed()):
		return r.list(s, v)
	}
	return r.scalar(s, v)
}

func (r *reader) object(s *shape, v reflect.Value) bool {
	outer, seen, next := len(r.names), uint64(0), 0
	r.depth++
	for n := 0; r.next() != '}'; n++ {
		if n > 0 && (r.kind != ',' || r.next() == 0) || r.kind != '"' {
			return false
		}
		name := r.text
		if r.next() != ':' || r.next() == 0 {
			return false
		}
		if next == len(s.members) || s.members[next].name != string(name) {
			next = slices.IndexFunc(s.members, func(m member) bool { return m.name == string(name) })
		}
		if next < 0 {
			inner := unwanted
			if says := meaningOf(name, r.depth == 1 || s == aboutPages); s != unwanted && says != nothing {
				inner = aboutPages
				if !r.silent(says) {
					return false
				}
			}
			if next = 0; !r.distinct(s, outer, name) || !r.value(inner, v) {
				return false
			}
			continue
		}
		m := &s.members[next]
		if seen&(1<<next) != 0 || !r.silent(m.says) || !r.value(m.shape, v.FieldByIndex(m.index)) {
			return false
		}
		seen |= 1 << next
		next++
	}
	r.names = r.names[:outer]
	r.depth--
	return true
}

// silent returns false if a value may say something about pages that is worth another look.
func (r *reader) silent(says meaning) bool {
	switch says {
	case nothing:
		return true
	case about:
		return r.kind != '['
	case pages:
		isElement := r.depth > 2 // which is no page of a list that is asked for in pages
		return r.kind == 'n' || isElement && r.kind == '0' && len(r.text) == 1 && r.text[0] <= '1'
	case next:
		return r.kind == 'n' || r.kind == '"' && len(r.text) == 0
	}
	return r.kind == 'n'
}

// maxName is how long a name may be that is compared with all others of its object.
const maxName = 64

// distinct takes down a name that s does not have. It returns false if the name differs in case at most from one that s
// has or one of those after outer, or if they are too many or too long.
func (r *reader) distinct(s *shape, outer int, name []byte) bool {
	if len(r.names)-outer >= maxMembers-maxPlanned || len(name) > maxName ||
		slices.ContainsFunc(s.members, func(m member) bool { return strings.EqualFold(m.name, string(name)) }) ||
		slices.ContainsFunc(r.names[outer:], func(other []byte) bool { return bytes.EqualFold(other, name) }) {
		return false
	}
	r.names = append(r.names, name)
	return true
}

func (r *reader) list(s *shape, v reflect.Value) bool {
	r.depth++
	for n := 0; r.next() != ']'; n++ {
		if n > 0 && (r.kind != ',' || r.next() == 0) || r.elements == maxElements {
			return false
		}
		r.elements++
		element := v
		if !s.passed() {
			v.Grow(1)
			v.SetLen(n + 1)
			element = v.Index(n)
		}
		if !r.value(s.element, element) {
			return false
		}
	}
	if !s.passed() && v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	r.depth--
	return true
}

// maxInteger is how many digits surely fit.
const maxInteger = 9

func (r *reader) scalar(s *shape, v reflect.Value) bool {
	switch {
	case s.amount:
		value, err := amount.Parse(r.text)
		if err == nil {
			*v.Addr().Interface().(*decimal.NullDecimal) = decimal.NewNullDecimal(value)
		}
		return err == nil
	case s.kind == reflect.String && r.kind == '"':
		v.SetString(r.word())
		return true
	case s.kind == reflect.Bool:
		v.SetBool(r.kind == 't')
		return r.kind == 't' || r.kind == 'f'
	case s.kind == reflect.Int && r.kind == '0' && len(r.text) <= maxInteger:
		value, err := strconv.Atoi(string(r.text))
		v.SetInt(int64(value))
		return err == nil
	case s.passed() && r.kind == '0':
		_, err := amount.Parse(r.text)
		return err == nil
	}
	return s.passed() && (r.kind == '"' || r.kind == 't' || r.kind == 'f')
}

// word returns the text of the token, the same string for the same text where it comes often.
func (r *reader) word() string {
	if len(r.text) == 0 {
		return ""
	}
	word := &r.words[(len(r.text)*7+int(r.text[0])*3+int(r.text[len(r.text)-1]))%len(r.words)]
	if *word != string(r.text) {
		*word = string(r.text)
	}
	return *word
}

// next moves to the next token and returns its kind.
func (r *reader) next() byte {
	for r.at < len(r.data) && (r.data[r.at] == ' ' || r.data[r.at] == '\n' || r.data[r.at] == '\r' || r.data[r.at] == '\t') {
		r.at++
	}
	r.kind, r.text = 0, nil
	rest := r.data[r.at:]
	if len(rest) == 0 {
		return 0
	}
	switch c := rest[0]; c {
	case '{', '}', '[', ']', ',', ':':
		r.kind = c
		r.at++
	case '"':
		r.quoted(rest[1:])
	case 't', 'f', 'n':
		for _, word := range []string{"true", "false", "null"} {
			if c == word[0] && bytes.HasPrefix(rest, []byte(word)) {
				r.kind = c
				r.at += len(word)
			}
		}
	default:
		r.number(rest)
	}
	return r.kind
}

// quoted takes a string, whose opening quote stands before rest.
func (r *reader) quoted(rest []byte) {
	for i, c := range rest {
		if c == '"' {
			r.kind, r.text = '"', rest[:i]
			r.at += i + 2
			return
		}
		if c < ' ' {
			return
		}
	}
}

// number takes the characters of a number without an exponent. Whether they are one is told where it is used, but for
// zeros in front.
func (r *reader) number(rest []byte) {
	n := 0
	for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.' || rest[n] == '-') {
		n++
	}
	digits := bytes.TrimPrefix(rest[:n], []byte("-"))
	if n > 0 && (len(digits) < 2 || digits[0] != '0' || digits[1] == '.') {
		r.kind, r.text = '0', rest[:n]
		r.at += n
	}
}
