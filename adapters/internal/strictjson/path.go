package strictjson

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// unknownNames says how a path shows a name that the Go type does not declare.
type unknownNames bool

const (
	hideNames unknownNames = false // the sender's own text may hold anything: "*"
	showNames unknownNames = true
)

// path spells pointer in the words of the Go type it leads through, up to the first name that the type lacks.
func path(root reflect.Type, pointer jsontext.Pointer, names unknownNames) string {
	var text strings.Builder
	current := root
	for token := range pointer.Tokens() {
		for current.Kind() == reflect.Pointer {
			current = current.Elem()
		}
		if element, ok := reflect.New(current).Interface().(wrapping); ok {
			current = element.inner()
		}
		next, known := step(current, token)
		switch {
		case !known && names == showNames:
			return strings.TrimPrefix(text.String()+"."+strconv.Quote(token), ".")
		case !known:
			return strings.TrimPrefix(text.String()+".*", ".")
		case current.Kind() == reflect.Slice:
			text.WriteString("[" + token + "]")
		default:
			text.WriteString("." + token)
		}
		current = next
	}
	return strings.TrimPrefix(text.String(), ".")
}

func step(current reflect.Type, token string) (reflect.Type, bool) {
	switch current.Kind() {
	case reflect.Slice: // the text may have an object there, whose names are the sender's
		index, err := strconv.Atoi(token)
		return current.Elem(), err == nil && index >= 0 && index <= maxElements
	case reflect.Struct:
		for i := range current.NumField() {
			field := current.Field(i)
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name == token {
				return field.Type, true
			}
			if name == "" && field.Anonymous {
				if inner, known := step(field.Type, token); known {
					return inner, true
				}
			}
		}
	}
	return nil, false
}
