package call_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
)

// form is that of a bank with Berlin Group's error body, an id and codes of its own.
var form = call.Form{
	Inside: "tppMessages", Code: []string{"code"}, Message: []string{"text"}, RequestID: []string{"id"},
	Kinds: map[string]adapters.Kind{
		"CONSENT_EXPIRED": adapters.ErrConsentRequired, "FORMAT_ERROR": adapters.ErrInvalidArgument, "1426": adapters.ErrConsentRequired,
	},
	Consents: map[string]adapters.ConsentState{"CONSENT_EXPIRED": adapters.ErrConsentExpired},
}

func TestRefusalReadsMemberByMember(t *testing.T) {
	t.Parallel()
	const expired, format = "CONSENT_EXPIRED", "FORMAT_ERROR"
	deep := strings.Repeat(`{"a":[`, 4_900) + strings.Repeat("]}", 4_900)
	for body, want := range map[string]struct{ code, known, message, id, links string }{
		`{"tppMessages":[{"category":"ERROR","code":"CONSENT_EXPIRED","text":"over"}],"id":"7"}`: {expired, expired, "over", "7", ""},

		// Of several errors the first ERROR counts; a warning counts where nothing else is there.
		`{"tppMessages":[{"category":"WARNING","code":"WARNING"},{"category":"ERROR","code":"CONSENT_EXPIRED"}]}`:              {expired, expired, "", "", ""},
		`{"tppMessages":[{"category":"warning","code":"FORMAT_ERROR"},{"category":"Error","code":"CONSENT_EXPIRED"}]}`:         {expired, expired, "", "", ""},
		`{"tppMessages":[{"category":"ERROR","code":"NEW"},{"category":"ERROR","code":"CONSENT_EXPIRED"}]}`:                    {"NEW", "", "", "", ""},
		`{"tppMessages":[null,7,"x",[],{},{"category":"ERROR","code":null},{"category":"ERROR","code":"CONSENT_EXPIRED"}]}`:    {expired, expired, "x", "", ""},
		`{"tppMessages":[{"category":"WARNING","code":"FORMAT_ERROR"},{"code":"CONSENT_EXPIRED"}]}`:                            {expired, expired, "", "", ""},
		`{"tppMessages":[{"category":"WARNING","code":"FORMAT_ERROR","text":"w"}]}`:                                            {format, format, "w", "", ""},
		`{"code":"FORMAT_ERROR","tppMessages":[{"category":"ERROR","code":"CONSENT_EXPIRED"}]}`:                                {expired, expired, "", "", ""},
		`{"tppMessages":{"category":"ERROR","code":"CONSENT_EXPIRED","text":"over"}}`:                                          {expired, expired, "over", "", ""},
		`{"tppMessages":[{"category":[],"code":"CONSENT_EXPIRED","text":{},"path":7}]}`:                                        {expired, expired, "", "", ""},
		`{"tppMessages":[{"code":["CONSENT_EXPIRED"],"text":["over","again"]}]}`:                                               {expired, expired, "over", "", ""},
		`{"code":[],"tppMessages":"none","errors":[{"tppMessages":[{"code":"CONSENT_EXPIRED"}]}]}`:                             {expired, expired, "none", "", ""},
		`{"type":"https://x","title":"Too bad","detail":"The consent is over.","code":"CONSENT_EXPIRED","additionalErrors":7}`: {expired, expired, "The consent is over.", "", ""},

		// Numbers, spellings and names.
		`{"code":1426,"id":5615873377,"text":7}`:                      {"1426", "1426", "", "5615873377", ""},
		`{"code":1426.0}`:                                             {"1426", "1426", "", "", ""},
		`{"code":" consent expired\t"}`:                               {" consent expired\t", expired, "", "", ""},
		`{"error_code":"Consent-Expired","ErrorMessage":"m"}`:         {"Consent-Expired", expired, "m", "", ""},
		`{"CODE":"CONSENT_EXPIRED"}`:                                  {expired, expired, "", "", ""},
		`{"code":"S3CR3T CONSENT_EXPIRED"}`:                           {"S3CR3T CONSENT_EXPIRED", "", "", "", ""},
		`{"code":null,"code":{},"code":"CONSENT_EXPIRED","code":"X"}`: {expired, expired, "", "", ""},

		// Gateways. What is a status of theirs is no code of the provider's.
		`{"code":7,"message":"permission denied","details":[{"@type":"x","reason":"y"}]}`:                    {"", "", "permission denied", "", ""},
		`{"error":{"code":404,"message":"no","status":"FORMAT_ERROR"}}`:                                      {format, format, "no", "", ""},
		`{"fault":{"code":900902,"type":"Status report","message":"Missing Credentials","description":"x"}}`: {"900902", "", "Missing Credentials", "", ""},
		`{"fault":{"faultstring":"Invalid API Key","detail":{"errorcode":"oauth.v2.InvalidApiKey"}}}`:        {"", "", "Invalid API Key", "", ""},
		`{"timestamp":1,"status":404,"error":"Not Found","path":"/v1/x"}`:                                    {"", "", "Not Found", "", ""},
		`{"error":"invalid_token","error_description":"It expired."}`:                                        {"invalid_token", "invalid_token", "It expired.", "", ""},
		`{"error":{"error":{"tppMessages":[{"code":"CONSENT_EXPIRED"}]}}}`:                                   {expired, expired, "", "", ""},
		`[{"code":"CONSENT_EXPIRED"}]`:                                                                       {expired, expired, "", "", ""},
		`{"errors":["Bad Request"]}`:                                                                         {"", "", "Bad Request", "", ""},
		`{"httpCode":"401","httpMessage":"Unauthorized","moreInformation":"Client id not registered"}`:       {"", "", "Client id not registered", "", ""},
		`{"error":{"errorCode":"CONSENT_EXPIRED","developerMessage":"d"}}`:                                   {expired, expired, "d", "", ""},
		`{"errorResponse":{"tppMessages":["Consent","over"]}}`:                                               {"", "", "Consent", "", ""},
		`{"payload":[{"code":"CONSENT_EXPIRED"}],"meta":{"id":"x"},"links":[{"meta":{"id":"y"}}]}`:           {},

		// Links.
		`{"_links":{"scaRedirect":{"href":"https://a","verbs":7},"self":{"href":7},"x":null,"y":"z"}}`:   {links: "scaRedirect https://a"},
		`{"_links":{"scaRedirect":"https://a"}}`:                                                         {links: "scaRedirect https://a"},
		`{"_links":{"scaRedirect":[{"href":"/a"}]}}`:                                                     {links: "scaRedirect /a"},
		`{"links":[{"rel":"consent","href":"https://a","meta":[]},{"rel":7},null,{"href":"https://b"}]}`: {links: "consent https://a"},
		`{"links":{"rel":"consent","href":"https://a"}}`:                                                 {links: "consent https://a"},
		`{"links":{"consent":{"href":"https://a"},"consent":{"href":"https://b"}}}`:                      {links: "consent https://a"},
		`{"tppMessages":[{"code":"FORMAT_ERROR","_links":{"x":{"href":"a"}}}]}`:                          {code: format, known: format, links: "x a"},

		// Bodies that are broken, odd or huge.
		"\xef\xbb\xbf" + `{"code":"CONSENT_EXPIRED"}`:                      {expired, expired, "", "", ""},
		`{"code":"CONSENT_EXPIRED","text":"a` + "\n\x00" + `b","id":"1"}`:  {expired, expired, "a  b", "1", ""},
		`{"code":"CONSENT_EXPIRED","text":"` + "\xff" + `","id":"1"}`:      {expired, expired, "\ufffd", "1", ""},
		`{"code":"CONSENT_EXPIRED","id":"1", 'text'`:                       {expired, expired, "", "1", ""},
		`{"code":"CONSENT_EXPIRED","stack":"` + strings.Repeat("x", 9_000): {expired, expired, "", "", ""},
		`{"tppMessages":[{"code":"CONSENT_EXPIRED"`:                        {expired, expired, "", "", ""},
		`{"deep":` + deep + `,"code":"CONSENT_EXPIRED"}`:                   {expired, expired, "", "", ""},
		`{"code":` + deep + `,"code":"CONSENT_EXPIRED"}`:                   {expired, expired, "", "", ""},
		deep: {}, strings.Repeat("[", 60_000): {}, "": {}, "null": {}, "{": {}, `"x"`: {}, "<html>": {}, "7": {}, "{}}": {}, `{"a" 1}`: {}, "true": {},
	} {
		got := call.Answer{Body: []byte(body)}.Refusal(form)
		links := make([]string, 0, 1)
		for relation, address := range got.Links {
			links = append(links, relation+" "+address)
		}
		wanted := call.Refusal{
			Kind: form.Kinds[want.known], Consent: form.Consents[want.known], Code: want.code, Known: want.known,
			Message: want.message, RequestID: want.id, Links: got.Links,
		}
		assert.Equal(t, wanted, got, "%.200s", body)
		assert.Equal(t, want.links, strings.Join(links, ", "), "%.200s", body)
	}
}

func TestRefusalReadsTheBearerChallenge(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]call.Refusal{
		`Bearer`:                       {},
		`Bearer realm="error=x"`:       {},
		`Basic realm="x", error="y"`:   {},
		`Bearer error="invalid_token"`: {Code: "invalid_token", Known: "invalid_token"},
		`bearer realm="x",error=insufficient_scope, scope="a b"`:       {Code: "insufficient_scope", Known: "insufficient_scope"},
		`Bearer error_description="so \"it\" is", error="token_stale"`: {Code: "token_stale", Message: `so "it" is`},
		`Basic realm="x", Bearer error="CONSENT_EXPIRED"`: {
			Code: "CONSENT_EXPIRED", Known: "CONSENT_EXPIRED", Kind: adapters.ErrConsentRequired, Consent: adapters.ErrConsentExpired,
		},
	} {
		header := http.Header{"Www-Authenticate": {value}}
		assert.Equal(t, want, call.Answer{Header: header, Body: []byte("{}")}.Refusal(form), value)
		own := call.Answer{Header: header, Body: []byte(`{"code":"NEW","text":"own"}`)}.Refusal(form)
		assert.Equal(t, call.Refusal{Code: "NEW", Message: "own"}, own, "the body's own words count")
	}
}

func TestMember(t *testing.T) {
	t.Parallel()
	answer := call.Answer{Body: []byte(`{"a": "x", "b": true, "c": 1.50, "d": null, "e": {}, "d": false}`)}
	for name, want := range map[string]string{"a": "x", "b": "true", "c": "1.50", "d": "false", "e": "", "f": ""} {
		assert.Equal(t, want, answer.Member(name), name)
	}
	answer.Body = []byte(`{"a": 1, "a": {"b": "x"}, "a": {"b": [], "b": {"c": 401}}}`)
	for way, want := range map[string]string{"a": "1", "a b": "x", "a b c": "401", "a c": "", "b c": "", "a b c d": ""} {
		assert.Equal(t, want, answer.Member(strings.Fields(way)...), way)
	}
}

// A 200 that cannot be used is a failure that the provider reports, if it says so.
func TestReportedFailures(t *testing.T) {
	t.Parallel()
	reported := func(answer call.Answer) (call.Refusal, bool) {
		refusal := answer.Refusal(form)
		return refusal, answer.Member("success") == "false"
	}
	for body, want := range map[string]string{
		`{"success": false, "code": "CONSENT_EXPIRED", "list": 7}`: "bank: get balances: consent_required (HTTP 200): code CONSENT_EXPIRED",
		`{"success": false, "code": "NEW"}`:                        "bank: get balances: protocol (HTTP 200)",
		`{"success": false, "success": true}`:                      "bank: get balances: protocol (HTTP 200)",
		`{"success": true, "code": "CONSENT_EXPIRED"}`:             "bank: get balances: protocol (HTTP 200): list: missing",
		`{"success": true, "success": false}`:                      "bank: get balances: protocol (HTTP 200): *: name occurs twice",
	} {
		options := &adapters.Options{HTTPClient: &http.Client{Transport: answers(200, body)}}
		e, err := call.Open(call.Provider{Name: "bank", URL: "https://bank.example", Reported: reported}, struct{}{}, options)
		assert.NoError(t, err)
		_, err = balances(t.Context(), e, broken)
		assert.EqualError(t, err, want)
	}
}

func TestPagesAboutTheClientCertificate(t *testing.T) {
	t.Parallel()
	const required, refused = "client certificate required", "client certificate not accepted"
	for _, test := range []struct {
		status       int
		page, detail string
		kind         adapters.Kind
	}{
		{400, "<html><title>400 No required SSL certificate was sent</title>", required, adapters.ErrUnauthorized},
		{400, `{"message": "No required SSL certificate was sent"}`, required, adapters.ErrUnauthorized},
		{403, "<HTML>403.7 Client Certificate Required", required, adapters.ErrForbidden},
		{400, "<html><title>400 The SSL certificate error</title>", refused, adapters.ErrUnauthorized},
		{403, "<html>Your client certificate is untrusted or invalid", refused, adapters.ErrForbidden},
		{495, "", refused, adapters.ErrUnauthorized},
		{496, "{}", required, adapters.ErrUnauthorized},
		{400, "<html><h1>400 Bad Request</h1><hr>nginx", "refused by the server in front, perhaps for want of a client certificate", adapters.ErrInvalidArgument},
		{400, "<html><h1>400 Bad Request</h1>", "", adapters.ErrInvalidArgument},
		{429, "No required SSL certificate was sent", "", adapters.ErrRateLimited},
		{500, "No required SSL certificate was sent", "", adapters.ErrUnavailable},
	} {
		_, err := balances(t.Context(), connect(t, answers(test.status, test.page), call.Refusal{}), one)
		var failure *adapters.Error
		assert.ErrorAs(t, err, &failure)
		assert.Equal(t, test.detail, failure.Detail, test.page)
		assert.Equal(t, test.kind, failure.Kind, test.page)
	}
}
