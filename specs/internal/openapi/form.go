package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
)

// formMedia is the media type of the token requests of OAuth 2.0 (RFC 6749, section 4.4.2). In documents and examples
// a form is an object of texts.
const formMedia = "application/x-www-form-urlencoded"

var errForm = errors.New("not a form: syntax or repeated name")

// encodeForm writes an object of texts as a form.
func encodeForm(object []byte) ([]byte, error) {
	var members map[string]string
	if err := json.Unmarshal(object, &members); err != nil {
		return nil, fmt.Errorf("a form is an object of texts: %w", err)
	}
	form := url.Values{}
	for name, text := range members {
		form.Set(name, text)
	}
	return []byte(form.Encode()), nil
}

func decodeForm(body []byte) (any, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errForm
	}
	object := map[string]any{}
	for name, texts := range form {
		if len(texts) > 1 {
			return nil, errForm
		}
		object[name] = texts[0]
	}
	return object, nil
}
