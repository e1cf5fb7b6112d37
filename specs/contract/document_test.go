package contract_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/spectest"
)

func TestDocumentsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	docs := spectest.Documents(t)
	docs["toy"] = toy(t)
	for provider, doc := range docs {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, doc.Check(t.Context()))
			require.NotEmpty(t, doc.Examples())
		})
	}
	_, err := contract.Load("nobody")
	require.ErrorContains(t, err, "nobody")
}

func TestExamplesComeInDocumentOrder(t *testing.T) {
	t.Parallel()
	var got []string
	for _, e := range toy(t).Examples() {
		got = append(got, e.Operation+" "+e.Name)
	}
	assert.Equal(t, []string{
		"getBalance plain", "getBalance same", "getBalance refusedAlone", "getBalance amountMissing",
		"getBalance noCredential", "getBalance bad", "getBalance goneWithoutCode", "getBalance unknownAccount",
		"getBatch batchWithoutStatus", "getBatch batch", "getBatch bad",
		"postBalance ask", "postBalance askNobody", "postBalance posted", "postBalance consentRequired",
		"postBalance invalidRequest", "ping alive", "listAccounts listed",
	}, got)
}

func TestExampleFacts(t *testing.T) {
	t.Parallel()
	examples := map[string]specs.Example{}
	for _, e := range toy(t).Examples() {
		e.JSON = nil
		examples[e.Operation+" "+e.Name] = e
	}
	plain, broken := examples["getBalance plain"], examples["getBalance amountMissing"]
	assert.Equal(t, "GET", plain.Method)
	assert.Equal(t, "/accounts/{id}/balance", plain.Path)
	assert.Equal(t, 200, plain.Status)
	assert.Equal(t, "Number text and order are kept", plain.Summary)
	assert.Equal(t, "a:plain", plain.Account)
	assert.True(t, plain.Valid)
	assert.False(t, broken.Valid)
	assert.Equal(t, "amount is required", broken.Reason)
	assert.Equal(t, []string{"a:one", "a:two"}, examples["getBatch batch"].Accounts)
	assert.Zero(t, examples["postBalance ask"].Status)
	assert.Equal(t, "a:gone", examples["getBalance unknownAccount"].Account, "through a reference")
}

func TestExampleTextIsTheScalarTextOfTheDocument(t *testing.T) {
	t.Parallel()
	examples := toy(t).Examples()
	plain, alias := string(examples[0].JSON), string(examples[1].JSON)
	assert.Regexp(t, `(?s)"level": 4\.200,.*"accountId".*"amount": "12\.00"`, plain)
	assert.Contains(t, plain, `"<b> é \" \n &"`)
	assert.Contains(t, plain, `"$ref": "#/info/title"`)
	assert.Contains(t, alias, `"level": 1.0E7,`)
	assert.Contains(t, alias, `"day": "2025-01-15"`)
	assert.Equal(t, 2, strings.Count(alias, `"open": true`))
	for _, e := range examples {
		assert.True(t, json.Valid(e.JSON), e.Name)
	}
}

// Each account of a composed list has a member of its own example; what cannot be composed is refused.
func TestComposedLists(t *testing.T) {
	t.Parallel()
	text := spectest.ToyText
	const example, mark, first = "listed:", "\n                  x-sandbox-compose: ", "[{accountId: 'a:plain'}"
	for name, tc := range map[string]struct{ old, new, want string }{
		"composed":            {first, "[{accountId: 'a:plain', status: OK}", ""},
		"has the member":      {first, "[{accountId: 'a:plain', balance: {}}", "response body /list/0/balance: not JSON"},
		"no example":          {first, "[{accountId: 'a:broken'}", `listed: x-sandbox-compose: no good example has the x-sandbox-account "a:broken"`},
		"no account":          {first, "[{}", `no good example has the x-sandbox-account ""`},
		"no such member":      {first, "[{accountId: 'a:refused'}", "example refusedAlone has no balance"},
		"no list of accounts": {"summary: Alive", "summary: Alive" + mark + "code", "alive: x-sandbox-compose: the operation has no x-sandbox-list"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, text, tc.old)
			changed := strings.NewReplacer(example, example+mark+"balance", tc.old, tc.new).Replace(text)
			if err := checked(t, changed); tc.want != "" {
				require.ErrorContains(t, err, tc.want)
				return
			}
			examples := spectest.Parse(t, "toy", changed).Examples()
			assert.Regexp(t, `(?s)"a:plain",\s*"status": "OK",\s*"balance": \{\s*"level": 4\.200,.*"a:alias",\s*"balance": \{\s*"level": 1\.0E7,`,
				string(examples[len(examples)-1].JSON))
		})
	}
}

func TestGlobalFormatsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	toy(t)
	for _, name := range []string{"uuid", "decimal", "uri", "ipv4"} {
		assert.NotContains(t, openapi3.SchemaStringFormats, name)
	}
}

// checked is what Parse or Check say of a document.
func checked(t *testing.T, text string) error {
	t.Helper()
	doc, err := contract.Parse("toy", []byte(text))
	if err == nil {
		err = doc.Check(t.Context())
	}
	return err
}

// Each fault is planted into the toy document; Parse or Check has to name it.
func TestFaultsAreFound(t *testing.T) {
	if testing.Short() {
		t.Skip("plants faults; cure: make proofs")
	}
	t.Parallel()
	text := spectest.ToyText
	for name, fault := range map[string]struct{ old, new, want string }{
		"no source":              {"    source: '\"Balances\", Toy bank'\n", "", "source is missing"},
		"no day":                 {"read: '2026-11-20'", "read: lately", "read is not a day"},
		"no apiVersion":          {"    apiVersion: v1\n", "", "apiVersion is missing"},
		"no inferred":            {"    inferred:", "    guessed:", "the list inferred is missing"},
		"no deviations":          {"    deviations:", "    others:", "the list deviations is missing"},
		"deviation without why":  {"        why: A test needs it.\n", "", "deviations 1: why"},
		"unknown confidence":     {"confidence: unknown", "confidence: sure", "inferred 1: confidence"},
		"unknown x-confidence":   {"x-confidence: inferred", "x-confidence: sure", "x-confidence is unknown"},
		"x-source missing":       {"      x-source: made up\n", "", "has no x-source"},
		"invalid example":        {"amount: '12.00'", "amount: 'twelve'", "example plain: contract: violation: response body /balance/amount: format"},
		"wrong JSON type":        {"status: NO", "status: 5", "refusedAlone"},
		"valid invalid example":  {"{accountId: a:broken}", "{accountId: a:broken, amount: '1'}", "amountMissing: stands under x-invalid-examples but is valid"},
		"valid invalid request":  {"banks: []", "banks: [{accountId: x}]", "askNobody: stands under x-invalid-examples"},
		"no reason":              {"                  reason: amount is required\n", "", "amountMissing: summary or reason"},
		"no summary":             {"                  summary: Alive\n", "", "alive: summary or reason"},
		"name twice":             {"                posted:", "                plain:", "two examples are called plain"},
		"account twice":          {"x-sandbox-account: a:alias", "x-sandbox-account: a:plain", "example same: its x-sandbox-account is taken"},
		"unknown format":         {"format: uri", "format: iban", `format "iban" is not checked`},
		"parameter example":      {"example: 99391c7e-ad88-49ec-a2ad-99ddcb1f7721\n    get:", "example: none\n    get:", "header X-Request-ID: format"},
		"schema example":         {"          example: OK", "          example: 5", "schema"},
		"parameter, no example":  {"          example: c-1\n", "", "parameter X-Consent has no example"},
		"credential in a query":  {"      in: header\n      name: X-Key", "      in: query\n      name: X-Key", "security scheme key"},
		"ignored parameter":      {"name: X-Consent", "name: Accept", "header Accept cannot be a parameter"},
		"list leads nowhere":     {"/list/*/accountId", "/list/accountId", "listAccounts: x-sandbox-list leads to no account in example listed"},
		"listed twice":           {"{accountId: 'a:alias'}", "{accountId: 'a:plain'}", "example listed: lists an account twice"},
		"default status":         {"'403':", "default:", "only single statuses are allowed"},
		"range of statuses":      {"'403':", "'4XX':", "only single statuses are allowed"},
		"not JSON but YAML":      {"level: 4.200", "level: 0x1F", "0x1F is a number in YAML but not in JSON"},
		"not OpenAPI":            {"operationId: ping", "operationId: getBatch", "getBatch"},
		"remote reference":       {"$ref: '#/components/schemas/Bank'", "$ref: 'https://example.com/x.yaml'", "external"},
		"half a path parameter":  {"/ping:", "/ping{x}:", "ping{x}"},
		"required answer header": {"                format: uuid\n              example: 99391c7e-ad88-49ec-a2ad-99ddcb1f7721\n            X-Left:", "                format: decimal\n              example: 99391c7e-ad88-49ec-a2ad-99ddcb1f7721\n            X-Left:", "X-Request-ID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, checked(t, spectest.Planted(t, text, fault.old, fault.new)), fault.want)
		})
	}
}
