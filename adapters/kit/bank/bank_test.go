package bank_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := bank.Parse([]byte(` {"name": "One", "signature": {"covered": ["digest"]}, "cardDebts": {"*": "positive"}}` + "\n"))
	require.NoError(t, err)
	assert.Equal(t, &bank.Profile{Name: "One", Quirks: bank.Quirks{
		Signature: bank.Signature{Covered: []string{"digest"}}, CardDebts: map[string]string{"*": "positive"},
	}}, got)
	for text, problem := range map[string]string{
		``: "JSON ends too early", `{`: "JSON ends too early", `{} {}`: "not valid JSON", `[]`: "wrong JSON type", `null`: "no object", `"x"`: "wrong JSON type",
		`{"quirk": true}`: `"quirk": not a known name`, `{"TOKEN": "none"}`: `"TOKEN": not a known name`, `{"signature": {"other": 1}}`: `signature."other": not a known name`,
		`{"types": {"own": "expected", "OWN": "expected"}}`: "two names differ in case only", `{"token": "none", "token": "required"}`: "token: name occurs twice",
		`{"token": 1}`: "token: wrong JSON type",
		`{"cardDebts": {"expected": "x", "expected": "negative"}}`: `cardDebts."expected": name occurs twice`,
	} {
		_, err := bank.Parse([]byte(text))
		assert.EqualError(t, err, "no JSON of a profile: "+problem, text)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	const set, twice = ": a header that is set otherwise", ": a header that the profile has twice"
	for text, problem := range map[string]string{
		`{"headers": {"Tenant": "nl", "Accept": "application/hal+json"}, "keyHeader": "X-API-Key", "tokenHeader": "PSD2-AUTHORIZATION"}`: "",
		`{"headers": {"PSU-IP-Address": "1.2.3.4"}}`: "headers" + set, `{"headers": {"psu-accept": "x"}}`: "headers" + set,
		`{"headers": {"Consent-ID": "x"}}`: "headers" + set, `{"headers": {"authorization": "x"}}`: "headers" + set,
		`{"headers": {"Host": "x"}}`: "headers" + set, `{"headers": {"Content-Length": "1"}}`: "headers" + set,
		`{"headers": {"Content-Type": "x"}}`: "headers" + set, `{"headers": {"Digest": "x"}}`: "headers" + set,
		`{"headers": {"Signature": "x"}}`: "headers" + set, `{"headers": {"TPP-Signature-Certificate": "x"}}`: "headers" + set,
		`{"headers": {"x-fapi-customer-ip-address": "x"}}`: "headers" + set, `{"headers": {"X-Customer-User-Agent": "x"}}`: "headers" + set,
		`{"headers": {"X-Request-ID": "x"}}`: "headers" + set, `{"headers": {"Date": "x"}}`: "headers" + set,
		`{"headers": {"Cookie": "x"}}`: "headers" + set, `{"headers": {"Accept-Encoding": "x"}}`: "headers" + set,
		`{"keyHeader": "Authorization"}`: "keyHeader" + set, `{"tokenHeader": "Consent-ID"}`: "tokenHeader" + set,
		`{"requestIdHeader": "Host"}`:                         "requestIdHeader" + set,
		`{"headers": {"Tenant": "x"}, "keyHeader": "tenant"}`: "keyHeader" + twice,
		`{"headers": {"": "x"}}`:                              "headers: no name of a header",
		`{"headers": {"A": "\n"}}`:                            "headers: no text that can be sent",
		`{"query": {"": ""}}`:                                 "query: no name of a parameter",
		`{"query": {"withBalance": "false"}}`:                 "query: withBalance is set otherwise",
		`{"query": {"app-id": "x"}, "keyQuery": "app-id"}`:    "keyQuery: a parameter that the profile has twice",
		`{"zone": "Local"}`:                                   "zone: not in the database of time zones",
		`{"types": {"closingBooked": "expected"}}`:            "types: a standard's name that means something else there",
		`{"types": {"CLBD": "expected"}}`:                     "types: a standard's name that means something else there",
		`{"types": {"authorised": "interimBooked"}}`:          "",
		`{"cardIndicator": "maybe"}`:                          "cardIndicator: neither reversed nor unknown",
		`{"links": ["bank.example"]}`:                         "links: no host",
	} {
		p, err := bank.Parse([]byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, problem, p.Problem(), text)
	}
	assert.Equal(t, "headers: a header that the profile has twice", bank.Quirks{Headers: map[string]string{"Tenant": "x", "TENANT": "y"}}.Problem())
	assert.Equal(t, "types: names that differ in case only", bank.Quirks{Types: map[string]string{"own": "expected", "OWN": "expected"}}.Problem())
	assert.Equal(t, "cardDebts: names that differ in case only", bank.Quirks{CardDebts: map[string]string{"own": "positive", "Own": "negative"}}.Problem())
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	q := bank.Quirks{Token: "required", KeyQuery: "id", FinancialID: true, CardIndicator: "unknown", Signature: bank.Signature{Covered: []string{"digest"}}}
	assert.Equal(t, []string{"accessToken", "apiKey", "financialId", "cardAccounts", "signingCert", "signingKey"}, q.Needs())
	assert.Empty(t, bank.Quirks{}.Needs())
}
