package mapping

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// What an answer says about pages is read by the names of its members, because providers page without documenting it. The
// names are looked at in lower case and without what is neither letter nor digit.
var (
	aboutPages = regexp.MustCompile(`^(links|meta|metadata|paging|pagination|page(info|data|metadata)|pager|responsemetadata|cursors?)$`)
	leadsOn    = regexp.MustCompile(`^((is|has|have)?(next(page|link|url|uri|href|token|cursor|offset|key|marker|number|start|position|id)*|` +
		`more(available|of|` + counted + `)*|truncated|partial|incomplete|continuation(token|key)?)|resumptiontoken|odatanextlink)$`)
	endsHere   = regexp.MustCompile(`^((is|has|have)?lastpage|(is|has|have)(last|complete|final))$`)
	countsAll  = regexp.MustCompile(`^(total(of|` + counted + `)*|odatacount)$`)
	countsSome = regexp.MustCompile(`^(numberof(of|` + counted + `)+|(of|` + counted + `)+count)$`)
	countsPage = regexp.MustCompile(`^(total(page|pages|pagecount)|page(s)?(total|count)|numberofpages)$`)
	thisPage   = regexp.MustCompile(`^(currentpage|pagenumber|pageno)$`)

	// Inside an object about pages and in the outermost one these count, too.
	looseNames = map[string]string{
		"page": "this", "pages": "pages", "total": "all", "count": "some", "last": "ends", "complete": "ends", "final": "ends",
		"offset": "before", "skip": "before",
	}
)

// hints are in every name that says something: most names need no closer look.
var hints = []string{
	"page", "paging", "link", "meta", "cursor", "next", "more", "trunc", "partial", "complete", "continu", "resum", "last", "final",
	"total", "count", "number", "offset", "skip",
}

const counted = `number|count|items?|elements?|results?|records?|accounts?|entries|rows|hits|balances|size|data|pages`

// meaning is what a member of this name says about pages, in a word; "" for nothing.
func meaning(name string, outer bool) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
	if !slices.ContainsFunc(hints, func(hint string) bool { return strings.Contains(plain, hint) }) {
		return ""
	}
	if word, ok := looseNames[plain]; ok {
		switch {
		case outer:
			return word
		case word == "this": // as an object it says enough
			return "about"
		}
		return ""
	}
	for _, known := range []struct {
		form *regexp.Regexp
		word string
	}{
		{aboutPages, "about"}, {leadsOn, "on"}, {endsHere, "ends"}, {countsPage, "pages"}, {thisPage, "this"},
		{countsAll, "all"}, {countsSome, "some"},
	} {
		if known.form.MatchString(plain) {
			return known.word
		}
	}
	return ""
}

// remarks are what the members of an answer, or of a part of one, say about pages.
type remarks struct {
	items        int
	listed       bool
	on, ends     bool
	contradicted bool
	numbers      map[string]int64
}

// partial returns why an answer, or a part of one, is not all that there is; nil if nothing says so.
func (r *reader) partial(p place, value any, outer bool) error {
	said := remarks{numbers: map[string]int64{}}
	r.remark(p, value, outer, &said)
	if some, ok := said.numbers["some"]; ok && some != int64(said.items) {
		said.add("all", some)
	}
	all, hasAll := said.numbers["all"]
	pages, hasPages := said.numbers["pages"]
	this, hasThis := said.numbers["this"]
	more := said.on || hasAll && all > int64(said.items) || hasPages && pages > 1
	switch {
	case said.contradicted, hasAll && all < int64(said.items), hasPages && pages < 0, hasThis && this != 1, said.numbers["before"] != 0:
		return fmt.Errorf("mapping: %s: contradicts itself about its pages", p.pointer)
	case more:
		return fmt.Errorf("mapping: %s: has more pages than can be asked for", p.pointer)
	}
	return nil
}

func (r *reader) remark(p place, value any, outer bool, said *remarks) {
	members, _ := value.(map[string]any)
	schema := shape(p.schema)
	for _, source := range slices.Concat(schema.AllOf, openapi3.SchemaRefs{{Value: schema}}) {
		for name, property := range source.Value.Properties {
			inner := p.down(property, name)
			list, isList := members[name].([]any)
			switch numbered := slices.ContainsFunc(r.declared(property), func(rule rule) bool { return rule.Pages == "numbered" }); {
			case numbered:
				members = maps.Clone(members)
				delete(members, name)
			case isList && !said.listed && shape(property).Type.Is("array"):
				said.items, said.listed = len(list), true
			case meaning(name, outer) == "" && shape(property).Type.Is("object"):
				r.remark(inner, members[name], false, said)
			case shape(property).Type == nil: // is free for the sender's own
				members = maps.Clone(members)
				delete(members, name)
			}
		}
	}
	for name, member := range members {
		said.take(meaning(name, outer), member)
	}
}

func (s *remarks) take(word string, value any) {
	flag, isFlag := value.(bool)
	number, isNumber := whole(value)
	members, isObject := value.(map[string]any)
	list, _ := value.([]any)
	switch {
	case isObject && (word == "about" || word == "this"):
		for name, member := range members {
			s.take(meaning(name, true), member)
		}
	case word == "about":
		for _, link := range list {
			if members, ok := link.(map[string]any); ok && members["rel"] == "next" && leads(link) {
				s.on = true
			}
		}
	case word == "on" && leads(value), word == "ends" && isFlag && !flag:
		s.contradicted = s.contradicted || s.ends
		s.on = true
	case word == "on" && isFlag, word == "ends" && isFlag:
		s.contradicted = s.contradicted || s.on
		s.ends = true
	case word == "ends" && isNumber:
		s.add("pages", number)
	case word != "" && word != "on" && isNumber:
		s.add(word, number)
	}
}

func (s *remarks) add(word string, number int64) {
	before, known := s.numbers[word]
	s.contradicted = s.contradicted || known && before != number || number < 0
	s.numbers[word] = number
}

// leads says whether a value leads on to another page.
func leads(value any) bool {
	switch value := value.(type) {
	case bool:
		return value
	case string:
		return !slices.Contains([]string{"", "0", "null", "false"}, strings.ToLower(strings.TrimSpace(value)))
	case json.Number:
		number, ok := whole(value)
		return ok && number > 0
	case []any:
		return slices.ContainsFunc(value, leads)
	case map[string]any:
		for name, member := range value {
			if slices.Contains([]string{"href", "url", "uri"}, strings.ToLower(name)) {
				return leads(member)
			}
		}
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), leads)
	}
	return false
}

// whole reads a number, or a text of one, that has no fraction.
func whole(value any) (int64, bool) {
	text, isText := value.(string)
	if number, ok := value.(json.Number); ok {
		text, isText = number.String(), true
	}
	if !isText || amount(text, true) == "" {
		return 0, false
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok || !number.IsInt() || !number.Num().IsInt64() {
		return 0, false
	}
	return number.Num().Int64(), true
}
