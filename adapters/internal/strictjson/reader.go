package strictjson

import (
	"bytes"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/shopspring/decimal"
)

// reader reads documents in one pass that are plainly written: no escapes, no exponents, nothing twice. What it accepts
// json v2 accepts and reads alike; whatever else it meets it leaves to that, so it knows no errors.
type reader struct {
	data     []byte
	at       int
	elements int
	names    [][]byte   // of the open objects that no type describes, innermost last
	words    [32]string // texts that may come again
}

var readers = sync.Pool{New: func() any { return new(reader) }}

// read reads data into target, a pointer to a zero value, or leaves it zero and returns false.
func read(data []byte, target any) bool {
	v := reflect.ValueOf(target).Elem()
	r := readers.Get().(*reader)
	r.data = data
	done := r.value(planFor(v.Type()), v)
	done = done && r.peek() == 0 && r.at == len(data)
	clear(r.names[:cap(r.names)])
	*r = reader{names: r.names[:0]}
	readers.Put(r)
	if !done {
		v.SetZero()
	}
	return done
}

// value reads a value. What it leaves as it is stays zero.
func (r *reader) value(read plan, v reflect.Value) bool {
	return r.literal("null") || read(r, v)
}

func (r *reader) list(element plan, v reflect.Value) bool {
	ok := r.elementsOf(func(n int) bool {
		v.Grow(1)
		v.SetLen(n + 1)
		return r.value(element, v.Index(n))
	})
	if ok && v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	return ok
}

func (r *reader) object(members []member, v reflect.Value) bool {
	var seen uint64
	next := 0
	return r.membersOf(func(outer int, name []byte) bool {
		i := find(members, name, next)
		if i < 0 {
			return !resembles(members, name) && r.distinct(outer, name) && r.skip(0)
		}
		if seen&(1<<i) != 0 {
			return false
		}
		seen |= 1 << i
		next = i + 1
		return r.value(members[i].plan, v.Field(members[i].index))
	})
}

// find returns the place of a member, or -1. The one after the last is tried first.
func find(members []member, name []byte, next int) int {
	if next < len(members) && members[next].name == string(name) {
		return next
	}
	return slices.IndexFunc(members, func(m member) bool { return m.name == string(name) })
}

// resembles says whether a name differs from a member's in case only.
func resembles(members []member, name []byte) bool {
	return slices.ContainsFunc(members, func(m member) bool { return strings.EqualFold(m.name, string(name)) })
}

// dictionary reads an object whose names are not documented.
func (r *reader) dictionary(value plan, v reflect.Value) bool {
	v.Set(reflect.MakeMap(v.Type()))
	return r.membersOf(func(outer int, name []byte) bool {
		element := reflect.New(v.Type().Elem()).Elem()
		if !r.distinct(outer, name) || !r.value(value, element) {
			return false
		}
		v.SetMapIndex(reflect.ValueOf(string(name)), element)
		return true
	})
}

// skip passes over a value that nobody wants.
func (r *reader) skip(depth int) bool {
	switch r.peek() {
	case '"':
		_, ok := r.simple()
		return ok
	case '[':
		return depth < maxSkipped && r.elementsOf(func(int) bool { return r.skip(depth + 1) })
	case '{':
		return depth < maxSkipped && r.membersOf(func(outer int, name []byte) bool {
			return r.distinct(outer, name) && r.skip(depth+1)
		})
	}
	return r.literal("null") || r.literal("true") || r.literal("false") || r.number() != nil
}

// membersOf reads an object. member reads the value of each name; outer is how many names belong to objects around it.
func (r *reader) membersOf(member func(outer int, name []byte) bool) bool {
	if !r.take('{') {
		return false
	}
	outer := len(r.names)
	for n := 0; !r.take('}'); n++ {
		if n > 0 && !r.take(',') {
			return false
		}
		name, ok := r.simple()
		if !ok || !r.take(':') || !member(outer, name) {
			return false
		}
	}
	r.names = r.names[:outer]
	return true
}

// distinct takes a name down, unless one of those after outer differs in case at most or they are too many.
func (r *reader) distinct(outer int, name []byte) bool {
	same := func(other []byte) bool { return bytes.EqualFold(other, name) }
	if len(r.names)-outer >= maxMembers-maxPlanned || slices.ContainsFunc(r.names[outer:], same) {
		return false
	}
	r.names = append(r.names, name)
	return true
}

// elementsOf reads a list. element reads each value, the first of which is number 0.
func (r *reader) elementsOf(element func(n int) bool) bool {
	if !r.take('[') {
		return false
	}
	for n := 0; !r.take(']'); n++ {
		if n > 0 && !r.take(',') || r.elements > maxElements || !element(n) {
			return false
		}
		r.elements++
	}
	return true
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
	if r.peek() == '"' {
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
