// Package strictjson decodes a provider's answer into its generated type, or says exactly which field is wrong. It is
// the only package that imports the json v2 bridge: on Go 1.27, or with GOEXPERIMENT=jsonv2, that bridge is the
// standard library's encoding/json/v2.
//
// Refused are duplicate names, also if they differ in case only, invalid UTF-8, a byte order mark, anything after the
// document, more nesting, members or elements than any answer needs, and amounts outside the grammar of package amount.
// Names match exactly. Members that the document does not know are ignored, and null counts as absent. Whether a
// required member is there is the mapping's question. A member that the type's method Lenient names is never of the wrong
// JSON type: a text takes over a number or a boolean as it is written and an object or list as "", anything else is absent.
// A list that the type's method Single names may be its one element.
//
// json v2 defines the result. A faster reader handles documents without escapes or exponents and gives up on anything
// else, including every error.
package strictjson

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/shopspring/decimal"
)

var errAmount = errors.New("not a string or number")

var options = json.JoinOptions(json.WithUnmarshalers(json.UnmarshalFromFunc(decodeAmount)))

// Error says where and why a text is not the JSON that was promised. It never repeats the text.
type Error struct {
	Path    string // such as "balances[0].balanceAmount.amount"; empty for the document as a whole
	Problem string
	Err     error
}

// Error returns path and problem.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Problem
	}
	return e.Path + ": " + e.Problem
}

// Unwrap returns io.ErrUnexpectedEOF for a truncated text, ErrTooMany for one with too many elements, and nil otherwise
// for a text that is wrong in another way.
func (e *Error) Unwrap() error { return e.Err }

// Unmarshal decodes data into target, a pointer to a zero value. It copies what it keeps, so data may be reused.
func Unmarshal(data []byte, target any) error {
	_, err := UnmarshalPage(data, target)
	return err
}

// UnmarshalPage is Unmarshal, and returns what the document says about further pages. Each [Element] has judged its own.
func UnmarshalPage(data []byte, target any) (Pages, error) {
	if read(data, target) {
		return Pages{}, nil
	}
	if err := unmarshal(data, target, options, hideNames); err != nil {
		return Pages{}, err
	}
	return pagesOf(data, reflect.TypeOf(target).Elem(), true), nil
}

// UnmarshalKnown is Unmarshal for the caller's own documents, such as configuration: it refuses unknown members, its
// errors name them, and it takes a million elements.
func UnmarshalKnown(data []byte, target any) error {
	return unmarshal(data, target, json.JoinOptions(options, json.RejectUnknownMembers(true)), showNames)
}

// UnmarshalStored is Unmarshal for what the caller has stored by encoding/json: it refuses a name that differs from one of
// the target's in case only, which would be passed over.
func UnmarshalStored(data []byte, target any) error {
	if err := unmarshal(data, target, options, hideNames); err != nil {
		return err
	}
	w := walker{jsontext.NewDecoder(bytes.NewReader(data)), true}
	if place := strings.TrimPrefix(w.value(reflect.TypeOf(target), ""), "."); place != "" {
		return &Error{Path: place, Problem: "written in another case"}
	}
	return nil
}

func unmarshal(data []byte, target any, options json.Options, names unknownNames) error {
	most := maxElements
	switch {
	case names == showNames:
		most = maxKnownElements
	case len(data) > usualSize:
		most = len(data) / elementSize
	}
	if err := inspect(data, most); err != nil {
		return &Error{Problem: err.Error(), Err: err}
	}
	if err := decode(data, target, options); err != nil {
		return describe(err, reflect.TypeOf(target).Elem(), names)
	}
	return nil
}

// decode is json.Unmarshal, which takes what the type is lenient about in a form that it understands.
func decode(data []byte, target any, options json.Options) error {
	err := json.Unmarshal(data, target, options)
	if semantic := (*json.SemanticError)(nil); !errors.As(err, &semantic) {
		return err
	}
	if err := json.Unmarshal(data, new(jsontext.Value)); err != nil { // what comes after it is no JSON
		return err
	}
	eased := ease(data, reflect.TypeOf(target).Elem())
	if eased == nil {
		return err
	}
	reflect.ValueOf(target).Elem().SetZero()
	return json.Unmarshal(eased, target, options)
}

func decodeAmount(decoder *jsontext.Decoder, target *decimal.NullDecimal) error {
	token, err := decoder.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case 'n':
		*target = decimal.NullDecimal{}
		return nil
	case '"':
		target.Decimal, err = amount.Parse(token.String())
	case '0':
		target.Decimal, err = amount.ParseNumber(token.String())
	default:
		return errAmount
	}
	target.Valid = err == nil
	return err
}

func describe(err error, root reflect.Type, names unknownNames) *Error {
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &semantic):
		return &Error{Path: path(root, semantic.JSONPointer, names), Problem: semanticProblem(semantic)}
	case errors.As(err, &syntactic):
		return &Error{Path: path(root, syntactic.JSONPointer, names), Problem: syntacticProblem(syntactic), Err: truncation(err)}
	}
	return &Error{Problem: "not valid JSON", Err: truncation(err)}
}

func semanticProblem(err *json.SemanticError) string {
	for _, known := range []error{amount.ErrGrammar, amount.ErrLength, errAmount} {
		if errors.Is(err.Err, known) {
			return known.Error()
		}
	}
	if errors.Is(err.Err, json.ErrUnknownName) {
		return "not a known name"
	}
	return "wrong JSON type"
}

func syntacticProblem(err *jsontext.SyntacticError) string {
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return "name occurs twice"
	case truncation(err) != nil:
		return "JSON ends too early"
	}
	return "not valid JSON"
}

func truncation(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return nil
}
