package strictjson

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"
)

// lenient is a generated type with members that no balance or account is made of, or that are times.
type lenient interface{ Lenient() []string }

// single is a type with lists whose one element may stand there by itself.
type single interface{ Single() []string }

// ease returns data with the values that t is lenient about in a form that t takes, or nil if all of them are.
func ease(data []byte, t reflect.Type) []byte {
	e := easer{walker: newWalker(data), data: data}
	e.value(t)
	if e.eased.Len() == 0 {
		return nil
	}
	e.eased.Write(data[e.done:])
	return e.eased.Bytes()
}

// easer walks through a text that is JSON, and writes all of it that is done.
type easer struct {
	walker
	data  []byte
	done  int
	eased bytes.Buffer
}

func (e *easer) value(t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if element, ok := reflect.New(t).Interface().(wrapping); ok {
		t = element.inner()
	}
	kind := e.PeekKind()
	switch {
	case kind == '{' && t.Kind() == reflect.Struct:
		var names, lists []string
		if type_, ok := reflect.New(t).Interface().(lenient); ok {
			names = type_.Lenient()
		}
		if type_, ok := reflect.New(t).Interface().(single); ok {
			lists = type_.Single()
		}
		e.each(func(name string) string {
			field, known := step(t, name)
			switch {
			case known && slices.Contains(names, name):
				e.ease(field)
			case known && slices.Contains(lists, name) && e.PeekKind() == '{':
				e.single(field)
			case known:
				e.value(field)
			default:
				_ = e.SkipValue()
			}
			return ""
		})
	case kind == '[' && t.Kind() == reflect.Slice:
		_, _ = e.ReadToken()
		for e.PeekKind() != ']' {
			e.value(t.Elem())
		}
		_, _ = e.ReadToken()
	default:
		_ = e.SkipValue()
	}
}

// single reads the one element of a list, and makes a list of it.
func (e *easer) single(list reflect.Type) {
	start := int(e.InputOffset())
	start += bytes.IndexByte(e.data[start:], '{')
	e.eased.Write(e.data[e.done:start])
	e.eased.WriteByte('[')
	e.done = start
	e.value(list.Elem())
	end := int(e.InputOffset())
	e.eased.Write(e.data[e.done:end])
	e.eased.WriteByte(']')
	e.done = end
}

// ease reads a value that a field is lenient about.
func (e *easer) ease(field reflect.Type) {
	value, err := e.ReadValue()
	if err != nil || json.Unmarshal(value, reflect.New(field).Interface(), options) == nil {
		return
	}
	for field.Kind() == reflect.Pointer {
		field = field.Elem()
	}
	form := "null"
	if kind := value.Kind(); field.Kind() == reflect.String {
		form = `""`
		if kind == '0' || kind == 't' || kind == 'f' {
			form = `"` + string(value) + `"`
		}
	}
	end := int(e.InputOffset())
	e.eased.Write(e.data[e.done : end-len(value)])
	e.eased.WriteString(form)
	e.done = end
}
