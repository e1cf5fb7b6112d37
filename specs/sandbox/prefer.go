package sandbox

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/specs"
)

// preference reads example and code from the Prefer header. Other preferences, such as dynamic, are passed over.
func preference(header http.Header) (example, code string) {
	for _, line := range header.Values("Prefer") {
		for _, item := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ';' }) {
			name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "example":
				example = value
			case "code":
				code = value
			}
		}
	}
	return example, code
}

// preferred finds the example of that name and status, or the first valid answer of that status.
func (s *server) preferred(op *openapi3.Operation, example, code string) (answer, bool) {
	e := s.doc.First(func(e specs.Example) bool {
		named := e.Name == example || example == "" && e.Valid
		return e.Operation == op.OperationID && e.Status != 0 && named && (code == "" || code == strconv.Itoa(e.Status))
	})
	if e != nil {
		return answerOf(*e), true
	}
	status, err := strconv.Atoi(code)
	return answer{status: status}, example == "" && err == nil && op.Responses.Value(code) != nil
}
