package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxDocumented is the length at which an enumeration ends with "...".
const maxDocumented = 80

// documentedAt returns what a schema says under a keyword, if that fits a line.
func documentedAt(schema *openapi3.Schema, keyword string) string {
	if schema == nil {
		return ""
	}
	switch keyword {
	case "type", "nullable":
		return strings.Join(schema.Type.Slice(), " or ")
	case "format":
		return schema.Format
	case "pattern":
		return schema.Pattern
	case "enum":
		return Enumerated(schema.Enum)
	case "minLength":
		return strconv.FormatUint(schema.MinLength, 10)
	case "minItems":
		return strconv.FormatUint(schema.MinItems, 10)
	}
	return ""
}

func enumeratedNames[V any](named map[string]V) string {
	return Enumerated(slices.Sorted(maps.Keys(named)))
}

// Enumerated lists values in one line, the first ones if there are many.
func Enumerated[V any](values []V) string {
	text := ""
	for i, value := range values {
		if i > 0 {
			text += ", "
		}
		if len(text) >= maxDocumented {
			return text + "..."
		}
		text += fmt.Sprint(value)
	}
	return text
}
