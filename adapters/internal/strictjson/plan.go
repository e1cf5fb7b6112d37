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

// plan reads one JSON value other than null into v, which is zero. It returns false for everything that it leaves to
// json v2: what is wrong, and what is right but not plainly written.
type plan func(r *reader, v reflect.Value) bool

var plans sync.Map // by type

func planFor(t reflect.Type) plan {
	known, ok := plans.Load(t)
	if !ok {
		known, _ = plans.LoadOrStore(t, compile(t, nil))
	}
	return known.(plan)
}

var amountType = reflect.TypeFor[decimal.NullDecimal]()

// compile returns the plan of a type inside others, outermost first. One that holds itself is left to json v2.
func compile(t reflect.Type, outer []reflect.Type) plan {
	switch {
	case t == amountType:
		return (*reader).amount
	case len(outer) >= maxDepth-maxSkipped, slices.Contains(outer, t), readsItself(t):
		return leave
	}
	outer = append(slices.Clone(outer), t)
	switch t.Kind() {
	case reflect.String:
		return (*reader).text
	case reflect.Bool:
		return (*reader).boolean
	case reflect.Int:
		return (*reader).integer
	case reflect.Pointer:
		return pointer(t.Elem(), compile(t.Elem(), outer))
	case reflect.Slice:
		return list(compile(t.Elem(), outer))
	case reflect.Struct:
		return object(t, outer)
	case reflect.Map:
		return dictionary(t, compile(t.Elem(), outer))
	}
	return leave
}

func leave(*reader, reflect.Value) bool { return false }

// readsItself says whether json v2 would call a method of the type.
func readsItself(t reflect.Type) bool {
	t = reflect.PointerTo(t)
	return t.Implements(reflect.TypeFor[jsonv2.UnmarshalerFrom]()) || t.Implements(reflect.TypeFor[json.Unmarshaler]()) ||
		t.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func pointer(t reflect.Type, target plan) plan {
	return func(r *reader, v reflect.Value) bool {
		v.Set(reflect.New(t))
		return target(r, v.Elem())
	}
}

func list(element plan) plan {
	return func(r *reader, v reflect.Value) bool { return r.list(element, v) }
}

func dictionary(t reflect.Type, value plan) plan {
	if t.Key() != reflect.TypeFor[string]() {
		return leave
	}
	return func(r *reader, v reflect.Value) bool { return r.dictionary(value, v) }
}

const (
	maxPlanned = 64 // members of a planned object: the bits of a set
	maxSkipped = 16 // levels of a value that no type describes
)

// member is a field of an object.
type member struct {
	name  string
	index int
	plan  plan
}

// object leaves types to json v2 whose members are more than names and values.
func object(t reflect.Type, outer []reflect.Type) plan {
	var members []member
	for i := range t.NumField() {
		field := t.Field(i)
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		same := func(m member) bool { return strings.EqualFold(m.name, name) }
		if !plain(name) || option != "" && option != "omitempty" || slices.ContainsFunc(members, same) {
			return leave
		}
		members = append(members, member{name, i, compile(field.Type, outer)})
	}
	if len(members) > maxPlanned {
		return leave
	}
	return func(r *reader, v reflect.Value) bool { return r.object(members, v) }
}

// plain says whether a name stands in JSON as it is.
func plain(name string) bool {
	special := func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`"\'`, c) }
	return name != "" && name != "-" && !strings.ContainsFunc(name, special)
}
