package adaptertest_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing/iotest"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters"
)

// textFaults are about JSON and the way it comes.
var textFaults = []fault{
	{name: "accepts names twice", plant: reading(jsontext.AllowDuplicateNames(true)), caught: "balances-too-many body-nested-deeply body-of-exactly-the-limit body-without-end name-in-another-case name-twice pages-contradicting pages-further refusal-wrapped examples/consentExpired sweep"},
	{name: "matches names in any case", plant: reading(json.MatchCaseInsensitiveNames(true)), caught: "balances-too-many body-nested-deeply body-of-exactly-the-limit body-without-end name-in-another-case pages-contradicting pages-further refusal-wrapped"},
	{name: "accepts invalid UTF-8", plant: reading(jsontext.AllowInvalidUTF8(true)),
		caught: "balances-too-many body-nested-deeply body-of-exactly-the-limit body-without-end name-in-another-case pages-contradicting pages-further refusal-side-members refusal-wrapped text-half-surrogate text-not-utf8 examples/consentExpired"},
	{name: "replaces invalid UTF-8", plant: texts(func(text []byte) []byte {
		return bytes.ToValidUTF8(text, []byte("?"))
	}), caught: "text-not-utf8 body-without-end"},
	{name: "skips a byte order mark", plant: texts(func(text []byte) []byte {
		return bytes.TrimPrefix(text, []byte("\ufeff"))
	}), caught: "body-byte-order-mark body-without-end"},
	{name: "accepts trailing data", plant: texts(func(text []byte) []byte {
		if first, err := jsontext.NewDecoder(bytes.NewReader(text)).ReadValue(); err == nil {
			return first
		}
		return text
	}), caught: "body-with-trailing-data content-encoding body-of-exactly-the-limit body-without-end"},
	{name: "skips what stands before the document", plant: texts(func(text []byte) []byte {
		return text[max(0, bytes.IndexByte(text, '{')):]
	}), caught: "body-byte-order-mark body-with-trailing-data body-without-end"},
	{name: "takes what came before the connection broke", plant: replies(func(_ *http.Request, response *http.Response) {
		response.Body = &lenient{response.Body}
	}), caught: "body-cut-short content-encoding"},
	{name: "looks at documented members only", plant: reading(), caught: "balances-too-many body-nested-deeply body-of-exactly-the-limit body-without-end name-in-another-case pages-contradicting pages-further refusal-side-members refusal-wrapped examples/consentExpired"},
	{name: "shows the provider's message", plant: failing(func(failure *adapters.Error) {
		failure.Detail = strings.TrimPrefix(failure.Detail+": "+failure.Message, ": ")
	}), caught: "text-control-characters errors-disclose-nothing"},
	{name: "shows any code", plant: failing(func(failure *adapters.Error) {
		if failure.Code != "" && codes[failure.Code] == "" {
			failure.Detail = "code " + failure.Code
		}
	}), caught: "text-control-characters codes-undocumented errors-disclose-nothing"},
	{name: "shows names that nobody has documented", plant: func(c *client) {
		c.seen = func(answer adapters.Exchange, _ []adapters.Balance, err error) {
			var failure *adapters.Error
			var body accountBody
			if at := new(jsontext.SyntacticError); len(answer.Body) > 0 && errors.As(err, &failure) && errors.As(json.Unmarshal(answer.Body, &body), &at) {
				failure.Detail = string(at.JSONPointer) + ": not as documented"
			}
		}
	}, caught: "bearer-challenge client-certificate-page errors-disclose-nothing"},
	{name: "names no field", plant: failing(func(failure *adapters.Error) { failure.Detail = "not as documented" }),
		caught: "amount-with-huge-exponent amount-with-large-exponent amount-of-a-megabyte amount-with-thousands-of-decimals amount-null amount-missing amount-empty-or-blank amount-with-separators amount-in-unicode-digits amount-nan-or-infinity amount-with-plus-sign amount-of-many-digits currency-malformed value-of-another-type name-twice name-in-another-case client-certificate-page bearer-challenge server-stalls tls-untrusted tls-texts tls-client-certificate"},
}

// reading reads answers in another way: as the documented members, which are written anew for the adapter.
func reading(options ...json.Options) func(*client) {
	return answers(func(response *http.Response, text []byte) []byte {
		var body any = new(errorBody)
		switch {
		case response.StatusCode == http.StatusOK && response.Request.URL.RawQuery != "":
			body = &struct {
				Accounts []accountBody `json:"accounts,omitzero"`
			}{}
		case response.StatusCode == http.StatusOK:
			body = new(accountBody)
		}
		switch err := json.Unmarshal(text, body, options...); {
		case errors.Is(err, json.ErrUnknownName):
			return nil
		case err != nil:
			return text
		}
		anew, err := json.Marshal(body, jsontext.AllowInvalidUTF8(true))
		if err != nil {
			return text
		}
		return anew
	})
}

// texts changes every body before it is decoded.
func texts(change func([]byte) []byte) func(*client) {
	return answers(func(_ *http.Response, text []byte) []byte { return change(text) })
}

// answers changes every body, up to the limit, beneath the adapter, whose cap and memory then do not fit.
func answers(change func(*http.Response, []byte) []byte) func(*client) {
	return replies(func(_ *http.Request, response *http.Response) {
		response.Body = &changed{ReadCloser: response.Body, change: func(text []byte) []byte { return change(response, text) }}
	})
}

// changed is a body with a change of its text, which ends like it did.
type changed struct {
	io.ReadCloser
	change func([]byte) []byte
	text   io.Reader
}

func (c *changed) Read(buffer []byte) (int, error) {
	if c.text == nil {
		text, err := io.ReadAll(io.LimitReader(c.ReadCloser, adapters.DefaultMaxBodyBytes))
		switch {
		case err != nil:
			c.text = io.MultiReader(bytes.NewReader(text), iotest.ErrReader(err))
		case len(text) == adapters.DefaultMaxBodyBytes:
			c.text = io.MultiReader(bytes.NewReader(text), c.ReadCloser)
		default:
			c.text = bytes.NewReader(c.change(text))
		}
	}
	return c.text.Read(buffer)
}

// failing changes every error.
func failing(change func(*adapters.Error)) func(*client) {
	return outcomes(func(balances []adapters.Balance, err error) ([]adapters.Balance, error) {
		var failure *adapters.Error
		if errors.As(err, &failure) {
			change(failure)
		}
		return balances, err
	})
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
