package main

import (
	"bytes"
	"encoding/json"
	"fmt"
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
		"$ref: '#/components/schemas/AccountBalancesBalanceItem'", "$ref: '#/components/schemas/Account'", "pattern: '^[A-Z]{3}$'", "format: decimal",
		"x-sandbox-account: account-404", "required: [amount, currency]", "nullable: true", "x-maps-to: TODO(acme) # TODO(acme): such as {each: balance}",
	} {
		assert.Contains(t, document, text)
	}
	for _, text := range []string{"double", "date-time", "payments", "xml", "minLength", "default:", "\n          enum:"} {
		assert.NotContains(t, document, text)
	}
	assert.Equal(t, []string{
		"application/xml of the answers 200", "format date of asAt", "format date-time of AccountBalancesBalanceItemAt", "format double of AccountBalancesBalanceItemLimit",
		"minItems 1 of AccountBalancesBalances", "minLength 3 of MoneyCurrency, which is a currency",
		"oauth2 of the security scheme oauth, which is a bearer token",
		"parent of Account, because its schema lies within itself", "that the answers 401 are application/problem+json",
		"the answer default of GET /accounts", "the operation POST /payments", "the parameter Authorization in header",
		"the type integer of id, which is taken as text",
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

// spoiltBank is bank.yaml with a text in the place of the first one that is another.
func spoiltBank(t *testing.T, before, after string) string {
	t.Helper()
	text, err := os.ReadFile(bank.File)
	require.NoError(t, err)
	spoilt := strings.Replace(string(text), before, after, 1)
	require.NotEqual(t, string(text), spoilt)
	return spoilt
}

func TestFilesThatCannotBeCut(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(bank.File)
	require.NoError(t, err)
	const money, item = "{$ref: '#/components/schemas/money'}", "{$ref: '#/components/schemas/account'}"
	for name, c := range map[string]struct{ old, new, want string }{
		"not OpenAPI 3":     {"openapi: 3.0.1", "swagger: '2.0'", "not OpenAPI 3"},
		"no YAML":           {"openapi: 3.0.1", "{", "neither YAML nor JSON"},
		"empty":             {string(text), "", "not OpenAPI 3"},
		"a list":            {string(text), "- openapi: 3.0.1", "not OpenAPI 3"},
		"50 MB":             {"info:", strings.Repeat("# 3456789\n", 5_000_000) + "info:", "larger than 16 MiB"},
		"no such operation": {"/accounts/{id}/balances:", "/accounts/{id}/funds:", "no operation GET /accounts/{id}/balances; cure: one of GET /accounts, GET /accounts/{id}/funds, POST /payments"},
		"another file":      {money, "{$ref: 'money.yaml#/Money'}", "refers to another file, money.yaml#/Money"},
		"another host":      {money, "{$ref: 'https://bank.example/money.yaml'}", "refers to another file"},
		"nothing there":     {money, "{$ref: '#/components/schemas/nobody'}", "nothing is at #/components/schemas/nobody"},
		"a circle":          {"    base: {type: object,", "    money2: {$ref: '#/components/schemas/base'}\n    base: {$ref: '#/components/schemas/money2', x: {", "leads in a circle"},
		"no items":          {"items: " + item, "minItems: 1", "no list AccountList, because its elements have no single schema"},
		"only itself":       {"{type: array, items: " + item, "{type: array, items: {$ref: '#/paths/~1accounts/get/responses/200/content/application~1json; charset=utf-8/schema'}", "no list AccountList, because its schema lies within itself"},
		"parameters":        {"/accounts/{id}/balances:", "/{bank}/{accountId}/{view}:", "GET /{bank}/{accountId}/{view} has 3 parameters in its path, not 1; cure: write the values of the others, such as 'GET /BANK/{accountId}/VIEW'"},
		"no JSON":           {"application/json; charset=utf-8", "text/plain", "GET /accounts has no JSON answer with status 200"},
		"no answer":         {"        '200':\n", "        '204':\n", "GET /accounts has no JSON answer with status 200"},
		"a request body":    {"      description: Returns balances.\n", "      requestBody: {content: {}}\n", "has a request body"},
		"a bomb": {"openapi: 3.0.1", "openapi: 3.0.1\nx-a: &a [x, x, x, x, x, x, x, x, x, x]\nx-b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n" +
			"x-c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nx-d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\nx-e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]",
			""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoilt := spoiltBank(t, c.old, c.new)
			if name == "a circle" {
				spoilt = strings.Replace(spoilt, "{type: string, enum: [AVAILABLE, BOOKED]}}}", "{type: string, enum: [AVAILABLE, BOOKED]}}}}", 1)
			}
			if name == "a bomb" {
				spoilt, c.want = strings.Replace(spoilt, "example: {account_id: \"77\",", "example: {account_id: *e, more: *e,", 1), "more than 100000 values"
			}
			w := changed(t, spoilt)
			if name == "parameters" {
				w.Operation = "GET /{bank}/{accountId}/{view}"
			}
			assertRefused(t, w, c.want)
		})
	}
}

// What has no place in a document of ours is left out and printed. Each is in the place of something in bank.yaml.
func TestWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	const property, parameter = "account_id: {type: string}", "{name: asAt, in: query, schema: {type: string, format: date}}"
	for name, c := range map[string]struct{ old, new, left string }{
		"an error with a list of itself": {"code: {type: string, enum: [A, B]}", "causes: {type: array, items: {$ref: '#/components/schemas/err'}}", "causes of Err, because its schema lies within itself"},
		"an error in a part of itself":   {"code: {type: string, enum: [A, B]}", "cause: {description: Why., allOf: [{$ref: '#/components/schemas/err'}]}", "cause of Err, because its schema lies within itself"},
		"a circle without a name":        {property, "a: {oneOf: [{$ref: '#/components/schemas/balances'}, {type: string}]}", "a of AccountBalancesA, because its schema lies within itself"},
		"a list of itself":               {"    iban: {type: string, ", "    iban: {type: array, items: {$ref: '#/components/schemas/iban'}, ", "iban of Account, because its schema lies within itself"},
		"a part of itself":               {"    iban: {type: string, ", "    iban: {allOf: [{$ref: '#/components/schemas/iban'}], ", "the part that is the same schema of AccountIban"},
		"an alias of itself":             {"    iban: {type: string, ", "    iban: &self {allOf: [*self], ", "the part that is the same schema of AccountIban"},
		"prefixItems":                    {property, "a: {type: array, prefixItems: [{type: string}]}", "a of AccountBalances, because its elements have no single schema"},
		"prefixItems and items":          {property, "a: {type: array, items: {type: string}, prefixItems: [{type: integer}]}", "a of AccountBalances, because its elements have no single schema"},
		"several types":                  {property, "a: {type: [string, 'null', integer]}", "the type integer of AccountBalancesA"},
		"a schema that is true":          {property, "a: true", "the types besides string of AccountBalancesA"},
		"a schema that is empty":         {property, "a: {}", "the types besides string of AccountBalancesA"},
		"an unknown type":                {property, "a: {type: file}", "the type file of AccountBalancesA"},
		"beside a reference":             {property, "a: {$ref: '#/components/schemas/iban', nullable: true}", "nullable beside the reference of AccountBalancesA"},
		"oneOf":                          {property, "a: {oneOf: [{type: string}, {type: integer}]}", "oneOf or anyOf of AccountBalancesA"},
		"a pattern that is not Go":       {property, "a: {type: string, pattern: '^(?!x)y$'}", "pattern ^(?!x)y$ of AccountBalancesA"},
		"limits of a number":             {property, "a: {type: number, minimum: 0}", "minimum 0 of AccountBalancesA"},
		"numbers in a list":              {property, "a: {type: integer, enum: [1, 2]}", "the values of AccountBalancesA that are no text"},
		"nothing else":                   {property, "a: {type: object, additionalProperties: false}", "additionalProperties false of AccountBalancesA"},
		"a default":                      {property, "a: {type: string, default: x}", "default x of AccountBalancesA"},
		"two schemas of one":             {"properties: {kind:", "properties: {at: {type: integer}, kind:", "one of the schemas of at of AccountBalancesBalanceItem"},
		"names that differ in case":      {property, "Type: {type: string}\n        type: {type: string}", "type of AccountBalances, because another one may have its Go name"},
		"names that differ in signs":     {property, "camelCase: {type: string}\n        camel_case: {type: string}", "camel_case of AccountBalances, because another one may have its Go name"},
		"parameters that differ in case": {parameter, "{name: x-request-id, in: query, schema: {type: string}}", "the parameter x-request-id in query, because X-Request-ID in header may have the same Go name"},
		"headers that differ in signs":   {"headers: {X-Request-ID:", "headers: {X-REQUEST_ID: {schema: {type: string}}, X-Request-ID:", "the header X-Request-ID, because another one may have its Go name"},
		"a pattern in a path":            {"schema: {type: integer}, example: 77", "schema: {type: string, pattern: '^7+$'}, example: 77", "pattern ^7+$ of id"},
		"content of a parameter":         {parameter, "{name: asAt, in: query, content: {application/json: {schema: {type: object}}}}", "content of the parameter asAt"},
		"style of a parameter":           {parameter, "{name: asAt, in: query, style: pipeDelimited, schema: {type: array, items: {type: string}}}", "style of the parameter asAt"},
		"another server":                 {"servers: [", "servers: [{url: https://api.mybank.example/v2}, ", "the server https://api.mybank.example/v2"},
		"a server with a variable":       {"https://api.mybank.example/v2", "'https://{env}.mybank.example'", "the server https://{env}.mybank.example"},
		"a path's own server":            {"    summary: Accounts", "    servers: []", "servers of /accounts"},
		"callbacks":                      {"description: Returns balances.", "callbacks: {}", "callbacks of GET /accounts/{id}/balances"},
		"alternatives":                   {"security: [", "security: [{}, ", "that one of several security schemes is enough"},
		"an example elsewhere":           {"example: {account_id:", "examples: {far: {externalValue: 'https://mybank.example'}}\n              x-was: {account_id:", "the example far, which has no value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, left, err := fromFile("acme", changed(t, spoiltBank(t, c.old, c.new)))
			require.NoError(t, err)
			assert.Contains(t, left, c.left)
		})
	}
}

// The requests of one operation are built by net/http alone if it has no parameters, whichever of the two it is.
func TestOperationsWithoutParameters(t *testing.T) {
	t.Parallel()
	files, _, err := fromFile("acme", bank)
	require.NoError(t, err)
	assert.NotContains(t, files["adapters/acme/acme.go"], "net/http")
	const parameter = "- $ref: '#/components/parameters/rid'"
	files, _, err = fromFile("acme", changed(t, spoiltBank(t, parameter, "")))
	require.NoError(t, err)
	assert.Contains(t, files["adapters/acme/acme.go"], "net/http")
}

// Two schemas that are made of the same one, each with something of its own, are two.
func TestSchemasMadeOfAnother(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(bank.File)
	require.NoError(t, err)
	const made = "%s: {allOf: [{$ref: '#/components/schemas/base'}, {type: object, properties: {%s: {type: string}}}]}"
	properties := strings.NewReplacer("account_id: {type: string}", fmt.Sprintf(made, "one", "mine")+"\n        "+fmt.Sprintf(made, "two", "yours")+
		"\n        three: {description: Plain., allOf: [{$ref: '#/components/schemas/base'}]}")
	files, _, err := fromFile("acme", changed(t, properties.Replace(string(text))))
	require.NoError(t, err)
	for _, want := range []string{"  mine:\n", "  yours:\n", "schemas/AccountBalancesOne'", "schemas/AccountBalancesTwo'", "schemas/Base'"} {
		assert.Contains(t, files["specs/acme/openapi.yaml"], want)
	}
}

// Values in a path stand in the place of parameters.
func TestOperationWithValues(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(bank.File)
	require.NoError(t, err)
	w := changed(t, strings.NewReplacer("  /accounts:", "  /{bank}/accounts:", "/accounts/{id}/", "/{bank}/accounts/{id}/",
		"- {name: id,", "- {name: bank, in: path, required: true, schema: {type: string}}\n        - {name: id,").Replace(string(text)))
	w.Operation, w.List = "GET /b1/accounts/{id}/balances", "GET /b1/accounts"
	files, left, err := fromFile("acme", w)
	require.NoError(t, err)
	assert.Contains(t, left, "the parameter bank in path, which has a value")
	assert.NotContains(t, strings.Join(left, "\n"), "the operation GET")
	assert.Contains(t, files["adapters/acme/testdata/requests/unattended.http"], "GET /b1/accounts/77/balances\n")
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
		{wish{bank.File, "GET /accounts/{other}/balances", ""}, "no operation GET /accounts/{other}/balances"},
		{wish{bank.File, "GET /accounts", ""}, "GET /accounts names no account in its path"},
		{wish{bank.File, bank.Operation, bank.Operation}, "has 1 parameters in its path, not 0; cure: write the values of the others, such as 'GET /accounts/ID/balances'"},
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
