package specs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/stretchr/testify/assert"
	"go.yaml.in/yaml/v3"
)

// readRules find what makes a document mean something else to one tool than to another. Where one is broken, the others
// are not asked.
var readRules = []rule{
	{"the document is OpenAPI 3.0.3", "write openapi: 3.0.3, one type for each schema, and nullable for null", findOtherOpenAPI},
	{"texts are written out", "write the members where they belong, without & * and <<", findAliases},
}

// codeRules find what the generator or the compiler would stumble over later, or what would pass both and break an answer.
var codeRules = []rule{
	{"servers are named", "describe it in one word, Production or Sandbox, and move the rest to x-remark", findUnnamedServers},
	{"no key is the generator's", "remove it; names of the generated code stand in specs/go-names.overlay.yaml, types in oapi-codegen.yaml", findGeneratorKeys},
	{"objects have names or are maps", "remove additionalProperties: members that are not named are always allowed", findNamedMaps},
	{"names differ as Go names", "give one of the two another name in specs/go-names.overlay.yaml, with x-go-name", findClashes},
}

// serverName is a description that the generator makes the name of a constant of.
var serverName = regexp.MustCompile(`^(Production|Sandbox)$`)

func findUnnamedServers(d *tree, report func(*yaml.Node, string)) {
	for _, server := range contentOf(get(d.root, "servers")) {
		if name := text(server, "description"); !serverName.MatchString(name) {
			report(server, "a server that is neither Production nor Sandbox")
		}
	}
}

func findOtherOpenAPI(d *tree, report func(*yaml.Node, string)) {
	if version := get(d.root, "openapi"); version == nil || version.Value != "3.0.3" {
		report(d.root, "openapi is "+text(d.root, "openapi"))
	}
	d.walk(func(_ []string, _, node *yaml.Node) {
		if kind := get(node, "type"); kind != nil && kind.Kind == yaml.SequenceNode {
			report(kind, "a list of types")
		}
	})
}

func findAliases(d *tree, report func(*yaml.Node, string)) {
	d.walk(func(_ []string, _, node *yaml.Node) {
		for key, value := range members(node) {
			if key.Tag == "!!merge" || value.Kind == yaml.AliasNode {
				report(key, key.Value+" is an alias")
			}
		}
	})
}

func findGeneratorKeys(d *tree, report func(*yaml.Node, string)) {
	d.walk(func(_ []string, _, node *yaml.Node) {
		for key := range members(node) {
			for _, prefix := range []string{"x-go-", "x-oapi-codegen", "x-enum-varnames", "x-enumNames", "x-omit"} {
				if strings.HasPrefix(key.Value, prefix) {
					report(key, key.Value)
				}
			}
		}
	})
}

func findNamedMaps(d *tree, report func(*yaml.Node, string)) {
	d.walk(func(_ []string, _, node *yaml.Node) {
		if more := get(node, "additionalProperties"); more != nil && get(node, "properties") != nil {
			report(more, "additionalProperties beside properties")
		}
	})
}

// findClashes compares the members of each object and the schemas, which share their names with what the generator writes
// for the client and for each operation.
func findClashes(d *tree, report func(*yaml.Node, string)) {
	taken := map[string]bool{}
	for _, name := range []string{
		"Client", "ClientInterface", "ClientOption", "ClientWithResponses", "ClientWithResponsesInterface", "HttpRequestDoer",
		"RequestEditorFn",
	} {
		taken[goName(name)] = true
	}
	d.operations(func(_, operation *yaml.Node) {
		for _, suffix := range []string{"Params", "Result", "JSONBody", "JSONRequestBody", "FormdataBody", "FormdataRequestBody"} {
			taken[goName(text(operation, "operationId")+suffix)] = true
		}
	})
	findTaken(get(d.root, "components", "schemas"), taken, report)
	d.walk(func(_ []string, _, node *yaml.Node) { findTaken(get(node, "properties"), map[string]bool{}, report) })
}

func findTaken(group *yaml.Node, taken map[string]bool, report func(*yaml.Node, string)) {
	for key := range members(group) {
		name := goName(key.Value)
		if taken[name] {
			report(key, key.Value+" has the Go name of something else")
		}
		taken[name] = true
	}
}

var separators = regexp.MustCompile(`[^\pL\pN]+`)

// goName tells apart what Go code tells apart at a glance; names that differ in case only do not.
func goName(name string) string {
	first := ""
	if strings.HasPrefix(name, "_") {
		first = "_"
	}
	return first + strings.ToLower(separators.ReplaceAllString(name, ""))
}

// edits are changes that users of the generator make, and the one line that each ends in; no rule means that the change is
// good. They are planted in the document of mypos.
var edits = []struct{ old, new, rule string }{
	{"openapi: 3.0.3", "openapi: 3.1.0", "the document is OpenAPI 3.0.3"},
	{amount, "        amount:\n          type: [number, 'null']\n", "the document is OpenAPI 3.0.3"},
	{"    description: Production\n", "    description: Production, as the page says\n", "servers are named"},
	{member, "        stated: {type: string, format: date-time, description: A member., x-unmapped: Nothing is made of it.}\n" + member, ""},
	{member, "        day: {type: string, format: date, description: A member., x-unmapped: Nothing is made of it.}\n" + member, ""},
	{"      properties:\n        amount:\n", "      additionalProperties: true\n      properties:\n        amount:\n", "objects have names or are maps"},
	{"      properties:\n        amount:\n", "      additionalProperties: {type: number}\n      properties:\n        amount:\n", "objects have names or are maps"},
	{amount, amount + "          x-go-type: float64\n", "no key is the generator's"},
	{member, "        Amount: {type: number, description: A member., x-unmapped: Nothing is made of it.}\n" + member, "names differ as Go names"},
	{member, "        amount_: {type: string, format: decimal, pattern: '^1$', description: A member., x-unmapped: Nothing is made of it.}\n" + member, "names differ as Go names"},
	{"          x-maps-to: currency\n", "          x-maps-to: currency\n          x-go-name: Amount\n", "no key is the generator's"},
	{schemas, schemas + "    Client: {type: string, description: x}\n", "names differ as Go names"},
	{schemas, schemas + "    GetBalancesResult: {type: string, description: x}\n", "names differ as Go names"},
	{schemas, schemas + "    GetBalancesParams: {type: string, description: x}\n", "names differ as Go names"},
	{amount, name + "          oneOf: [{type: number}, {type: string}]\n", "money is exact"},
	{amount, amount + "          nullable: true\n", "money is exact"},
	{amount, name + "          type: integer\n", "money is exact"},
	{amount, name + "          type: string\n", "money is exact"},
	{amount, amount + "          format: double\n", "money is exact"},
	{member, "        amountMinor: {type: integer, description: A member., x-unmapped: Nothing is made of it.}\n" + member, "money is exact"},
	{member, "        CreditAmount: {type: string, description: A member., x-unmapped: Nothing is made of it.}\n" + member, "money is exact"},
	{member, "        limit: {type: array, items: {type: number, format: float}, description: A member., x-unmapped: Nothing is made of it.}\n" + member, "money is exact"},
	{member, "        BaseCurrency: {type: string, description: A member., x-unmapped: Nothing is made of it.}\n" + member, "currencies are codes"},
	{member, "        baseCurrency: {type: string, description: A member., x-unmapped: Nothing is made of it.}\n" + member, "currencies are codes"},
	{"            - available\n", "            - available\n            - BOOK +\n            - ''\n", ""},
	{member, "        amount2: {<<: &a {type: string, description: A member.}, x-unmapped: x}\n" + member, "texts are written out"},
	{name, name + "          type: number\n", "already defined"},
	{"        '404':\n", "        default:\n", "default"},
	{"            application/json:\n", "            application/problem+json: {schema: {type: object}}\n            application/json:\n", ""},
	{"          headers:\n", "          headers:\n            x-odd: {schema: {type: string}}\n", "everything is described"},
}

const (
	schemas = "  schemas:\n"
	name    = "        amount:\n"
	amount  = name + "          type: number\n"
	member  = "        balanceType:\n          type: string\n"
)

func TestEditsEndInOneLine(t *testing.T) {
	t.Parallel()
	document := spectest.Text(t, "mypos")
	for _, edit := range edits {
		changed := strings.Replace(document, edit.old, edit.new, 1)
		assert.NotEqual(t, document, changed, edit.new)
		found := judged(t, changed)
		switch {
		case edit.rule == "":
			assert.Empty(t, found, edit.new)
		case assert.Len(t, found, 1, edit.new):
			assert.Contains(t, found[0], edit.rule, edit.new)
		}
	}
}

// judged returns a line for everything that is wrong with a document, by the house rules or else by package contract.
func judged(t *testing.T, text string) []string {
	found := slices.DeleteFunc(findings(t, "mypos", []byte(text)), func(line string) bool {
		return strings.Contains(line, "components are used: schemas/") // a schema on its own is planted
	})
	if len(found) > 0 {
		return found
	}
	document, err := contract.Parse("mypos", []byte(text))
	if err != nil {
		return []string{err.Error()}
	}
	if err := document.Check(t.Context()); err != nil {
		return strings.Split(err.Error(), "\n")[1:]
	}
	return nil
}
