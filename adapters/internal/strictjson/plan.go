package strictjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/shopspring/decimal"
)

// shape is what the reader has to know of a type. A nil shape is a type that is left to json v2.
type shape struct {
	kind    reflect.Kind // Interface for a value that no type describes
	amount  bool
	wrapper bool     // an Element, whose value is its first field
	element *shape   // of a pointer, a list or a wrapper
	members []member // of a struct
}

// member is a field of an object, perhaps in an embedded struct.
type member struct {
	name  string
	index []int
	shape *shape
	says  meaning // about pages
}

const maxPlanned = 64 // members of a planned object: the bits of a set

var shapes sync.Map // by type

// unwanted is the shape of a value that is passed over, aboutPages that of one that may say something about pages.
var (
	unwanted   = passed()
	aboutPages = passed()
)

func passed() *shape {
	s := &shape{kind: reflect.Interface}
	s.element = s
	return s
}

// passed reports whether the value is passed over.
func (s *shape) passed() bool { return s == unwanted || s == aboutPages }

// readThemselves are the interfaces of types that json v2 would leave the reading to.
var readThemselves = []reflect.Type{
	reflect.TypeFor[jsonv2.UnmarshalerFrom](), reflect.TypeFor[json.Unmarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
}

// shapeOf returns the shape of a type inside others, outermost first. One that holds itself is left to json v2.
func shapeOf(t reflect.Type, outer ...reflect.Type) *shape {
	outer = append(slices.Clone(outer), t)
	s := &shape{kind: t.Kind()}
	switch self := reflect.PointerTo(t); {
	case t == reflect.TypeFor[decimal.NullDecimal]():
		s.amount = true
	case slices.Contains(outer[:len(outer)-1], t):
		return nil
	case self.Implements(reflect.TypeFor[wrapping]()):
		s.wrapper, s.element = true, shapeOf(t.Field(0).Type, outer...)
	case slices.ContainsFunc(readThemselves, self.Implements):
		return nil
	case s.kind == reflect.Pointer, s.kind == reflect.Slice:
		s.element = shapeOf(t.Elem(), outer...)
	case s.kind == reflect.Struct:
		if !s.add(t, nil, outer) || len(s.members) > maxPlanned {
			return nil
		}
	case s.kind != reflect.String && s.kind != reflect.Bool && s.kind != reflect.Int:
		return nil
	}
	return s
}

// nameCharacters are those that stand in tags and in JSON as they are.
const nameCharacters = "_-.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// add adds the fields of a struct. It returns false if its members are more than names and values.
func (s *shape) add(t reflect.Type, place []int, outer []reflect.Type) bool {
	for i := range t.NumField() {
		field, index := t.Field(i), append(slices.Clone(place), i)
		tag := field.Tag.Get("json")
		if tag == "" && field.Anonymous && field.IsExported() && field.Type.Kind() == reflect.Struct {
			if !s.add(field.Type, index, outer) {
				return false
			}
			continue
		}
		name, option, _ := strings.Cut(tag, ",")
		same := func(m member) bool { return strings.EqualFold(m.name, name) }
		if name == "" || name == "-" || strings.Trim(name, nameCharacters) != "" || option != "" && option != "omitempty" ||
			slices.ContainsFunc(s.members, same) {
			return false
		}
		inner := shapeOf(field.Type, outer...)
		says := meaningOf(name, len(outer) == 1)
		s.members = append(s.members, member{name, index, inner, says})
	}
	return true
}
