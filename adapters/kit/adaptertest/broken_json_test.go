package adaptertest_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
)

// textFaults are about JSON and the way it comes.
var textFaults = []fault{
	{name: "accepts names twice", plant: reading(func(r *rules) {
		r.anyCase, r.options = true, jsontext.AllowDuplicateNames(true)
	}), caught: "name-twice name-in-another-case sweep"},
	{name: "accepts names that differ in case", plant: reading(func(r *rules) { r.anyCase = true }), caught: "name-in-another-case"},
	{name: "matches names in any case", plant: reading(func(r *rules) {
		r.options = json.MatchCaseInsensitiveNames(true)
	}), caught: "name-in-another-case"},
	{name: "accepts invalid UTF-8", plant: reading(func(r *rules) { r.options = jsontext.AllowInvalidUTF8(true) }),
		caught: "text-not-utf8 text-half-surrogate"},
	{name: "replaces invalid UTF-8", plant: texts(func(text []byte) []byte {
		return bytes.ToValidUTF8(text, []byte("?"))
	}), caught: "text-not-utf8"},
	{name: "skips a byte order mark", plant: texts(func(text []byte) []byte {
		return bytes.TrimPrefix(text, []byte("\ufeff"))
	}), caught: "body-byte-order-mark"},
	{name: "accepts trailing data", plant: texts(func(text []byte) []byte {
		if first, err := jsontext.NewDecoder(bytes.NewReader(text)).ReadValue(); err == nil {
			return first
		}
		return text
	}), caught: "body-with-trailing-data content-encoding"},
	{name: "skips what stands before the document", plant: texts(func(text []byte) []byte {
		return text[max(0, bytes.IndexByte(text, '{')):]
	}), caught: "body-byte-order-mark body-with-trailing-data"},
	{name: "takes what came before the connection broke", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Body = &lenient{response.Body}
	}), caught: "body-cut-short content-encoding"},
	{name: "follows any nesting", plant: reading(func(r *rules) { r.depth = 1 << 30 }), caught: "body-nested-deeply"},
	{name: "counts no elements", plant: reading(func(r *rules) { r.elements = 1 << 30 }), caught: "balances-too-many"},
	{name: "shows the provider's message", plant: failing(func(failure *adapters.Error) {
		failure.Detail = strings.TrimPrefix(failure.Detail+": "+failure.Message, ": ")
	}), caught: "text-control-characters errors-disclose-nothing"},
	{name: "shows any code", plant: failing(func(failure *adapters.Error) {
		if failure.Code != "" && codes[failure.Code] == "" {
			failure.Detail = "code " + failure.Code
		}
	}), caught: "text-control-characters codes-undocumented errors-disclose-nothing"},
	{name: "shows names that nobody has documented", plant: func(c *client) {
		c.decode = func(data []byte, target any) error {
			err := strict.unmarshal(data, target)
			var failure *adapters.Error
			if at := new(jsontext.SyntacticError); errors.As(err, &failure) && errors.As(json.Unmarshal(data, target), &at) {
				failure.Detail = string(at.JSONPointer) + ": not as documented"
			}
			return err
		}
	}, caught: "errors-disclose-nothing"},
	{name: "names no field", plant: failing(func(failure *adapters.Error) { failure.Detail = "not as documented" }),
		caught: "amount-with-huge-exponent amount-with-large-exponent amount-of-a-megabyte amount-with-thousands-of-decimals amount-null amount-missing amount-empty-or-blank amount-with-separators amount-in-unicode-digits amount-nan-or-infinity amount-with-plus-sign amount-of-many-digits currency-malformed value-of-another-type name-twice name-in-another-case client-certificate-page bearer-challenge server-stalls tls-untrusted tls-texts tls-client-certificate"},
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
