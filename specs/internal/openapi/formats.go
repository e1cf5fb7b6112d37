package openapi

import (
	"errors"
	"net/url"

	"github.com/getkin/kin-openapi/openapi3"
)

// formats returns the string formats that kin-openapi leaves unchecked. It knows byte, date and date-time itself.
func formats() map[string]openapi3.StringFormatValidator {
	return map[string]openapi3.StringFormatValidator{
		"uuid":    openapi3.NewRegexpFormatValidator(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`),
		"decimal": openapi3.NewRegexpFormatValidator(`^-?[0-9]+(\.[0-9]+)?$`),
		"uri":     openapi3.NewCallbackValidator(checkURI),
		"ipv4":    openapi3.NewIPValidator(true),
		"ipv6":    openapi3.NewIPValidator(false),
	}
}

func checkURI(s string) error {
	if u, err := url.Parse(s); err != nil || !u.IsAbs() {
		return errors.New("not an absolute URI")
	}
	return nil
}
