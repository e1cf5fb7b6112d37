package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

var bank = wish{File: "testdata/bank.yaml", Operation: "GET /accounts/{id}/balances", List: "GET /accounts"}

func TestWhatTheOperationsUseIsTakenOver(t *testing.T) {
	t.Parallel()
	files, left, err := fromFile("acme", bank)
	require.NoError(t, err)
	document := files["specs/acme/openapi.yaml"]
	for _, text := range []string{
		"https://api.mybank.example/v2", "headers: [Authorization, X-Request-ID]", "$ref: '#/components/parameters/Rid'",
		"description: Returns balances.", "example: \"77\"", "x-sandbox-account: \"77\"", "amount: \"12.30\"", "at: \"2025-01-01T00:00:00Z\"",
		"$ref: '#/components/schemas/Base'", "$ref: '#/components/schemas/Account'", "pattern: '^[A-Z]{3}$'", "format: decimal",
		"x-sandbox-account: account-404", "required: [amount, currency]", "nullable: true", "x-maps-to: TODO(acme) # TODO(acme): such as {each: balance}",
	} {
		assert.Contains(t, document, text)
	}
	for _, text := range []string{"double", "date-time", "payments", "xml", "minLength", "default:", "\n          enum:"} {
		assert.NotContains(t, document, text)
	}
	assert.Equal(t, []string{
		"application/xml of the answers 200", "minItems 1 of AccountBalancesBalances", "that the answers 401 are application/problem+json",
		"the answer default of GET /accounts", "the operation POST /payments", "the parameter Authorization in header",
	}, left)
	assert.Contains(t, files["specs/acme/page.yaml"], `"amount": "12.30"`)
	assert.NotContains(t, files["specs/acme/page.yaml"], "error401", "which the file does not have")
	assert.Equal(t, "GET /accounts/77/balances\nAccept: application/json\nAuthorization: Bearer token-1234\nX-Request-Id: <uuid>\n"+
		"TODO(acme): what the page says, and nothing else; then this line goes\n", files["adapters/acme/testdata/requests/unattended.http"])
	assert.Contains(t, files["adapters/acme/testdata/examples/accountList.json"], `"accounts": []`)
}

// JSON, also with tabs, is read like YAML.
func TestJSONFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(bank.File)
	require.NoError(t, err)
	var value any
	require.NoError(t, yaml.Unmarshal(text, &value))
	text, err = json.MarshalIndent(value, "", "\t")
	require.NoError(t, err)
	want, _, err := fromFile("acme", bank)
	require.NoError(t, err)
	got, _, err := fromFile("acme", changed(t, string(text)))
	require.NoError(t, err)
	assert.ElementsMatch(t, strings.Fields(want["specs/acme/openapi.yaml"]), strings.Fields(got["specs/acme/openapi.yaml"]), "in another order")
}

// changed is the wish with another text in the place of the file.
func changed(t *testing.T, text string) wish {
	t.Helper()
	w := bank
	w.File = filepath.Join(t.TempDir(), "bank.yaml")
	require.NoError(t, os.WriteFile(w.File, []byte(text), 0o600))
	return w
}

func TestFilesThatCannotBeCut(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(bank.File)
	require.NoError(t, err)
	const money, item = "{$ref: '#/components/schemas/money'}", "{$ref: '#/components/schemas/account'}"
	for name, c := range map[string]struct{ old, new, want string }{
		"not OpenAPI 3":      {"openapi: 3.0.1", "swagger: '2.0'", "not OpenAPI 3"},
		"no YAML":            {"openapi: 3.0.1", "{", "neither YAML nor JSON"},
		"empty":              {string(text), "", "not OpenAPI 3"},
		"a list":             {string(text), "- openapi: 3.0.1", "not OpenAPI 3"},
		"50 MB":              {"info:", strings.Repeat("# 3456789\n", 5_000_000) + "info:", "larger than 16 MiB"},
		"no such operation":  {"/accounts/{id}/balances:", "/accounts/{id}/funds:", "no operation GET /accounts/{id}/balances; cure: one of GET /accounts, GET /accounts/{id}/funds, POST /payments"},
		"another file":       {money, "{$ref: 'money.yaml#/Money'}", "refers to another file, money.yaml#/Money"},
		"another host":       {money, "{$ref: 'https://bank.example/money.yaml'}", "refers to another file"},
		"nothing there":      {money, "{$ref: '#/components/schemas/nobody'}", "nothing is at #/components/schemas/nobody"},
		"a circle":           {"    base: {type: object,", "    money2: {$ref: '#/components/schemas/base'}\n    base: {$ref: '#/components/schemas/money2', x: {", "leads in a circle"},
		"a list of itself":   {"    iban: {type: string, ", "    iban: {type: array, items: {$ref: '#/components/schemas/iban'}, ", "refers to itself"},
		"a part of itself":   {"    iban: {type: string, ", "    iban: {allOf: [{$ref: '#/components/schemas/iban'}], ", "refers to itself"},
		"an alias of itself": {"    iban: {type: string, ", "    iban: &self {allOf: [*self], ", "refers to itself"},
		"no items":           {"items: " + item, "minItems: 1", "has no items"},
		"no JSON":            {"application/json; charset=utf-8", "text/plain", "GET /accounts has no JSON answer with status 200"},
		"no answer":          {"        '200':\n", "        '204':\n", "GET /accounts has no JSON answer with status 200"},
		"a request body":     {"      description: Returns balances.\n", "      requestBody: {content: {}}\n", "has a request body"},
		"a bomb": {"openapi: 3.0.1", "openapi: 3.0.1\nx-a: &a [x, x, x, x, x, x, x, x, x, x]\nx-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n" +
			"x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nx-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\nx-e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]",
			""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoilt := strings.Replace(string(text), c.old, c.new, 1)
			require.NotEqual(t, string(text), spoilt)
			if name == "a circle" {
				spoilt = strings.Replace(spoilt, "{type: string, enum: [AVAILABLE, BOOKED]}}}", "{type: string, enum: [AVAILABLE, BOOKED]}}}}", 1)
			}
			if name == "a bomb" {
				spoilt, c.want = strings.Replace(spoilt, "example: {account_id: \"77\",", "example: {account_id: *e, more: *e,", 1), "more than 100000 values"
			}
			assertRefused(t, changed(t, spoilt), c.want)
		})
	}
}

func TestWishesThatCannotBeMet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wish wish
		want string
	}{
		{wish{"testdata/nobody.yaml", bank.Operation, ""}, "no such file"},
		{wish{"testdata", bank.Operation, ""}, "is a directory"},
		{wish{bank.File, "balances", ""}, `"balances" is no operation; cure: write it like 'GET /accounts/{id}/balances'`},
		{wish{bank.File, "GET /accounts", ""}, "has 0 parameters in its path, not 1"},
		{wish{bank.File, bank.Operation, bank.Operation}, "has 1 parameters in its path, not 0"},
	} {
		assertRefused(t, c.wish, c.want)
	}
}

// assertRefused checks that the reason is one line with the cure.
func assertRefused(t *testing.T, w wish, want string) {
	t.Helper()
	_, _, err := fromFile("acme", w)
	require.ErrorContains(t, err, want)
	assert.Contains(t, err.Error(), "; cure: ")
	assert.Equal(t, 0, bytes.Count([]byte(err.Error()), []byte("\n")), err)
}
