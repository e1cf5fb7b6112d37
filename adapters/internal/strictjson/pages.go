package strictjson

import (
	"cmp"
	"math"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters/internal/amount"
	"github.com/shopspring/decimal"
)

// Pages is what an answer says about the pages of its list, in members that the document knows or not. The zero value says
// nothing.
type Pages struct {
	Items int // of the first list of the answer

	more, end                             string // the places of what says that there is another page, and that there is none
	total, count, pages, page, skip, size stated
	contradiction                         string // the place of what says another number than something before it
}

// stated is a number and its place, "" without one.
type stated struct {
	place  string
	number int
}

// Say notes that something outside the body, at place, says that there is another page.
func (p *Pages) Say(place string) { p.more = place }

// Silent returns the place of what says that this may be a page of several while nothing says whether there is another one,
// "" if nothing does.
func (p *Pages) Silent() string {
	if p.more+p.end+p.total.place+p.pages.place != "" {
		return ""
	}
	return cmp.Or(p.page.place, p.size.place)
}

// Hold says how many items have been made of the answer. Where it is the number that the answer states, or where no list was
// found, this counts.
func (p *Pages) Hold(items int) {
	if p.Items == 0 || p.total.number == items {
		p.Items = items
	}
}

// Total is how many items all pages have, 0 if not stated.
func (p *Pages) Total() int { return p.total.number }

// Whole returns the error for an answer that is not the one and only page of its list.
func (p *Pages) Whole() *Error {
	place, err := p.Further(1, 0)
	if err == nil && place != "" {
		return &Error{Path: place, Problem: "more pages than can be asked for"}
	}
	return err
}

// Further returns the place of what says that there is another page after this one, "" if nothing does. number counts
// pages from 1, before is how many items the pages before had. What cannot be true of such a page is an error.
func (p *Pages) Further(number, before int) (place string, err *Error) {
	seen := before + p.Items
	more, whole := p.more, p.end
	note := func(s stated, isMore bool) {
		switch {
		case s.place == "":
		case isMore:
			more = s.place
		default:
			whole = s.place
		}
	}
	if p.count.number != p.Items {
		note(p.count, p.count.number > seen)
	}
	note(p.total, p.total.number > seen)
	note(p.pages, p.pages.number > number)
	switch {
	case p.contradiction != "":
		return "", &Error{Path: p.contradiction, Problem: "contradicts another member"}
	case p.page.place != "" && p.page.number != number:
		return "", &Error{Path: p.page.place, Problem: "not the page that was asked for"}
	case p.skip.place != "" && p.skip.number != before:
		return "", &Error{Path: p.skip.place, Problem: "not where the page before ends"}
	case p.total.place != "" && p.total.number < seen:
		return "", &Error{Path: p.total.place, Problem: "less than there are"}
	case p.count.place != "" && p.count.number < p.Items:
		return "", &Error{Path: p.count.place, Problem: "less than there are"}
	case p.pages.number < 0, p.pages.place != "" && p.pages.number > 0 && p.pages.number < number:
		return "", &Error{Path: p.pages.place, Problem: "less than there are"}
	case more != "" && whole != "":
		return "", &Error{Path: whole, Problem: "contradicts " + more}
	}
	return more, nil
}

// meaning is what a member says about pages.
type meaning byte

const (
	nothing meaning = iota
	about           // an object about the answer, whose members may say something
	next            // what leads to the next page
	last            // whether this is the last page
	total           // the items of all pages
	count           // the items of this page, or of all
	pages           // the number of pages
	page            // the number of this page, counted from 1; an object may be about pages
	skip            // the items of the pages before
	size            // the items that a page has at most
)

// The names in lower case, without what is neither letter nor digit. Those of loose are too common to say anything elsewhere
// than in the outermost object, or in one about the answer.
var (
	meanings = map[string]meaning{
		"links": about, "meta": about, "metadata": about, "paging": about, "pagination": about, "pageinfo": about,
		"pagedata": about, "pagemetadata": about, "pager": about, "responsemetadata": about, "cursor": about, "cursors": about,
		"more": next, "moreavailable": next, "truncated": next, "partial": next, "incomplete": next, "continuation": next,
		"continuationtoken": next, "continuationkey": next, "resumptiontoken": next, "odatanextlink": next,
		"lastpage": last, "totalpages": pages, "totalpagecount": pages, "pagetotal": pages, "pagestotal": pages,
		"pagecount": pages, "pagescount": pages, "numberofpages": pages, "currentpage": page, "pagenumber": page,
		"pageno": page, "pagesize": size, "perpage": size, "itemsperpage": size, "odatacount": total,
	}
	loose = map[string]meaning{
		"page": page, "pages": pages, "total": total, "count": count, "last": last, "complete": last, "final": last,
		"offset": skip, "skip": skip,
	}
	// nextWords may follow next, countWords may follow more, total and number of, and precede count.
	nextWords = []string{
		"page", "link", "url", "uri", "href", "token", "cursor", "offset", "key", "marker", "number", "start", "position", "id",
	}
	countWords = []string{
		"number", "of", "count", "items", "item", "elements", "element", "results", "result", "records", "record", "accounts",
		"account", "entries", "rows", "hits", "balances", "size", "data", "pages",
	}
)

// longestName is more than any of these names has.
const longestName = 40

// meaningOf returns what a member of this name says. In the outermost object of an answer, and in one about it, loose
// names count, too.
func meaningOf[T string | []byte](name T, outer bool) meaning {
	if len(name) > longestName {
		return nothing
	}
	var letters [longestName]byte
	n := 0
	for i := range len(name) {
		switch c := name[i]; {
		case 'A' <= c && c <= 'Z':
			letters[n], n = c|0x20, n+1
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			letters[n], n = c, n+1
		}
	}
	plain := string(letters[:n])
	if m := meanings[plain]; m != nothing {
		return m
	}
	if m := loose[plain]; m != nothing {
		switch {
		case outer:
			return m
		case m == page: // as an object it says enough
			return about
		}
		return nothing
	}
	for _, verb := range []string{"is", "has", "have"} {
		if bare, ok := strings.CutPrefix(plain, verb); ok {
			plain = bare
			if m := max(meanings[bare], loose[bare]); m == next || m == last {
				return m
			}
		}
	}
	for _, form := range []struct {
		begin, end string
		words      []string
		means      meaning
	}{{"next", "", nextWords, next}, {"more", "", countWords, next}, {"total", "", countWords, total},
		{"numberof", "", countWords, count}, {"", "count", countWords, count}} {
		rest, begins := strings.CutPrefix(plain, form.begin)
		rest, ends := strings.CutSuffix(rest, form.end)
		if begins && ends && made(rest, form.words) {
			return form.means
		}
	}
	return nothing
}

// made says whether a text is a chain of words, or empty.
func made(text string, words []string) bool {
	for text != "" {
		rest := text
		for _, word := range words {
			if shorter, ok := strings.CutPrefix(text, word); ok && len(shorter) < len(rest) {
				rest = shorter
			}
		}
		if rest == text {
			return false
		}
		text = rest
	}
	return true
}

// pagesOf reads what a text, which has been decoded into a t, says about pages: in the object itself, in those about it,
// and in its members up to the first lists. Elements of lists speak for themselves.
func pagesOf(data []byte, t reflect.Type, outermost bool) Pages {
	var p Pages
	listed := false
	p.object(newWalker(data), t, "", outermost, &listed)
	return p
}

func (p *Pages) object(w walker, t reflect.Type, place string, outer bool, listed *bool) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if w.PeekKind() != '{' || t.Kind() != reflect.Struct {
		_ = w.SkipValue()
		return
	}
	w.each(func(name string) string {
		inner, known := step(t, name)
		for known && inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		m := meaningOf(name, outer)
		switch at := join(place, name); {
		case known && inner.Kind() == reflect.Interface: // is free for the sender's own
			_ = w.SkipValue()
		case m != nothing:
			value, _ := w.ReadValue()
			p.say(m, at, value)
		case known && inner.Kind() == reflect.Struct:
			p.object(w, inner, at, false, listed)
		case known && inner.Kind() == reflect.Slice && w.PeekKind() == '[' && !*listed:
			*listed = true
			list, _ := w.ReadValue()
			eachElement(list, func(jsontext.Value) { p.Items++ })
		default:
			_ = w.SkipValue()
		}
		return ""
	})
}

// join adds a name to a place. It shows only plain names.
func join(place, name string) string {
	if strings.Trim(name, nameCharacters) != "" {
		name = "*"
	}
	return strings.TrimPrefix(place+"."+name, ".")
}

// say notes what a member says. What is of another type than its name promises says nothing.
func (p *Pages) say(m meaning, place string, value jsontext.Value) {
	number, isNumber := integer(value)
	switch {
	case value.Kind() == '{' && (m == about || m == page):
		eachMember(value, func(name string, inner jsontext.Value) { p.say(meaningOf(name, true), join(place, name), inner) })
	case value.Kind() == '[' && m == about:
		eachElement(value, func(inner jsontext.Value) { p.link(inner, place) })
	case m == next && leads(value), m == last && string(value) == "false":
		p.more = place
	case m == next && string(value) == "false", m == last && string(value) == "true":
		p.end = place
	}
	if s := map[meaning]*stated{
		total: &p.total, count: &p.count, pages: &p.pages, last: &p.pages, page: &p.page, skip: &p.skip,
		size: &p.size,
	}[m]; s != nil && isNumber {
		if s.place != "" && s.number != number || number < 0 {
			p.contradiction = place
		}
		*s = stated{place, number}
	}
}

// link notes an element of a list of links, such as {"rel": "next", "href": "..."}.
func (p *Pages) link(link jsontext.Value, place string) {
	eachMember(link, func(name string, value jsontext.Value) {
		if name == "rel" && string(value) == `"next"` && leads(link) {
			p.more = place
		}
	})
}

// leads says whether a value leads to another page: it is true, a text, a positive number, or holds one that is. Of a link
// only its address counts.
func leads(value jsontext.Value) (yes bool) {
	switch value.Kind() {
	case 't':
		return true
	case '"':
		text := strings.ToLower(strings.Trim(string(value), "\" \t"))
		return text != "" && text != "0" && text != "null" && text != "false"
	case '0':
		number, ok := integer(value)
		return ok && number > 0
	case '[':
		eachElement(value, func(inner jsontext.Value) { yes = yes || leads(inner) })
	case '{':
		address := true
		eachMember(value, func(name string, inner jsontext.Value) {
			inside := leads(inner)
			yes = yes || inside
			if name = strings.ToLower(name); name == "href" || name == "url" || name == "uri" {
				address = inside
			}
		})
		return yes && address
	}
	return yes
}

// integer reads a number, or a text of one, that has no fraction. What does not fit is as large as fits.
func integer(value jsontext.Value) (int, bool) {
	text, isText := strings.CutPrefix(string(value), `"`)
	text = strings.TrimSuffix(text, `"`)
	if kind := value.Kind(); kind != '0' && !isText {
		return 0, false
	}
	number, err := amount.ParseNumber(text)
	if err != nil || !number.IsInteger() {
		return 0, false
	}
	if number.Abs().GreaterThan(most) {
		return number.Sign() * math.MaxInt32, true
	}
	return int(number.IntPart()), true
}

var most = decimal.NewFromInt(math.MaxInt32)

// eachMember and eachElement visit what an object or a list holds; anything else holds nothing.
func eachMember(object jsontext.Value, visit func(name string, value jsontext.Value)) {
	if w := newWalker(object); object.Kind() == '{' {
		w.each(func(name string) string {
			value, _ := w.ReadValue()
			visit(name, value)
			return ""
		})
	}
}

func eachElement(list jsontext.Value, visit func(jsontext.Value)) {
	w := newWalker(list)
	if list.Kind() != '[' {
		return
	}
	_, _ = w.ReadToken()
	for w.PeekKind() != ']' {
		value, _ := w.ReadValue()
		visit(value)
	}
}
