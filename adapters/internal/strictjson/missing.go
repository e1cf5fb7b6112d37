package strictjson

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Missing returns the place of the first member that is absent or null although the type of target requires it, or "".
// A field is required unless it is a pointer or its tag says omitempty. data has been decoded into target.
func Missing(data []byte, target any) string {
	w := newWalker(data)
	return strings.TrimPrefix(w.value(reflect.TypeOf(target), ""), ".")
}

// walker reads values one after the other. They are known to be good, so that reading never fails. It looks for members
// that are missing, or for names that differ in case from one of the type.
type walker struct {
	*jsontext.Decoder
	inCase bool
}

func newWalker(data []byte) walker {
	return walker{Decoder: jsontext.NewDecoder(bytes.NewBuffer(data))}
}

func (w walker) value(t reflect.Type, place string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case w.PeekKind() == '{' && t.Kind() == reflect.Struct:
		return w.object(t, place)
	case w.PeekKind() == '{' && t.Kind() == reflect.Map:
		return w.each(func(string) string { return w.value(t.Elem(), place+".*") })
	case w.PeekKind() == '[' && t.Kind() == reflect.Slice:
		return w.list(t.Elem(), place)
	}
	_ = w.SkipValue()
	return ""
}

func (w walker) object(t reflect.Type, place string) string {
	given := map[string]bool{}
	missing := w.each(func(name string) string {
		given[name] = w.PeekKind() != 'n'
		field, known := step(t, name)
		if !known {
			_ = w.SkipValue()
			return w.otherCase(t, place, name)
		}
		return w.value(field, place+"."+name)
	})
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		required := name != "" && name != "-" && option == "" && t.Field(i).Type.Kind() != reflect.Pointer
		if missing == "" && required && !given[name] && !w.inCase {
			return place + "." + name
		}
	}
	return missing
}

// otherCase returns the place of the field whose name is the same but for its case.
func (w walker) otherCase(t reflect.Type, place, name string) string {
	for i := 0; w.inCase && i < t.NumField(); i++ {
		if own, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); strings.EqualFold(own, name) {
			return place + "." + own
		}
	}
	return ""
}

// each reads an object to its end and returns the first place that member returns.
func (w walker) each(member func(name string) string) (missing string) {
	_, _ = w.ReadToken()
	for w.PeekKind() == '"' {
		name, _ := w.ReadToken()
		if found := member(name.String()); missing == "" {
			missing = found
		}
	}
	_, _ = w.ReadToken()
	return missing
}

func (w walker) list(element reflect.Type, place string) (missing string) {
	_, _ = w.ReadToken()
	for i := 0; w.PeekKind() != ']'; i++ {
		if found := w.value(element, place+"["+strconv.Itoa(i)+"]"); missing == "" {
			missing = found
		}
	}
	_, _ = w.ReadToken()
	return missing
}
