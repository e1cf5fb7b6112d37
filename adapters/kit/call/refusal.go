package call

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/openbalances/openbalances/adapters"
)

// maxRefusal is how many bytes of a body are read for what it says of a failure.
const maxRefusal = 64 << 10

// Answer is an error answer of a provider. Body is cut at 64 KiB and may be anything.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Refusal is what a provider's error body says. The zero value is right for a body that says nothing.
type Refusal struct {
	Kind      adapters.Kind         // overrides the kind of the HTTP status if set
	Consent   adapters.ConsentState // beside ErrConsentRequired, if the provider states it
	Origin    adapters.Origin       // OriginBank if the provider states it
	Code      string                // as sent
	Known     string                // the code as the document spells it, which the error's text shows; "" for another code
	Advice    string                // what can be done about it, in our words; the error's text ends with it
	Message   string
	RequestID string
	Links     map[string]string
}

// Form is how a provider's document writes error bodies. The names of members stand in the order in which they count.
type Form struct {
	Inside                   string // the member that holds the error, or a list of errors; "" for the body itself
	Code, Message, RequestID []string
	Kinds                    map[string]adapters.Kind         // of every documented code; "" leaves the kind to the status
	Consents                 map[string]adapters.ConsentState // of the codes that tell why a consent is required
}

// What gateways in front of a provider, and standards that it may follow, call the members of an error. A code under such
// a name counts if the provider's document knows it.
var (
	wrappers = []string{
		"error", "errors", "fault", "tppMessages", "detail", "details", "problem", "exception", "errorResponse", "response", "result",
	}
	codeNames    = []string{"code", "errorCode", "error", "status"}
	messageNames = []string{
		"message", "errorMessage", "error_description", "text", "description", "detail", "title", "faultstring", "developerMessage",
		"moreInformation", "httpMessage", "error", "errors", "tppMessages",
	}
	linkNames = []string{"_links", "links"}
)

// bearerCodes are the codes of RFC 6750 (section 3.1), which any provider's server may send in WWW-Authenticate.
var bearerCodes = []string{"invalid_request", "invalid_token", "insufficient_scope"}

// Refusal reads the body member by member, so that an odd one hides no other: members of another type count as absent,
// and of several members of a name the first one that can be used counts. A number is read as its digits, a list as its
// first usable element, an object in place of a list as its only one. Names and codes match without regard to case,
// blanks and punctuation. The error may be wrapped once more, in the way of common gateways. What follows a break in the
// JSON is lost, what comes before it counts. Without a code in the body, the one in WWW-Authenticate counts (RFC 6750).
func (a Answer) Refusal(form Form) Refusal {
	body := parse(a.Body)
	places := form.places(body, 0)
	code, at := form.code(places)
	places = append([]node{at}, places...)
	refusal := Refusal{
		Code:      code,
		Message:   first(places, slices.Concat(form.Message, messageNames), node.words),
		RequestID: first(places, form.RequestID, node.word),
	}
	for _, place := range append(places, body) {
		for _, name := range linkNames {
			refusal.Links = place.links(name, refusal.Links)
		}
	}
	if refusal.Code == "" {
		refusal.Code, refusal.Message = challenge(a.Header, refusal.Message)
	}
	refusal.Known = form.documented(refusal.Code)
	refusal.Kind, refusal.Consent = form.Kinds[refusal.Known], form.Consents[refusal.Known]
	return refusal
}

// places are the objects that may be the error, the likeliest first.
func (f Form) places(n node, depth int) (all []node) {
	if n.kind == '[' {
		return f.chosen(n, depth)
	}
	if n.kind != '{' || depth > deepest/2 {
		return nil
	}
	if f.Inside != "" {
		for _, inner := range n.all(f.Inside) {
			all = append(all, f.places(inner, depth+1)...)
		}
	}
	all = append(all, n)
	for _, name := range wrappers {
		if fold(name) != fold(f.Inside) {
			for _, inner := range n.all(name) {
				all = append(all, f.places(inner, depth+1)...)
			}
		}
	}
	return all
}

// chosen is the error of a list that counts: the first one with a code that is no warning, or else the first one.
func (f Form) chosen(list node, depth int) (found []node) {
	rank := 3
	for _, element := range list.members {
		places := f.places(element.value, depth+1)
		own := 2
		if code, at := f.code(places); code != "" {
			switch fold(first([]node{at}, []string{"category"}, node.word)) {
			case "error":
				own = 0
			case "warning", "info":
				own = 2
			default:
				own = 1
			}
		}
		if len(places) > 0 && own < rank {
			found, rank = places, own
		}
	}
	return found
}

// code returns the first documented code, or else the first one under the provider's own name for it, and where it stands.
// A number below 600 is a status of gRPC or of HTTP unless it is documented.
func (f Form) code(places []node) (string, node) {
	for _, place := range places {
		for _, name := range slices.Concat(f.Code, codeNames) {
			for _, value := range place.all(name) {
				if code := value.word(); f.documented(code) != "" {
					return code, place
				}
			}
		}
	}
	for _, place := range places {
		if code := first([]node{place}, f.Code, node.unlikeStatus); code != "" {
			return code, place
		}
	}
	return "", node{}
}

// documented returns a code as the document spells it, "" for one that it does not know.
func (f Form) documented(code string) string {
	const longest = 64
	if code == "" || len(code) > longest {
		return ""
	}
	if _, ok := f.Kinds[code]; ok {
		return code
	}
	for known := range f.Kinds {
		if fold(known) == fold(code) {
			return known
		}
	}
	if slices.Contains(bearerCodes, code) {
		return code
	}
	return ""
}

var (
	bearer    = regexp.MustCompile(`(?i)\bBearer\s`)
	parameter = regexp.MustCompile(`(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))`)
)

// challenge reads what WWW-Authenticate says of a bearer token; the body's own message counts first.
func challenge(header http.Header, message string) (code, text string) {
	said := map[string]string{}
	for _, value := range header.Values("WWW-Authenticate") {
		if start := bearer.FindStringIndex(value); start != nil {
			for _, found := range parameter.FindAllStringSubmatch(value[start[1]:], -1) {
				said[strings.ToLower(found[1])] = strings.ReplaceAll(found[2], `\`, "") + found[3]
			}
		}
	}
	return said["error"], cmp.Or(message, said["error_description"])
}

// first returns what the first member with one of the names has that can be used.
func first(places []node, names []string, read func(node) string) string {
	for _, place := range places {
		for _, name := range names {
			for _, value := range place.all(name) {
				if text := read(value); text != "" {
					return text
				}
			}
		}
	}
	return ""
}

// fold is a name or a code without case, blanks and punctuation.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// Member is a member of the body as text: its text, the digits of a number, true or false; "" for anything else. Names of
// objects may lead to it.
func (a Answer) Member(way ...string) string {
	places := []node{parse(a.Body)}
	for ; len(way) > 1; way = way[1:] {
		var inner []node
		for _, place := range places {
			inner = append(inner, place.all(way[0])...)
		}
		places = inner
	}
	return first(places, way, func(n node) string { return n.text })
}

// node is a value of a JSON text. Its kind is '{', '[', '"', '0', 't' for a truth value, or 0 for null.
type node struct {
	kind    byte
	text    string // of anything but an object or a list
	members []member
}

// member is one of an object, or an element of a list, which has no name.
type member struct {
	name, folded string
	value        node
}

// deepest is how many levels of an error body are read; what lies deeper counts as absent.
const deepest = 12

// parse reads as much of a body as is JSON.
func parse(body []byte) node {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	plain := bytes.Map(func(r rune) rune { // raw line breaks inside texts are a common fault
		if r < ' ' {
			return ' '
		}
		return r
	}, body)
	decoder := json.NewDecoder(bytes.NewReader(plain))
	decoder.UseNumber()
	n, _ := decode(decoder, 0)
	return n
}

// decode reads a value; false means that the text goes no further.
func decode(decoder *json.Decoder, depth int) (n node, ok bool) {
	token, err := decoder.Token()
	if err != nil {
		return n, false
	}
	switch token := token.(type) {
	case string:
		return node{kind: '"', text: token}, true
	case json.Number:
		return node{kind: '0', text: token.String()}, true
	case bool:
		return node{kind: 't', text: strconv.FormatBool(token)}, true
	case json.Delim:
		if depth == deepest {
			return n, skip(decoder)
		}
		n.kind, ok = byte(token), true
		for ok && decoder.More() {
			var m member
			if m, ok = decodeMember(decoder, n.kind, depth+1); m.value.kind != 0 {
				n.members = append(n.members, m)
			}
		}
		if ok {
			_, err = decoder.Token()
		}
		return n, ok && err == nil
	}
	return n, true
}

func decodeMember(decoder *json.Decoder, within byte, depth int) (m member, ok bool) {
	if within == '{' {
		key, err := decoder.Token()
		if err != nil {
			return m, false
		}
		m.name, _ = key.(string)
		m.folded = fold(m.name)
	}
	m.value, ok = decode(decoder, depth)
	return m, ok
}

// skip reads to the end of a list or an object.
func skip(decoder *json.Decoder) bool {
	for open := 1; open > 0; {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
	}
	return true
}

// all returns the members with a name.
func (n node) all(name string) (values []node) {
	folded := fold(name)
	for _, m := range n.members {
		if n.kind == '{' && m.folded == folded {
			values = append(values, m.value)
		}
	}
	return values
}

// links adds the links that a member of the name holds: an object of them by relation, or a list of them with rel.
func (n node) links(name string, found map[string]string) map[string]string {
	add := func(relation, address string) {
		if found == nil {
			found = map[string]string{}
		}
		if relation != "" && address != "" && found[relation] == "" {
			found[relation] = address
		}
	}
	for _, sent := range n.all(name) {
		elements := []member{{value: sent}}
		if sent.kind == '[' {
			elements = sent.members
		}
		for _, element := range elements {
			if own := element.value.address(); own != "" {
				add(first([]node{element.value}, []string{"rel"}, node.words), own)
				continue
			}
			for _, m := range element.value.members {
				add(m.name, m.value.address())
			}
		}
	}
	return found
}

// address is where a link leads: its href, or the link itself if it is an address.
func (n node) address() string {
	if n.kind == '"' && (strings.Contains(n.text, "://") || strings.HasPrefix(n.text, "/")) {
		return n.text
	}
	if n.kind == '[' {
		return n.ofList(node.address)
	}
	return first([]node{n}, []string{"href"}, node.words)
}

// word is a text, the digits of a number, or the first one of a list.
func (n node) word() string {
	switch n.kind {
	case '"':
		return n.text
	case '0':
		whole, fraction, _ := strings.Cut(n.text, ".")
		if strings.Trim(fraction, "0") == "" {
			return whole
		}
		return n.text
	}
	return n.ofList(node.word)
}

// unlikeStatus is the same without the statuses of gRPC and HTTP.
func (n node) unlikeStatus() string {
	word := n.word()
	if status, err := strconv.Atoi(word); n.kind == '0' && err == nil && status < 600 {
		return ""
	}
	return word
}

// words is a text, or the first one of a list.
func (n node) words() string {
	if n.kind == '"' {
		return n.text
	}
	return n.ofList(node.words)
}

func (n node) ofList(read func(node) string) string {
	if n.kind == '[' {
		for _, element := range n.members {
			if text := read(element.value); text != "" {
				return text
			}
		}
	}
	return ""
}
