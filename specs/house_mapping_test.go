package specs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"go.yaml.in/yaml/v3"
)

// The rules about what package mapping reads: x-maps-to, x-unmapped, x-kind, x-origin and x-not-sent.

// words are those of a rule of x-maps-to with the values that each may have, nil for any. Package mapping explains them.
var words = map[string][]string{
	"field": nil, "set": nil, "unless": nil, "cut": nil, "table": nil, "only": nil, "absent": nil, "zone": nil, "unsigned": nil,
	"each":  {"account", "bank", "balance", "creditLine", "identifier"},
	"form":  {"rfc3339", "epochMillis", "date"},
	"match": {"bank"},
	"pages": {"numbered", "linked"},
}

var balanceTypes = strings.Fields(`closingBooked openingBooked interimBooked closingAvailable openingAvailable
	interimAvailable forwardAvailable expected closingCleared openingCleared interimCleared information
	previouslyClosedBooked nonInvoiced authorised unknown`)

// fields are those of the shared types that a property can be mapped to, by the part of the answer that it lies in.
var fields = map[string][]string{
	"account":    membersOf[adapters.Account]("provider identifiers"),
	"balance":    append(membersOf[adapters.Balance]("provider providerType creditLines receivedAt requestId warnings"), "sign"),
	"creditLine": membersOf[adapters.CreditLine](""),
	"identifier": membersOf[adapters.AccountIdentifier](""),
	"bank":       {"bank", "consentValidUntil"},
}

// membersOf are the members of a type's JSON, without those that no property is mapped to by itself.
func membersOf[T any](without string) (names []string) {
	for i := range reflect.TypeFor[T]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[T]().Field(i).Tag.Get("json"), ",")
		if !slices.Contains(strings.Fields(without), name) {
			names = append(names, name)
		}
	}
	return names
}

// answers visits the schemas of all answers with status 200 and what is below them, up to a declaration that says all.
func (d *tree) answers(visit func(part string, key, node *yaml.Node, leaf bool)) {
	d.operations(func(_, operation *yaml.Node) {
		media := get(d.resolve(get(operation, "responses", "200")), "content", "application/json")
		for key, schema := range members(media) {
			if key.Value == "schema" {
				d.descend("account", key, schema, visit, 0)
			}
		}
	})
}

const deepest = 32 // a schema that refers to itself has to end in a declaration

func (d *tree) descend(part string, key, node *yaml.Node, visit func(string, *yaml.Node, *yaml.Node, bool), depth int) {
	own := node
	if get(node, "x-unmapped") == nil && get(node, "x-maps-to") == nil {
		own = d.resolve(node)
	}
	inner := d.below(node)
	visit(part, key, own, len(inner) == 0 || depth == deepest)
	entries := listed(get(own, "x-maps-to"))
	if get(own, "x-unmapped") != nil || depth == deepest {
		return
	}
	for _, entry := range entries {
		if each := get(entry, "each"); each != nil && get(entry, "field") == nil {
			part, entries = each.Value, nil
			if items := get(d.resolve(node), "items"); items != nil {
				inner = d.below(items)
			}
		}
	}
	for i := 0; i < len(inner) && entries == nil; i += 2 {
		d.descend(part, inner[i], inner[i+1], visit, depth+1)
	}
}

// below returns the keys and schemas right below a schema.
func (d *tree) below(node *yaml.Node) (all []*yaml.Node) {
	schema := d.resolve(node)
	for _, source := range listed(get(schema, "allOf")) {
		all = append(all, d.below(source)...)
	}
	for key, property := range members(get(schema, "properties")) {
		all = append(all, key, property)
	}
	for key, child := range members(schema) {
		free := key.Value == "additionalProperties" && get(schema, "properties") == nil
		if (key.Value == "items" || free) && child.Kind == yaml.MappingNode {
			all = append(all, key, child)
		}
	}
	return all
}

// listed returns the elements of a list; anything else counts as a list of one, and nothing as none.
func listed(node *yaml.Node) []*yaml.Node {
	if node == nil || node.Kind == yaml.SequenceNode {
		return append([]*yaml.Node(nil), contentOf(node)...)
	}
	return []*yaml.Node{node}
}

func contentOf(node *yaml.Node) []*yaml.Node {
	if node == nil {
		return nil
	}
	return node.Content
}

func findUnmappedProperties(d *tree, report func(*yaml.Node, string)) {
	d.answers(func(_ string, key, own *yaml.Node, leaf bool) {
		reason, mapped := get(own, "x-unmapped"), get(own, "x-maps-to")
		switch {
		case reason != nil && mapped != nil:
			report(key, key.Value+" is both mapped and unmapped")
		case reason != nil && len(strings.Fields(reason.Value)) < 2:
			report(reason, key.Value+" is unmapped without a reason")
		case leaf && reason == nil && mapped == nil:
			report(key, key.Value+" is neither mapped nor unmapped")
		}
	})
}

func findUnknownRules(d *tree, report func(*yaml.Node, string)) {
	d.answers(func(part string, key, own *yaml.Node, _ bool) {
		for _, entry := range listed(get(own, "x-maps-to")) {
			findUnknownRule(part, entry, report)
		}
	})
}

func findUnknownRule(part string, entry *yaml.Node, report func(*yaml.Node, string)) {
	field := entry
	if entry.Kind == yaml.MappingNode {
		field = get(entry, "field")
	}
	if each := get(entry, "each"); each != nil {
		part = each.Value
	}
	for word, value := range members(entry) {
		if values, known := words[word.Value]; !known {
			report(word, "the rule "+word.Value)
		} else if values != nil {
			among(values, value, word.Value, report)
		}
	}
	if field != nil {
		name, ofBalances := strings.CutPrefix(field.Value, "balances.")
		if of, ofAccount := strings.CutPrefix(name, "account."); ofAccount {
			part, name = "account", of
		}
		if ofBalances {
			part = "balance"
		}
		if !slices.Contains(fields[part], name) {
			report(field, fmt.Sprintf("the field %s of the %s", name, part))
		}
		for _, result := range members(get(entry, "table")) {
			if known := results[part+" "+name]; known != nil {
				among(known, result, "the result", report)
			}
		}
	}
	for key, value := range members(get(entry, "set")) {
		among(append([]string{"providerType"}, fields[part]...), key, "sets", report)
		if part == "balance" && key.Value == "type" {
			among(balanceTypes, value, key.Value, report)
		}
	}
}

// results are what a table can make of values.
var results = map[string][]string{
	"balance type": balanceTypes, "balance sign": {"positive", "negative", "stated", "reversed"}, "account state": {"enabled", "blocked", "closed"},
}

// among wants a value to be a known one.
func among(known []string, value *yaml.Node, what string, report func(*yaml.Node, string)) {
	if value != nil && value.Kind == yaml.ScalarNode && !slices.Contains(known, value.Value) {
		report(value, what+" "+value.Value)
	}
}

var origins = []string{"provider", "bank"}

// kinds are what x-kind can say of an adapter's error. "by status" leaves the kind to the HTTP status, "none" is no error.
var kinds = map[string][]string{
	"kind": strings.Fields(`invalid_argument unauthorized forbidden consent_required not_found rate_limited unavailable
		protocol too_large redirect`),
	"consent": {"expired", "revoked", "unknown"},
	"origin":  origins,
}

// findCodesWithoutKind takes every listed value of a property called code or errorCode, or with x-kind, and every value
// of one so called in an example of an answer that is an error.
func findCodesWithoutKind(d *tree, report func(*yaml.Node, string)) {
	kindOf, needed, silent := map[string]bool{}, map[*yaml.Node]bool{}, map[string]bool{}
	d.properties(codes, func(key, schema *yaml.Node) {
		needed[schema] = true
		silent[key.Value] = text(schema, "x-kind") == "none"
	})
	d.walk(func(_ []string, _, node *yaml.Node) {
		among(origins, get(node, "x-origin"), "the origin", report)
		for key, origin := range members(get(node, "x-origin")) {
			if key.Value != "header" {
				among(origins, origin, "the origin", report)
			}
		}
		given := get(node, "x-kind")
		for code, kind := range members(given) {
			kindOf[code.Value] = true
			among(append([]string{"by status", "none"}, kinds["kind"]...), kind, "the kind", report)
			for word, value := range members(kind) {
				among(kinds[word.Value], value, "the "+word.Value, report)
			}
		}
		if given == nil && !needed[node] {
			return
		}
		for _, code := range listedCodes(node) {
			if get(given, code.Value) == nil {
				report(code, "code "+code.Value)
			}
		}
	})
	d.operations(func(_, operation *yaml.Node) {
		for status, response := range members(get(operation, "responses")) {
			media := get(d.resolve(response), "content", "application/json")
			for _, examples := range []string{"examples", "x-invalid-examples"} {
				for _, example := range members(get(media, examples)) {
					if status.Value >= "400" {
						findShownCodes(d.resolve(example), kindOf, silent, report)
					}
				}
			}
		}
	})
}

func findShownCodes(node *yaml.Node, kindOf, silent map[string]bool, report func(*yaml.Node, string)) {
	for key, value := range members(node) {
		if codes.MatchString(key.Value) && !silent[key.Value] && value.Kind == yaml.ScalarNode && !kindOf[value.Value] {
			report(value, "code "+value.Value)
		}
	}
	for _, child := range contentOf(node) {
		findShownCodes(child, kindOf, silent, report)
	}
}

// findUnsentParameters compares the parameters of every operation with the requests that the adapter is expected to send,
// in adapters/<provider>/testdata/requests.
func findUnsentParameters(d *tree, report func(*yaml.Node, string)) {
	sent := d.expectedRequests()
	for path, item := range members(get(d.root, "paths")) {
		for method, operation := range members(item) {
			var requests []expectedRequest
			for _, request := range sent {
				if request.is(method.Value, path.Value) {
					requests = append(requests, request)
				}
			}
			switch reason := get(operation, "x-not-sent"); {
			case reason != nil && len(requests) > 0:
				report(reason, "a request of the operation is expected after all")
			case reason == nil && len(requests) == 0:
				report(method, "no request of "+method.Value+" "+path.Value+" is expected")
			case reason == nil:
				d.findUnsent(operation, requests, report)
			}
		}
	}
}

func (d *tree) findUnsent(operation *yaml.Node, requests []expectedRequest, report func(*yaml.Node, string)) {
	isSent := func(place, name string) bool {
		return slices.ContainsFunc(requests, func(r expectedRequest) bool { return r.sends(place, name) })
	}
	for _, parameter := range contentOf(get(operation, "parameters")) {
		parameter = d.resolve(parameter)
		place, name := get(parameter, "in"), get(parameter, "name")
		if place != nil && place.Value != "path" && get(parameter, "x-not-sent") == nil && !isSent(place.Value, name.Value) {
			report(name, place.Value+" "+name.Value)
		}
	}
	for _, media := range members(get(d.resolve(get(operation, "requestBody")), "content")) {
		d.findUnsentMembers(get(media, "schema"), isSent, report, 0)
	}
}

func (d *tree) findUnsentMembers(schema *yaml.Node, isSent func(string, string) bool, report func(*yaml.Node, string), depth int) {
	inner := d.below(schema)
	for i := 0; i < len(inner) && depth < deepest; i += 2 {
		key, property := inner[i], inner[i+1]
		leftOut := get(property, "x-not-sent") != nil || get(d.resolve(property), "x-not-sent") != nil
		if key.Value != "items" && !leftOut && !isSent("body", key.Value) {
			report(key, "body "+key.Value)
		}
		if !leftOut {
			d.findUnsentMembers(property, isSent, report, depth+1)
		}
	}
}

// expectedRequest is the text of a file: method and target, a line for each header, and perhaps a body.
type expectedRequest struct{ method, path, query, headers, body string }

func (d *tree) expectedRequests() (all []expectedRequest) {
	files, _ := filepath.Glob(filepath.Join("../adapters", d.provider, "testdata/requests/*.http"))
	others, _ := filepath.Glob(filepath.Join("../adapters", d.provider, "testdata/*/requests/*.http"))
	files = append(files, others...)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		head, body, _ := strings.Cut(string(text), "\n\n")
		line, headers, _ := strings.Cut(head, "\n")
		method, target, _ := strings.Cut(line, " ")
		path, query, _ := strings.Cut(target, "?")
		all = append(all, expectedRequest{method, path, "&" + query, "\n" + strings.ToLower(headers), body})
	}
	return all
}

func (r expectedRequest) is(method, path string) bool {
	own, asked := strings.Split(r.path, "/"), strings.Split(path, "/")
	return strings.EqualFold(r.method, method) && slices.EqualFunc(own, asked, func(segment, template string) bool {
		return segment == template || strings.HasPrefix(template, "{")
	})
}

func (r expectedRequest) sends(place, name string) bool {
	switch place {
	case "header":
		return strings.Contains(r.headers, "\n"+strings.ToLower(name)+":")
	case "query":
		return strings.Contains(r.query, "&"+name+"=")
	}
	return strings.Contains(r.body, `"`+name+`":`)
}
