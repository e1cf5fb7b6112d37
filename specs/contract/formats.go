package contract

import (
	"errors"
	"net/netip"
	"net/url"
	"regexp"

	"github.com/getkin/kin-openapi/openapi3"
)

var (
	uuidFormat    = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	decimalFormat = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	errFormat     = errors.New("wrong format")
)

// formats returns the string formats that kin-openapi leaves unchecked. It knows byte, date and date-time itself.
func formats() map[string]openapi3.StringFormatValidator {
	return map[string]openapi3.StringFormatValidator{
		"uuid":    format(uuidFormat.MatchString),
		"decimal": format(decimalFormat.MatchString),
		"uri":     format(isURI),
		"ipv4":    format(func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() }),
		"ipv6":    format(func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is6() }),
	}
}

func format(valid func(string) bool) openapi3.StringFormatValidator {
	return openapi3.NewCallbackValidator(func(s string) error {
		if !valid(s) {
			return errFormat
		}
		return nil
	})
}

func isURI(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.IsAbs()
}
