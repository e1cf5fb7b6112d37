package specs_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// rule is one house rule, besides those of contract.Document.Check: what it says and how to follow it. find reports every
// node that breaks it.
type rule struct {
	name string
	cure string
	find func(d *tree, report func(node *yaml.Node, what string))
}

var rules = []rule{
	{"operations are complete", "give it operationId, summary, description and tags", findIncompleteOperations},
	{"everything is described", "say in your own words what it is and what absence means", findUndescribed},
	{"bodies are plain JSON", "write application/json without parameters; another kind of JSON may stand beside it", findOddMedia},
	{"components are used", "refer to it or remove it", findUnusedComponents},
	{"money is exact", "string with format decimal and a pattern, or number without format, multipleOf and limits", findInexactMoney},
	{"currencies are codes", "give it the pattern ^[A-Z]{3}$", findLooseCurrencies},
	{"error codes have an example", "add an error example that carries the code", findCodesWithoutExample},
	{"unattended access is complete", "write a list of {of: [balances], per: account or consent, limits: [{calls: 4, hours: 24}]}, with accounts if there is a list; limits: [] where nothing is spent", findOddAccess},
	{"references stand alone", "write allOf with the reference, and the rest beside it", findSiblingsOfReferences},
	{"every property is mapped", "give it x-maps-to with the field that it becomes, or x-unmapped with the reason; go doc ./specs/mapping has the words", findUnmappedProperties},
	{"rules of the mapping are known", "write it as go doc ./specs/mapping says", findUnknownRules},
	{"error codes have a kind", "add it to the x-kind beside the list of codes; go doc ./specs has the kinds", findCodesWithoutKind},
	{"parameters are sent", "send it in a request of adapters/<provider>/testdata/requests, or give it x-not-sent with the reason", findUnsentParameters},
	{"headers of the page are there", "declare the header, or remove it from x-provenance.headers with a deviation", findMissingHeaders},
}

func TestHouseRules(t *testing.T) {
	t.Parallel()
	for _, provider := range specs.Providers() {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			for _, finding := range findings(t, provider, []byte(spectest.Text(t, provider))) {
				t.Errorf("specs/%s/openapi.yaml:%s", provider, finding)
			}
		})
	}
}

// findings returns a line for every broken rule: line number, rule, what, cure.
func findings(t *testing.T, provider string, text []byte) []string {
	t.Helper()
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &document))
	d := &tree{provider: provider, root: document.Content[0]}
	var all []string
	for _, group := range [][]rule{readRules, append(slices.Clone(rules), codeRules...)} {
		for _, rule := range group {
			rule.find(d, func(node *yaml.Node, what string) {
				all = append(all, fmt.Sprintf("%d: %s: %s; cure: %s", node.Line, rule.name, what, rule.cure))
			})
		}
		if len(all) > 0 {
			break
		}
	}
	slices.Sort(all)
	return slices.Compact(all) // a schema that is used twice is visited twice
}

// tree is a document with the questions that the rules ask.
type tree struct {
	provider string
	root     *yaml.Node
}

// get follows names down; nil where there is nothing.
func get(node *yaml.Node, names ...string) *yaml.Node {
	for _, name := range names {
		var found *yaml.Node
		for key, value := range members(node) {
			if key.Value == name {
				found = value
			}
		}
		node = found
	}
	return node
}

// text is the scalar below names; "" where there is none.
func text(node *yaml.Node, names ...string) string {
	if node = get(node, names...); node == nil {
		return ""
	}
	return node.Value
}

func members(node *yaml.Node) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		if node == nil || node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i], node.Content[i+1]) {
				return
			}
		}
	}
}

// walk visits every mapping outside of examples with the keys that lead to it.
func (d *tree) walk(visit func(path []string, key, node *yaml.Node)) { walk(nil, nil, d.root, visit) }

func walk(path []string, key, node *yaml.Node, visit func([]string, *yaml.Node, *yaml.Node)) {
	switch node.Kind {
	case yaml.MappingNode:
		visit(path, key, node)
		for name, value := range members(node) {
			data := name.Value == "example" || name.Value == "examples" || name.Value == "value" && get(node, "summary") != nil
			named := len(path) > 0 && slices.Contains(described, path[len(path)-1]) // so x- is no extension
			if !data && (named || !strings.HasPrefix(name.Value, "x-")) {
				walk(append(slices.Clone(path), name.Value), name, value, visit)
			}
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			walk(append(slices.Clone(path), fmt.Sprint(i)), item, item, visit)
		}
	}
}

// resolve follows a local reference, also one that stands alone in allOf, beside words about this use of it.
func (d *tree) resolve(node *yaml.Node) *yaml.Node {
	if one := contentOf(get(node, "allOf")); len(one) == 1 {
		node = one[0]
	}
	reference := get(node, "$ref")
	if reference == nil {
		return node
	}
	return get(d.root, strings.Split(strings.TrimPrefix(reference.Value, "#/"), "/")...)
}

func (d *tree) operations(visit func(key, operation *yaml.Node)) {
	for _, item := range members(get(d.root, "paths")) {
		for key, operation := range members(item) {
			visit(key, operation)
		}
	}
}

// properties visits the schemas of all properties whose names fit.
func (d *tree) properties(names *regexp.Regexp, visit func(key, schema *yaml.Node)) {
	d.walk(func(path []string, key, node *yaml.Node) {
		if n := len(path); n >= 2 && path[n-2] == "properties" && names.MatchString(path[n-1]) {
			visit(key, node)
		}
	})
}

// references visits every mapping that refers to another.
func (d *tree) references(visit func(reference, node *yaml.Node)) {
	d.walk(func(_ []string, _, node *yaml.Node) {
		if reference := get(node, "$ref"); reference != nil {
			visit(reference, node)
		}
	})
}

func findIncompleteOperations(d *tree, report func(*yaml.Node, string)) {
	d.operations(func(key, operation *yaml.Node) {
		for _, name := range []string{"operationId", "summary", "description", "tags"} {
			if get(operation, name) == nil {
				report(key, key.Value+" has no "+name)
			}
		}
	})
}

// described are the parents whose members need a description.
var described = []string{"responses", "headers", "properties", "schemas", "parameters"}

func findUndescribed(d *tree, report func(*yaml.Node, string)) {
	d.walk(func(path []string, key, node *yaml.Node) {
		if len(path) < 2 || get(node, "description") != nil {
			return
		}
		if parent := path[len(path)-2]; parent == "properties" || get(node, "$ref") == nil && slices.Contains(described, parent) {
			report(key, path[len(path)-1]+" has no description")
		}
	})
}

func findOddMedia(d *tree, report func(*yaml.Node, string)) {
	d.walk(func(path []string, _, node *yaml.Node) {
		for key := range members(get(node, "content")) {
			form := key.Value == "application/x-www-form-urlencoded" && path[len(path)-1] == "requestBody"
			second := strings.HasSuffix(key.Value, "+json") && get(node, "content", "application/json") != nil
			if key.Value != "application/json" && !form && !second {
				report(key, key.Value)
			}
		}
	})
}

func findSiblingsOfReferences(d *tree, report func(*yaml.Node, string)) {
	d.references(func(_, node *yaml.Node) {
		for key := range members(node) {
			if key.Value != "$ref" {
				report(key, key.Value+" beside a $ref")
			}
		}
	})
}

func findUnusedComponents(d *tree, report func(*yaml.Node, string)) {
	used := map[string]bool{}
	collectTexts(d.root, used) // of references, too
	d.walk(func(path []string, _, node *yaml.Node) {
		if len(path) >= 2 && path[len(path)-2] == "security" {
			for key := range members(node) {
				used["#/components/securitySchemes/"+key.Value] = true
			}
		}
	})
	for group, all := range members(get(d.root, "components")) {
		for key := range members(all) {
			if !used["#/components/"+group.Value+"/"+key.Value] {
				report(key, group.Value+"/"+key.Value)
			}
		}
	}
}

func findInexactMoney(d *tree, report func(*yaml.Node, string)) {
	d.walk(func(_ []string, key, node *yaml.Node) {
		switch format, kind := text(node, "format"), text(node, "type"); {
		case format == "decimal" && (kind != "string" || text(node, "pattern") == ""):
			report(key, "decimal that is no string with a pattern")
		case format == "float" || format == "double":
			report(key, "format "+format)
		case kind == "number" && text(node, "multipleOf")+text(node, "minimum")+text(node, "maximum")+format != "":
			report(key, "number with a limit that binary arithmetic would check")
		}
	})
	d.properties(amounts, func(key, schema *yaml.Node) {
		schema = d.resolve(schema)
		exact := text(schema, "type") == "number" || text(schema, "format") == "decimal"
		if get(schema, "properties") == nil && (!exact || text(schema, "nullable") == "true") {
			report(key, key.Value+" is neither a number nor a decimal text")
		}
	})
}

var (
	amounts    = regexp.MustCompile(`(?i)amount`)
	currencies = regexp.MustCompile(`(?i)currency$`)
	codes      = regexp.MustCompile(`(?i)^(error_?)?code$`)
)

func findLooseCurrencies(d *tree, report func(*yaml.Node, string)) {
	d.properties(currencies, func(key, schema *yaml.Node) {
		if text(d.resolve(schema), "pattern") != "^[A-Z]{3}$" {
			report(key, "currency without the pattern of a code")
		}
	})
}

// listedCodes are the values that a schema lists.
func listedCodes(schema *yaml.Node) []*yaml.Node {
	return append(listed(get(schema, "enum")), listed(get(schema, "x-extensible-enum"))...)
}

// findCodesWithoutExample takes the listed values of every member called code or errorCode.
func findCodesWithoutExample(d *tree, report func(*yaml.Node, string)) {
	shown := map[string]bool{}
	collectTexts(get(d.root, "paths"), shown)
	collectTexts(get(d.root, "components", "responses"), shown)
	collectTexts(get(d.root, "components", "examples"), shown)
	d.properties(codes, func(_, schema *yaml.Node) {
		for _, value := range listedCodes(schema) {
			if !shown[value.Value] {
				report(value, "code "+value.Value)
			}
		}
	})
}

// collectTexts remembers every scalar below the examples of node.
func collectTexts(node *yaml.Node, shown map[string]bool) {
	for _, child := range contentOf(node) {
		shown[child.Value] = true
		collectTexts(child, shown)
	}
}

// findMissingHeaders compares the page's own list of request headers with what the document declares.
func findMissingHeaders(d *tree, report func(*yaml.Node, string)) {
	declared := map[string]bool{"authorization": get(d.root, "components", "securitySchemes") != nil}
	d.walk(func(_ []string, _, node *yaml.Node) {
		if text(node, "in") == "header" {
			declared[strings.ToLower(text(node, "name"))] = true
		}
	})
	list := get(d.root, "info", "x-provenance", "headers")
	if len(contentOf(list)) == 0 {
		report(get(d.root, "info"), "x-provenance has no list of the page's headers")
		return
	}
	for _, header := range list.Content {
		if !declared[strings.ToLower(header.Value)] {
			report(header, header.Value)
		}
	}
}

// findOddAccess wants allowances of the documented form that say how balances and, where they can be listed, accounts
// are counted.
func findOddAccess(d *tree, report func(*yaml.Node, string)) {
	access := get(d.root, "info", "x-unattended-access")
	if access == nil {
		return
	}
	named := map[specs.Call]bool{}
	for _, item := range access.Content {
		var allowance struct {
			Of         []specs.Call
			Per        specs.Per
			Limits     []struct{ Calls, Hours int }
			Confidence string `yaml:"x-confidence"`
			Source     string `yaml:"x-source"`
		}
		if access.Kind != yaml.SequenceNode || strictly(item, &allowance) != nil {
			report(item, "an allowance of another form")
			return
		}
		for _, call := range allowance.Of {
			if named[call] || !slices.Contains([]specs.Call{specs.CallBalances, specs.CallBatch, specs.CallAccounts, specs.CallAllBalances, specs.CallDetails}, call) {
				report(item, string(call)+" is no call or is named twice")
			}
			named[call] = true
		}
		if allowance.Per != specs.PerAccount && allowance.Per != specs.PerConsent || allowance.Limits == nil {
			report(item, "neither per account nor per consent, or no limits")
		}
		for _, limit := range allowance.Limits {
			if limit.Calls < 1 || limit.Hours < 1 {
				report(item, "a limit without calls or hours")
			}
		}
	}
	lists := false
	d.operations(func(_, operation *yaml.Node) { lists = lists || get(operation, "x-sandbox-list") != nil })
	if !named[specs.CallBalances] || lists && !named[specs.CallAccounts] {
		report(access, "balances or accounts are not named")
	}
}

// strictly decodes a node and refuses members that the target does not have.
func strictly(node *yaml.Node, target any) error {
	text, err := yaml.Marshal(node)
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	return decoder.Decode(target)
}

// Every rule is seen to fail: a fault in the text of a good document, and the rule that finds it.
var plants = []struct{ provider, old, new, rule string }{
	{"eika", "operationId: getBalances", "x-operation: getBalances", "operations are complete"},
	{"mypos", "description: Consumer key", "x-description: Consumer key", "everything is described"},
	{"tokenio", "            application/json:", "            application/json; charset=utf-8:", "bodies are plain JSON"},
	{"mypos", "  schemas:", "  schemas:\n    Unused: {type: string, description: x}", "components are used"},
	{"eika", "format: decimal", "format: double", "money is exact"},
	{"mypos", "'^[A-Z]{3}$'", "'^.*$'", "currencies are codes"},
	{"mypos", "            - FORMAT_ERROR", "            - FORMAT_ERROR\n            - NEVER_SHOWN", "error codes have an example"},
	{"mypos", "      per: consent\n", "      per: day\n", "unattended access is complete"},
	{"eika", "of: [accounts]", "of: [balances]", "unattended access is complete"},
	{"tokenio", "limits: [{calls: 4, hours: 24}]", "limits: [{calls: 4, days: 1}]", "unattended access is complete"},
	{"mypos", "name: API-Key", "name: API-Keys", "headers of the page are there"},
	{"eika", "          x-maps-to: name\n", "", "every property is mapped"},
	{"eika", "x-unmapped: Names the bank", "x-maps-to: bank\n          x-unmapped: Names the bank", "every property is mapped"},
	{"eika", "ACCESS_EXCEEDED: rate_limited", "ACCESS_EXCEEDED: too_many", "error codes have a kind"},
	{"mypos", "deleted: closed", "deleted: gone", "rules of the mapping are known"},
	{"mypos", "            TOKEN_UNKNOWN: unauthorized\n", "", "error codes have a kind"},
	{"mypos", "consent: expired", "consent: over", "error codes have a kind"},
	{"mypos", "          x-not-sent: The expected requests", "          x-note: The expected requests", "parameters are sent"},
	{"onesingleview", "          x-maps-to: {each: creditLine}\n", "", "rules of the mapping are known"},
	{"onesingleview", "form: rfc3339", "format: rfc3339", "rules of the mapping are known"},
	{"onesingleview", "form: rfc3339", "form: rfc822", "rules of the mapping are known"},
	{"onesingleview", "      x-not-sent: No request of it", "      x-note: No request of it", "parameters are sent"},
	{"onesingleview", "          x-not-sent: The consent is", "          x-note: The consent is", "parameters are sent"},
	{"enablebanking", "x-maps-to: bank", "x-maps-to: iban", "rules of the mapping are known"},
	{"enablebanking", "      limits: []\n", "", "unattended access is complete"},
	{"neonomics", "CLSG: closingBooked", "CLSG: closed", "rules of the mapping are known"},
	{"neonomics", "x-origin: bank", "x-origin: banks", "error codes have a kind"},
	{"neonomics", ", unauthorized_client: unauthorized}", "}", "error codes have a kind"},
	{"neonomics", "'0000': by status", "'0001': by status", "error codes have a kind"},
	{"tokenio", "          allOf: [{$ref: '#/components/schemas/RequestStatus'}]", "          $ref: '#/components/schemas/RequestStatus'", "references stand alone"},
	{"tokenio", "x-unmapped: Depends on the bank.", "x-unmapped: ''", "every property is mapped"},
	{"tokenio", "x-maps-to: holderName", "x-maps-to: owner", "rules of the mapping are known"},
	{"tokenio", "set: {type: interimBooked,", "set: {type: booked,", "rules of the mapping are known"},
}

func TestHouseRulesFindPlantedFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("plants faults; cure: make proofs")
	}
	t.Parallel()
	seen := map[string]bool{}
	for _, plant := range plants {
		spoilt := spectest.Planted(t, spectest.Text(t, plant.provider), plant.old, plant.new)
		found := strings.Join(findings(t, plant.provider, []byte(spoilt)), "\n")
		assert.Regexp(t, `\d+: `+plant.rule+`: .*; cure: `, found, plant.new)
		seen[plant.rule] = true
	}
	for _, rule := range rules {
		assert.True(t, seen[rule.name], "no fault is planted for %q", rule.name)
	}
}
