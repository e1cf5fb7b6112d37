package adaptertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cause is what a failure says of its cause.
type cause struct {
	kind          adapters.Kind
	consent       adapters.ConsentState
	code, message string
	links         string
}

func causeOf(failure *adapters.Error) cause {
	return cause{failure.Kind, failure.Consent, failure.Code, failure.Message, fmt.Sprint(failure.Links)}
}

// refuseWith plays an error body and compares what the failure says of the cause.
func (h Harness) refuseWith(t *testing.T, stage *stage, status int, media, body string, want cause) {
	t.Helper()
	_, err := stage.play(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "60")
		with(status, media, body)(w, r)
	})
	failure := h.failed(t, err)
	assert.Equal(t, want, causeOf(failure), "%.500s", body)
	assert.False(t, failure.RetryAfter.IsZero(), "%.500s", body)
}

// eachCause calls test with every example that states a cause.
func (h Harness) eachCause(t *testing.T, examples []specs.Example, test func(stage *stage, example specs.Example, want cause)) {
	t.Helper()
	stage := h.stage(t)
	for _, example := range examples {
		_, err := stage.play(t, with(example.Status, "application/json", string(example.JSON)))
		want := causeOf(h.failed(t, err))
		if want.code+want.message != "" || want.kind == adapters.ErrConsentRequired {
			test(stage, example, want)
		}
	}
}

// checkSideMembers spoils every value of every documented error that is no part of what the failure says, adds members that
// nobody has documented, and a side member that is larger than what is read.
func checkSideMembers(t *testing.T, h Harness) {
	h.eachCause(t, forms(t, h.refusals()), func(stage *stage, example specs.Example, want cause) {
		bodies := [][]byte{sideMember(example.JSON, `"id-2": {"code": [], "list": [null, {}, 1e400, "`+strings.Repeat("x", 99_000)+`"]}`)}
		all, err := values(example.JSON)
		require.NoError(t, err)
		for _, v := range all {
			text := string(example.JSON[v.start:v.end])
			if want.states(t, v.kind, text) {
				continue
			}
			for _, body := range spoilt(example.JSON, v) {
				bodies = append(bodies, body)
			}
			bodies = append(bodies, apply(example.JSON, edit{v.start, v.end, []byte(strings.Repeat("[", 500) + strings.Repeat("]", 500))}))
		}
		for _, body := range bodies {
			h.refuseWith(t, stage, example.Status, "application/json", string(body), want)
		}
	})
}

// states reports whether a value of the body is in the failure, or holds one that is.
func (c cause) states(t *testing.T, kind byte, text string) bool {
	t.Helper()
	if kind == '{' || kind == '[' {
		all, err := values([]byte(text))
		require.NoError(t, err)
		return slices.ContainsFunc(all[1:], func(v value) bool { return c.states(t, v.kind, text[v.start:v.end]) })
	}
	var said string
	if kind != '"' || json.Unmarshal([]byte(text), &said) != nil || said == "" {
		return false
	}
	return said == c.code || strings.HasPrefix(said, c.message) && c.message != "" || strings.Contains(c.links, said)
}

// sideMember adds a member at the end of a document.
func sideMember(body []byte, text string) []byte {
	end := bytes.LastIndexByte(body, '}')
	if !bytes.HasSuffix(bytes.TrimSpace(body[:end]), []byte("{")) {
		text = ", " + text
	}
	return apply(body, edit{end, end, []byte(text)})
}

// checkWrapped puts every documented error into what gateways put around errors, and under another media type.
func checkWrapped(t *testing.T, h Harness) {
	h.eachCause(t, forms(t, h.refusals()), func(stage *stage, example specs.Example, want cause) {
		for _, form := range []string{`%s`, `{"error": %s}`, `{"fault": %s}`, `{"errors": [%s]}`, `{"code": 7, "errors": %s}`, `[%s]`, "\ufeff%s"} {
			body := fmt.Sprintf(form, example.JSON)
			h.refuseWith(t, stage, example.Status, "application/problem+json", body, want)
		}
	})
}

// checkCodeSpelling writes every documented code in other ways that mean the same; the failure has it as sent.
func checkCodeSpelling(t *testing.T, h Harness) {
	codes, seen := h.Document.Codes(), 0
	h.eachCause(t, h.refusals(), func(stage *stage, example specs.Example, want cause) {
		if _, known := codes[want.code]; !known || want.code == "" {
			return
		}
		seen++
		for _, odd := range []string{strings.ToLower(want.code), " " + want.code + "\n", strings.ReplaceAll(want.code, "_", " ")} {
			other := want
			other.code = odd
			h.refuseWith(t, stage, example.Status, "application/json", string(recoded(t, example.JSON, want.code, odd)), other)
		}
		if number, ok := retyped(quoted(want.code, ""), '0'); ok && number[0] != '0' {
			body := bytes.ReplaceAll(example.JSON, quoted(want.code, ""), []byte(number))
			h.refuseWith(t, stage, example.Status, "application/json", string(body), want)
		}
	})
	if seen == 0 {
		t.Skip("does not apply: no documented error of one account has a code")
	}
}

// certificatePages are what servers answer over HTTP to a client that showed no certificate, or a wrong one.
var certificatePages = map[string]int{
	"<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n" +
		"<center>No required SSL certificate was sent</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>": 400,
	"<html><head><title>400 The SSL certificate error</title></head><body>The SSL certificate error</body></html>":                                        400,
	"<html> <head><title>400 Bad Request</title> </head> <body> <center><h1>400 Bad Request</h1></center> <hr><center>nginx</center></hr> </body></html>": 400,
	"<html><h2>403 - Forbidden: Access is denied.</h2>The page requires a client certificate: 403.7 Client certificate required</html>":                   403,
	"":     495,
	"page": 496,
}

func checkCertificatePages(t *testing.T, h Harness) {
	stage := h.stage(t)
	for page, status := range certificatePages {
		_, err := stage.play(t, with(status, "text/html", page))
		failure := h.failed(t, err)
		assert.Equal(t, status, failure.Status)
		assert.Contains(t, err.Error(), "client certificate", page)
	}
}

// checkBearerChallenge says why a token is refused in the header, as RFC 6750 has it.
func checkBearerChallenge(t *testing.T, h Harness) {
	stage := h.stage(t)
	for _, body := range mute {
		_, err := stage.play(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="x", error="invalid_token", error_description="The token, it expired."`)
			with(http.StatusUnauthorized, "application/json", body)(w, r)
		})
		failure := h.failed(t, err)
		assert.Equal(t, cause{adapters.ErrUnauthorized, "", "invalid_token", "The token, it expired.", "map[]"}, causeOf(failure), body)
		assert.Contains(t, err.Error(), "code invalid_token")
	}
}

// Cause is an error answer of one provider, or a 200 that cannot be used, and what the failure has to say of it. An empty
// Code, Message or Link is one that the failure must not have. Text is in the error's own text.
type Cause struct {
	Status                     int
	Body                       string
	Kind                       adapters.Kind
	Code, Message, Link, Quote string // Quote is the RequestID, compared if set
	Text                       string
}

// Causes plays error answers that only one provider gives.
func Causes(t *testing.T, h Harness, causes []Cause) {
	t.Helper()
	h.load(t)
	stage := h.stage(t)
	for _, c := range causes {
		_, err := stage.play(t, with(c.Status, "application/json", c.Body))
		failure := h.assertFailure(t, err, c.Kind)
		got := Cause{Status: failure.Status, Body: c.Body, Kind: failure.Kind, Code: failure.Code, Message: failure.Message, Quote: c.Quote, Text: c.Text}
		for _, link := range failure.Links {
			got.Link = link
		}
		assert.Equal(t, c, got)
		assert.Contains(t, err.Error(), c.Text)
		if c.Quote != "" {
			assert.Equal(t, c.Quote, failure.RequestID, c.Body)
		}
	}
}
