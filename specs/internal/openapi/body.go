package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds the nesting of a body: the schema validator needs seconds for thousands of levels.
const maxDepth = 64

// checkBody checks media type, JSON and schema of a body; message is "request" or "response".
func (d *Document) checkBody(
	message string, content openapi3.Content, header http.Header, body []byte, direction openapi3.SchemaValidationOption,
) error {
	media, undocumented := MediaType(message, content, header)
	if undocumented != nil {
		return undocumented
	}
	part := message + " body"
	value, pointer, err := media.Read(body)
	if err != nil {
		return violation(strings.TrimSpace(part+" "+pointer), err.Error())
	}
	if media.Schema == nil {
		return nil
	}
	options := append(d.Spec.GetSchemaValidationOptions(), direction)
	if err := media.Schema.Value.VisitJSON(value, options...); err != nil {
		return SchemaViolation(part, err)
	}
	return nil
}

// ValidateAnswer checks the JSON body of an operation's 200 alone.
func (d *Document) ValidateAnswer(operation string, body []byte) error {
	response := d.response(operation, http.StatusOK)
	if response == nil {
		return &Error{Kind: NoRoute}
	}
	header := http.Header{"Content-Type": {"application/json"}}
	return d.checkBody("response", response.Content, header, body, openapi3.VisitAsResponse())
}

// Media is what the document says about a body of a certain media type, which is a form or JSON.
type Media struct {
	*openapi3.MediaType
	form bool
}

// Read reads a form or exactly one JSON value, numbers as json.Number; pointer says where the latter is broken.
func (m *Media) Read(body []byte) (value any, pointer string, err error) {
	if m.form {
		value, err = decodeForm(body)
		return value, "", err
	}
	if pointer, err := walk(body); err != nil {
		return nil, pointer, err
	}
	value, err = decode(body)
	return value, "", err
}

// MediaType returns the content of exactly the media type in the header of a message, which is "request" or "response".
func MediaType(message string, content openapi3.Content, header http.Header) (*Media, *Error) {
	name, rule := mediaName(header.Values("Content-Type"))
	media := content[name]
	if media == nil {
		broken := violation(message+" header Content-Type", cmp.Or(rule, "undocumented media type"))
		broken.Documented = enumeratedNames(content)
		return nil, broken
	}
	return &Media{media, name == formMedia}, nil
}

// mediaName returns the media type sent, or the rule that is broken.
func mediaName(values []string) (name, rule string) {
	if len(values) != 1 {
		return "", "required once"
	}
	name, params, err := mime.ParseMediaType(values[0])
	if err != nil {
		return "", "malformed"
	}
	charset, has := params["charset"]
	if len(params) > 1 || len(params) == 1 && !has || has && !strings.EqualFold(charset, "utf-8") {
		return "", "unexpected parameter"
	}
	return name, ""
}

var (
	errSyntax    = errors.New("not JSON: syntax, duplicate name or invalid UTF-8")
	errDepth     = errors.New("nested too deeply")
	errTruncated = errors.New("not JSON: truncated")
	errTrailing  = errors.New("data after the JSON value")
)

// walk tells whether body is exactly one JSON value without duplicate names, invalid UTF-8 or excessive nesting.
func walk(body []byte) (pointer string, err error) {
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	for first := true; first || dec.StackDepth() > 0; first = false {
		_, err := dec.ReadToken()
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return "", errTruncated
		case err != nil:
			return errorPointer(err), errSyntax
		case dec.StackDepth() > maxDepth:
			return "", errDepth
		}
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return "", errTrailing
	}
	return "", nil
}

func errorPointer(err error) string {
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return string(syntax.JSONPointer)
	}
	return ""
}

// decode reads numbers as text, so that no digit is lost before the schema sees them.
func decode(body []byte) (value any, err error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	err = dec.Decode(&value)
	return value, err
}
