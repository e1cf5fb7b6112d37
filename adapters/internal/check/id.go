package check

import (
	"net/url"
	"slices"
	"strings"
)

const maxID = 512

// ID returns what keeps id from being percent-encoded in a request's path, or "" if nothing does. What a server or a gateway
// may take for a part that leads to another path, also after decoding it more than once, is refused. So is what is not
// ASCII, because its encoding is ambiguous, and a blank at an end, which gets lost too easily.
func ID(id string) string {
	switch {
	case id == "":
		return "missing"
	case len(id) > maxID:
		return "longer than 512 bytes"
	case leadsAway(id):
		return "names another path"
	case strings.Trim(id, " ") != id:
		return "starts or ends with a blank"
	case strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r > '~' }):
		return "holds a character that is not allowed"
	}
	return ""
}

// leadsAway says whether a text has a part "." or ".." in any of the ways in which servers read paths.
func leadsAway(text string) bool {
	if !strings.ContainsAny(text, ".%") { // most ids
		return false
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '/' || r == '\\' })
	if slices.ContainsFunc(parts, func(part string) bool {
		part, _, _ = strings.Cut(part, ";")
		return part == "." || part == ".."
	}) {
		return true
	}
	decoded, err := url.PathUnescape(text)
	return err == nil && decoded != text && leadsAway(decoded)
}
