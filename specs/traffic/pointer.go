package traffic

import (
	"regexp"

	"github.com/go-json-experiment/json/jsontext"
)

// position is a place in a body, as the way to it.
type position struct {
	parent *position
	name   string
}

func (p *position) pointer() string {
	if p == nil {
		return ""
	}
	return string(jsontext.Pointer(p.parent.pointer()).AppendToken(p.name))
}

const hidden = "*"

// identifier is what programmers call a member: letters, and at most three digits in one place.
var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z_-]*[0-9]{0,3}[A-Za-z_-]*$`)

const maxIdentifier = 32

// shown returns a member's name if it may be shown: one of the document, or one that looks like an identifier.
func (i *inspector) shown(name string) string {
	if i.known(name) || len(name) <= maxIdentifier && identifier.MatchString(name) {
		return name
	}
	return hidden
}

// redacted hides the segments of a pointer that are not in the document.
func (i *inspector) redacted(pointer string) string {
	var shown jsontext.Pointer
	for name := range jsontext.Pointer(pointer).Tokens() {
		if !i.known(name) {
			name = hidden
		}
		shown = shown.AppendToken(name)
	}
	return string(shown)
}
