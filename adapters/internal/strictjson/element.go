package strictjson

import (
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Element is an element of a list that is decoded apart from its siblings, so that one that is wrong hides no other.
// Problems are the members that could not be read, in their order; Value then holds the others. What is no JSON at all is
// an error of the whole document.
type Element[E any] struct {
	Value    E
	Problems []*Error
	part     *Error // what says that the lists in Value are not whole
}

// wrapping is an Element. Its inner type is the one that paths lead through.
type wrapping interface{ inner() reflect.Type }

func (*Element[E]) inner() reflect.Type { return reflect.TypeFor[E]() }

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (e *Element[E]) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	text, err := decoder.ReadValue()
	if err != nil {
		return err
	}
	*e = Element[E]{}
	if err := decode(text, &e.Value, options); err != nil {
		e.salvage(text, err)
	}
	pages := pagesOf(text, reflect.TypeFor[E](), false)
	e.part = pages.Whole()
	return nil
}

// salvage reads the members one by one; err is why they cannot be read together.
func (e *Element[E]) salvage(text jsontext.Value, err error) {
	*e = Element[E]{}
	var members members
	if text.Kind() != '{' || json.Unmarshal(text, &members) != nil {
		e.Problems = []*Error{describe(err, reflect.TypeFor[E](), hideNames)}
		return
	}
	for _, member := range members {
		if err := decode(member, &e.Value, options); err != nil {
			e.Problems = append(e.Problems, describe(err, reflect.TypeFor[E](), hideNames))
		}
	}
}

// Problem returns the first problem that does not lie in one of the members, or nil. That a list is not whole lies in the
// members, wherever it is said.
func (e *Element[E]) Problem(except ...string) error {
	for _, problem := range e.Problems {
		if !problem.in(except) {
			return problem
		}
	}
	if e.part != nil && len(except) == 0 {
		return e.part
	}
	return nil
}

func (e *Error) in(members []string) bool {
	for _, member := range members {
		rest, ok := strings.CutPrefix(e.Path, member)
		if ok && (rest == "" || rest[0] == '[' || rest[0] == '.') {
			return true
		}
	}
	return false
}

// members are the members of an object, each as an object of its own.
type members []jsontext.Value

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (m *members) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	if _, err := decoder.ReadToken(); err != nil { // the opening brace
		return err
	}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadValue()
		if err != nil {
			return err
		}
		object := append([]byte("{"), name...)
		value, err := decoder.ReadValue()
		if err != nil {
			return err
		}
		object = append(append(append(object, ':'), value...), '}')
		*m = append(*m, object)
	}
	_, err := decoder.ReadToken()
	return err
}
