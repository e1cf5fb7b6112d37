package strictjson

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/shopspring/decimal"
)

// reader reads documents as they are documented, in one pass: known members, each once, and plainly written values. What
// it accepts json v2 accepts and reads alike; whatever else it meets it leaves to that, so it knows no errors.
type reader struct {
	data     []byte
	at       int
	elements int
	words    [32]string // texts that may come again
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// read reads data into target, a pointer to a zero value, or leaves it zero and returns false.
func read(data []byte, target any) bool {
	v := reflect.ValueOf(target).Elem()
	r := readers.Get().(*reader)
	r.data = data
	done := r.value(planFor(v.Type()), v)
	r.space()
	done = done && r.at == len(data)
	*r = reader{}
	readers.Put(r)
	if !done {
		v.SetZero()
	}
	return done
}

// value reads a value and the space before it.
func (r *reader) value(read plan, v reflect.Value) bool {
	r.space()
	if r.literal("null") {
		return true
	}
	return read(r, v)
}

func (r *reader) list(element plan, v reflect.Value) bool {
	if !r.take('[') {
		return false
	}
	if r.take(']') {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return true
	}
	for n := 0; n == 0 || !r.take(']'); n++ {
		if n > 0 && !(r.take(',') && r.another()) {
			return false
		}
		v.Grow(1)
		v.SetLen(n + 1)
		if !r.value(element, v.Index(n)) {
			return false
		}
	}
	return true
}

// another counts the elements of a list after its first.
func (r *reader) another() bool {
	r.elements++
	return r.elements <= maxElements
}

func (r *reader) object(members []member, v reflect.Value) bool {
	if !r.take('{') {
		return false
	}
	var seen uint64
	for next := 0; !r.take('}'); {
		if seen != 0 && !r.take(',') {
			return false
		}
		i, ok := r.member(members, next)
		if !ok || seen&(1<<i) != 0 || !r.take(':') || !r.value(members[i].plan, v.Field(members[i].index)) {
			return false
		}
		seen |= 1 << i
		next = i + 1
	}
	return true
}

// dictionary reads an object whose names are not documented.
func (r *reader) dictionary(value plan, v reflect.Value) bool {
	if !r.take('{') {
		return false
	}
	v.Set(reflect.MakeMap(v.Type()))
	for n := 0; !r.take('}'); n++ {
		if n > 0 && !r.take(',') {
			return false
		}
		name, ok := r.simple()
		if !ok || n >= maxMembers || taken(v, name) || !r.take(':') {
			return false
		}
		element := reflect.New(v.Type().Elem()).Elem()
		if !r.value(value, element) {
			return false
		}
		v.SetMapIndex(reflect.ValueOf(string(name)), element)
	}
	return true
}

// taken says whether a map has the name already, in whatever case.
func taken(v reflect.Value, name []byte) bool {
	for keys := v.MapRange(); keys.Next(); {
		if strings.EqualFold(keys.Key().String(), string(name)) {
			return true
		}
	}
	return false
}

// member reads a name and returns its place. The one after the last is tried first.
func (r *reader) member(members []member, next int) (int, bool) {
	name, ok := r.simple()
	if next < len(members) && members[next].name == string(name) {
		return next, ok
	}
	for i := range members {
		if members[i].name == string(name) {
			return i, ok
		}
	}
	return 0, false
}

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

func (r *reader) text(v reflect.Value) bool {
	text, ok := r.simple()
	if ok && len(text) > 0 {
		v.SetString(r.word(text))
	}
	return ok
}

// word returns text as a string, the same one for the same text where it comes often.
func (r *reader) word(text []byte) string {
	word := &r.words[(len(text)*7+int(text[0])*3+int(text[len(text)-1]))%len(r.words)]
	if *word != string(text) {
		*word = string(text)
	}
	return *word
}

func (r *reader) boolean(v reflect.Value) bool {
	if r.literal("true") {
		v.SetBool(true)
		return true
	}
	return r.literal("false")
}

// maxInteger is how many digits surely fit.
const maxInteger = 9

func (r *reader) integer(v reflect.Value) bool {
	text := r.number()
	if len(text) > maxInteger {
		return false
	}
	value, err := strconv.Atoi(string(text))
	if err != nil {
		return false
	}
	v.SetInt(int64(value))
	return true
}

func (r *reader) amount(v reflect.Value) bool {
	var text []byte
	if r.at < len(r.data) && r.data[r.at] == '"' {
		text, _ = r.simple()
	} else {
		text = r.number()
	}
	value, err := amount.Parse(text)
	if err != nil {
		return false
	}
	*v.Addr().Interface().(*decimal.NullDecimal) = decimal.NewNullDecimal(value)
	return true
}

// number reads what may be a JSON number without an exponent. JSON forbids leading zeros; the rest of its grammar is
// also that of whoever reads the text.
func (r *reader) number() []byte {
	first := r.at
	for r.at < len(r.data) && (r.data[r.at] == '-' || r.data[r.at] == '.' || '0' <= r.data[r.at] && r.data[r.at] <= '9') {
		r.at++
	}
	text := r.data[first:r.at]
	if digits := bytes.TrimPrefix(text, []byte("-")); len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return nil
	}
	return text
}

func (r *reader) literal(text string) bool {
	if !bytes.HasPrefix(r.data[r.at:], []byte(text)) {
		return false
	}
	r.at += len(text)
	return true
}

// take reads one character, and the space before it.
func (r *reader) take(c byte) bool {
	r.space()
	if r.at >= len(r.data) || r.data[r.at] != c {
		return false
	}
	r.at++
	return true
}

func (r *reader) space() {
	for r.at < len(r.data) {
		switch r.data[r.at] {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return
		}
	}
}
