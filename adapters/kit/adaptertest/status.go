package adaptertest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// statusKinds are the statuses of errors, and their kind where the body has no code that says more.
var statusKinds = map[int]adapters.Kind{
	300: adapters.ErrRedirect, 302: adapters.ErrRedirect, 304: adapters.ErrRedirect, 305: adapters.ErrRedirect,
	400: adapters.ErrInvalidArgument, 405: adapters.ErrInvalidArgument, 406: adapters.ErrInvalidArgument,
	415: adapters.ErrInvalidArgument, 422: adapters.ErrInvalidArgument, 451: adapters.ErrInvalidArgument,
	401: adapters.ErrUnauthorized, 403: adapters.ErrForbidden, 404: adapters.ErrNotFound, 410: adapters.ErrNotFound,
	429: adapters.ErrRateLimited, 408: adapters.ErrUnavailable, 500: adapters.ErrUnavailable, 502: adapters.ErrUnavailable,
	503: adapters.ErrUnavailable, 504: adapters.ErrUnavailable, 599: adapters.ErrUnavailable, 999: adapters.ErrUnavailable,
}

// mute are the bodies that do not say why a call failed: JSON of another shape, broken JSON, HTML, none at all.
var mute = []string{"", "{}", "{", "null", "[]", `"x"`, "0", `{"status": 200}`, `{"error": 1, "errors": {}, "code": []}`, "\xff", page}

// refuse plays a refusal under each media type; all have to be of the kind and to keep their status.
func (h Harness) refuse(t *testing.T, stage *stage, status int, kind adapters.Kind, body string) {
	t.Helper()
	for _, media := range []string{"application/json", "text/html", ""} {
		balances, err := stage.play(t, with(status, media, body))
		assert.Empty(t, balances)
		failure := h.failed(t, err)
		assert.Equal(t, status, failure.Status)
		h.assertFailure(t, err, kind)
		assert.NotContains(t, err.Error(), "session")
	}
}

func checkUnauthorized(t *testing.T, h Harness) {
	stage := h.stage(t)
	for _, links := range []string{"{}", "null", "[]", `""`, `{"scaRedirect": null}`, `{"scaRedirect": {}}`, `{"scaRedirect": "x"}`,
		`{"scaRedirect": {"href": null}}`, `{"scaRedirect": {"href": ""}}`, `{"scaRedirect": {"href": 1}}`} {
		h.refuse(t, stage, http.StatusUnauthorized, adapters.ErrUnauthorized, `{"_links": `+links+`, "links": `+links+`}`)
	}
	for _, body := range mute {
		h.refuse(t, stage, http.StatusUnauthorized, adapters.ErrUnauthorized, body)
	}
}

func checkUnavailable(t *testing.T, h Harness) {
	stage := h.stage(t)
	for _, status := range []int{500, 502, 503, 504} {
		for _, body := range []string{page, "", "{", string(h.example(t).JSON)} {
			h.refuse(t, stage, status, adapters.ErrUnavailable, body)
		}
	}
}

// checkRateLimited answers also with a good body and every documented failure, none of which may hide that calls are
// used up.
func checkRateLimited(t *testing.T, h Harness) {
	stage, bodies := h.stage(t), append([]string{string(h.example(t).JSON)}, mute...)
	for _, example := range h.refusals() {
		bodies = append(bodies, string(example.JSON))
	}
	for _, body := range bodies {
		h.refuse(t, stage, http.StatusTooManyRequests, adapters.ErrRateLimited, body)
	}
}

// refusals are the documented error answers to a call for one account.
func (h Harness) refusals() []specs.Example {
	return slices.DeleteFunc(h.documented(), func(e specs.Example) bool {
		return e.Status < http.StatusBadRequest || e.Account == ""
	})
}

// forms are the examples to change: with go test -short one of each status and form, which is where its values of which JSON
// type are.
func forms(t *testing.T, examples []specs.Example) []specs.Example {
	t.Helper()
	seen := map[string]bool{}
	return slices.DeleteFunc(examples, func(e specs.Example) bool {
		all, err := values(e.JSON)
		require.NoError(t, err)
		form := strconv.Itoa(e.Status)
		for _, v := range all {
			form += v.pointer + string(v.kind)
		}
		known := seen[form]
		seen[form] = true
		return known && testing.Short()
	})
}

// checkStatusWins answers with all statuses, and then spoils every value of every documented error: the status stays,
// and the kind is the documented one or the status's.
func checkStatusWins(t *testing.T, h Harness) {
	stage := h.stage(t)
	for status, kind := range statusKinds {
		for _, body := range mute {
			_, err := stage.play(t, with(status, "application/json", body))
			failure := h.failed(t, err)
			assert.Equal(t, status, failure.Status)
			assert.Equal(t, kind, failure.Kind, "%d %s", status, body)
		}
	}
	for _, example := range forms(t, h.refusals()) {
		kinds := []adapters.Kind{h.kind(t, stage, example.Status, ""), h.kind(t, stage, example.Status, string(example.JSON))}
		for _, body := range allSpoilt(t, example.JSON) {
			_, err := stage.play(t, with(example.Status, "application/json", string(body)))
			failure := h.failed(t, err)
			assert.Equal(t, example.Status, failure.Status)
			assert.Contains(t, kinds, failure.Kind, "%s as %s", example.Name, body)
			for relation, address := range failure.Links {
				assert.True(t, relation != "" && address != "", "%s as %s", example.Name, body)
			}
		}
	}
}

func (h Harness) kind(t *testing.T, stage *stage, status int, body string) adapters.Kind {
	t.Helper()
	_, err := stage.play(t, with(status, "application/json", body))
	return h.failed(t, err).Kind
}

// failed returns the adapter's error of any kind.
func (h Harness) failed(t *testing.T, err error) *adapters.Error {
	t.Helper()
	failure, ok := err.(*adapters.Error)
	require.True(t, ok, "not an *adapters.Error: %v", err)
	return h.assertFailure(t, err, failure.Kind)
}

// allSpoilt is a body once with each of its values spoilt in every way.
func allSpoilt(t *testing.T, body []byte) (bodies [][]byte) {
	t.Helper()
	all, err := values(body)
	require.NoError(t, err)
	for _, v := range all {
		for _, text := range spoilt(body, v) {
			bodies = append(bodies, text)
		}
	}
	return bodies
}

func checkRetryAfter(t *testing.T, h Harness) {
	const week = 7 * 24 * time.Hour
	stage, soon := h.stage(t), now.Add(2*time.Minute)
	for value, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, " 120 ": 2 * time.Minute, "0": 0, "000060": time.Minute,
		"604800": week, "604801": week, "1000000000": week, "18446744073709551616": week, strings.Repeat("9", 1000): week,
		soon.Format(http.TimeFormat): 2 * time.Minute, soon.Format(time.ANSIC): 2 * time.Minute,
		soon.Format("Monday, 02-Jan-06 15:04:05 GMT"): 2 * time.Minute, soon.Format("Monday, 02-Jan-06 15:04:05 EST"): 0,
		now.Format(http.TimeFormat): 0, "Thu, 01 Jan 1970 00:00:00 GMT": 0, "Fri, 31 Dec 9999 23:59:59 GMT": week,
		"-1": 0, "-120": 0, "+120": 0, "1e9": 0, "120.5": 0, "1_000": 0, "0x10": 0, "120s": 0, "120, 60": 0, "120 60": 0,
		"soon": 0, soon.Format(time.RFC3339): 0, soon.Format(time.RFC1123Z): 0, "\u0661": 0, "NaN": 0, "<html>": 0,
	} {
		h.assertWait(t, stage, want, value)
	}
	h.assertWait(t, stage, 0)
	h.assertWait(t, stage, 0, "120", "60")
	h.assertWait(t, stage, 0, "120", "120")
}

// assertWait checks when the next call may be made; 0 is when nothing was said.
func (h Harness) assertWait(t *testing.T, stage *stage, want time.Duration, values ...string) {
	t.Helper()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		_, err := stage.play(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Retry-After"] = values
			with(status, "text/html", page)(w, r)
		})
		got := h.assertFailure(t, err, statusKinds[status]).RetryAfter
		if want == 0 {
			assert.Zero(t, got, "%q", values)
		} else {
			assert.True(t, now.Add(want).Equal(got), "%q gives %s", values, got)
		}
	}
}

// checkCodeWins gives every documented error with a documented code other statuses: the kind stays the code's. A code
// without an example takes the place of others of its list.
func checkCodeWins(t *testing.T, h Harness) {
	stage, codes, seen := h.stage(t), h.Document.Codes(), map[string]bool{}
	bodies := map[string][]func(code string) string{} // by the list of their code
	for _, example := range h.refusals() {
		_, err := stage.play(t, with(example.Status, "application/json", string(example.JSON)))
		code := h.failed(t, err).Code
		declared, known := codes[code]
		if !known || declared.Kind == "by status" || seen[code] {
			continue
		}
		seen[code] = true
		bodies[declared.List] = append(bodies[declared.List], func(other string) string {
			return string(recoded(t, example.JSON, code, other))
		})
		for _, status := range []int{400, 401, 403, 404, 409, 500, 502, 503, 510, 520, 530} {
			assert.Equal(t, declared.Kind, string(h.kind(t, stage, status, string(example.JSON))), "%s with status %d", code, status)
		}
	}
	if len(seen) == 0 {
		t.Skip("does not apply: no documented error of one account has a code with a kind of its own")
	}
	for code, declared := range codes {
		status := http.StatusNotFound
		if declared.Kind == string(adapters.ErrNotFound) {
			status = http.StatusBadRequest
		}
		known := func(body func(string) string) bool {
			_, err := stage.play(t, with(status, "application/json", body(code)))
			failure := h.failed(t, err)
			return failure.Code == code && string(failure.Kind) == declared.Kind && string(failure.Consent) == declared.Consent
		}
		if of := bodies[declared.List]; of != nil && !seen[code] && declared.Kind != "by status" {
			assert.True(t, slices.ContainsFunc(of, known), "%s is %s in no documented error, as x-kind declares it", code, declared.Kind)
		}
	}
}

// checkCodes gives every documented error a code that nobody has documented: the failure has it as sent, its text does
// not show it, and its kind is the status's.
func checkCodes(t *testing.T, h Harness) {
	stage, seen := h.stage(t), 0
	for _, example := range forms(t, h.refusals()) {
		_, err := stage.play(t, with(example.Status, "application/json", string(example.JSON)))
		code := h.failed(t, err).Code
		if code == "" {
			continue
		}
		seen++
		for _, odd := range []string{"ODD-2", "", strings.Repeat("x", 10_000), "\x1b[31m"} {
			_, err := stage.play(t, with(example.Status, "application/json", string(recoded(t, example.JSON, code, odd))))
			failure := h.assertFailure(t, err, h.kind(t, stage, example.Status, ""))
			assert.Equal(t, odd, failure.Code)
			if odd != "" {
				assert.NotContains(t, err.Error(), odd)
			}
		}
	}
	if seen == 0 {
		t.Skip("does not apply: no documented error of one account has a code")
	}
}

// recoded replaces each text of a body that is the code.
func recoded(t *testing.T, body []byte, code, by string) []byte {
	t.Helper()
	all, err := values(body)
	require.NoError(t, err)
	edits := []edit{}
	for _, v := range all {
		var text string
		if json.Unmarshal(body[v.start:v.end], &text) == nil && v.kind == '"' && text == code {
			edits = append(edits, edit{v.start, v.end, quoted(by, "")})
		}
	}
	require.NotEmpty(t, edits, "the code is not in the body")
	return apply(body, edits...)
}
