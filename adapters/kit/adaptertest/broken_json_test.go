package adaptertest_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
)

// textFaults are about JSON and the way it comes.
var textFaults = []fault{
	{name: "accepts names twice", plant: reading(func(r *rules) {
		r.anyCase, r.options = true, jsontext.AllowDuplicateNames(true)
	}), caught: "036 037 sweep"},
	{name: "accepts names that differ in case", plant: reading(func(r *rules) { r.anyCase = true }), caught: "037"},
	{name: "matches names in any case", plant: reading(func(r *rules) {
		r.options = json.MatchCaseInsensitiveNames(true)
	}), caught: "037"},
	{name: "accepts invalid UTF-8", plant: reading(func(r *rules) { r.options = jsontext.AllowInvalidUTF8(true) }),
		caught: "038 039"},
	{name: "replaces invalid UTF-8", plant: texts(func(text []byte) []byte {
		return bytes.ToValidUTF8(text, []byte("?"))
	}), caught: "038"},
	{name: "skips a byte order mark", plant: texts(func(text []byte) []byte {
		return bytes.TrimPrefix(text, []byte("\ufeff"))
	}), caught: "040"},
	{name: "accepts trailing data", plant: texts(func(text []byte) []byte {
		if first, err := jsontext.NewDecoder(bytes.NewReader(text)).ReadValue(); err == nil {
			return first
		}
		return text
	}), caught: "041 066"},
	{name: "skips what stands before the document", plant: texts(func(text []byte) []byte {
		return text[max(0, bytes.IndexByte(text, '{')):]
	}), caught: "040 041"},
	{name: "takes what came before the connection broke", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Body = &lenient{response.Body}
	}), caught: "043 066"},
	{name: "follows any nesting", plant: reading(func(r *rules) { r.depth = 1 << 30 }), caught: "044"},
	{name: "counts no elements", plant: reading(func(r *rules) { r.elements = 1 << 30 }), caught: "045"},
	{name: "shows the provider's message", plant: failing(func(failure *adapters.Error) {
		failure.Detail = strings.TrimPrefix(failure.Detail+": "+failure.Message, ": ")
	}), caught: "046 087"},
	{name: "shows any code", plant: failing(func(failure *adapters.Error) {
		if failure.Code != "" && !slices.Contains(codes, failure.Code) {
			failure.Detail = "code " + failure.Code
		}
	}), caught: "046 061 087"},
	{name: "shows names that nobody has documented", plant: func(c *client) {
		c.decode = func(data []byte, target any) error {
			err := strict.unmarshal(data, target)
			var failure *adapters.Error
			if at := new(jsontext.SyntacticError); errors.As(err, &failure) && errors.As(json.Unmarshal(data, target), &at) {
				failure.Detail = string(at.JSONPointer) + ": not as documented"
			}
			return err
		}
	}, caught: "087"},
	{name: "names no field", plant: failing(func(failure *adapters.Error) { failure.Detail = "not as documented" }),
		caught: "001 002 003 004 009 010 011 012 013 014 016 022 023 034 036 037 069 089 090"},
}

// reading changes the rules for JSON.
func reading(change func(*rules)) func(*client) {
	return func(c *client) {
		own := strict
		change(&own)
		c.decode = own.unmarshal
	}
}

// texts changes every body before it is decoded.
func texts(change func([]byte) []byte) func(*client) {
	return func(c *client) {
		c.decode = func(data []byte, target any) error { return strict.unmarshal(change(data), target) }
	}
}

// failing changes every error.
func failing(change func(*adapters.Error)) func(*client) {
	return func(c *client) {
		c.result = func(_ string, balances []adapters.Balance, err error) ([]adapters.Balance, error) {
			var failure *adapters.Error
			if errors.As(err, &failure) {
				change(failure)
			}
			return balances, err
		}
	}
}

// lenient takes a connection that broke off for the end of the body.
type lenient struct{ io.ReadCloser }

func (l *lenient) Read(buffer []byte) (int, error) {
	n, err := l.ReadCloser.Read(buffer)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
