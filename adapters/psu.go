package adapters

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"slices"
	"strconv"

	"github.com/openbalances/openbalances/adapters/internal/check"
)

// PSU says for one call whether the payment service user is present. Providers allow only about four calls a day
// for an account while nobody is. The zero value says neither and is refused: presence is a fact that only the
// caller knows, and the library never invents it.
type PSU struct {
	context  *func() PSUContext // reflection does not see into a function
	declared bool
}

// PSUContext is what the PSU's own request to the caller told about the PSU. IPAddress is required and must be the
// user's public address; the rest is forwarded where the provider takes it and left out where empty.
type PSUContext struct {
	Masked

	IPAddress      netip.Addr
	IPPort         uint16
	UserAgent      string
	Accept         string
	AcceptCharset  string
	AcceptEncoding string
	AcceptLanguage string
	HTTPMethod     string
	DeviceID       string
	GeoLocation    string // Berlin Group form: GEO:<latitude>;<longitude>
	Referer        string // the page of the caller that the PSU came from
}

// Format says whether the PSU is present, and nothing of the context, whatever the verb.
func (p PSU) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, p.presence()) }

// MarshalText writes what Format does.
func (p PSU) MarshalText() ([]byte, error) { return []byte(p.presence()), nil }

func (p PSU) presence() string {
	switch {
	case p.context != nil:
		return "PSU[attended]"
	case p.declared:
		return "PSU[unattended]"
	}
	return "PSU[undeclared]"
}

// Attended says that the PSU is present and asks for the data now.
func Attended(context PSUContext) PSU {
	if context.IPAddress.Zone() == "" { // which Unmap would lose
		context.IPAddress = context.IPAddress.Unmap()
	}
	open := func() PSUContext { return context }
	return PSU{context: &open, declared: true}
}

// Unattended says that nobody is present: the call counts against the daily allowance.
func Unattended() PSU { return PSU{declared: true} }

// Context returns the PSU's context, and whether the PSU is present.
func (p PSU) Context() (PSUContext, bool) {
	if p.context == nil {
		return PSUContext{}, false
	}
	return (*p.context)(), true
}

// Validate returns an [ErrInvalidArgument] if the PSU is undeclared, if IANA's registries of special addresses do not call
// the address globally reachable, or if a text cannot be sent as a header. Addresses for documentation, such as
// 203.0.113.7 and 2001:db8::7, pass, so that examples and tests need no real one.
func (p PSU) Validate() error {
	if !p.declared {
		return invalid("psu", "neither attended nor unattended")
	}
	user, present := p.Context()
	if !present {
		return nil
	}
	if !isPublic(user.IPAddress) {
		return invalid("psu.ipAddress", "not a public IP address")
	}
	if !slices.Contains(httpMethods, user.HTTPMethod) {
		return invalid("psu.httpMethod", "not GET, POST, PUT, PATCH or DELETE")
	}
	for _, text := range user.texts() {
		if problem := check.Header(text.value); text.value != "" && problem != "" {
			return invalid("psu."+text.name, problem)
		}
	}
	return nil
}

// Port returns IPPort as text, "" if it is not known.
func (c PSUContext) Port() string {
	if c.IPPort == 0 {
		return ""
	}
	return strconv.Itoa(int(c.IPPort))
}

// httpMethods are the ones that Berlin Group's PSU-Http-Method takes, and none.
var httpMethods = []string{"", http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

type namedText struct{ name, value string }

func (c PSUContext) texts() []namedText {
	return []namedText{
		{"userAgent", c.UserAgent}, {"accept", c.Accept}, {"acceptCharset", c.AcceptCharset},
		{"acceptEncoding", c.AcceptEncoding}, {"acceptLanguage", c.AcceptLanguage},
		{"httpMethod", c.HTTPMethod}, {"deviceId", c.DeviceID}, {"geoLocation", c.GeoLocation},
		{"referer", c.Referer},
	}
}
