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
	context  *PSUContext
	declared bool
}

// PSUContext is what the PSU's own request to the caller told about the PSU. IPAddress is required and must be the
// user's public address; the rest is forwarded where the provider takes it and left out where empty.
type PSUContext struct {
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
}

// Format says whether the PSU is present, and nothing of the context, whatever the verb.
func (p PSU) Format(state fmt.State, _ rune) {
	text := map[bool]string{true: "unattended", false: "undeclared"}[p.declared]
	if p.context != nil {
		text = "attended"
	}
	_, _ = io.WriteString(state, "PSU["+text+"]")
}

// Format writes nothing of the context, whatever the verb.
func (PSUContext) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, "PSUContext[personal]")
}

// Attended says that the PSU is present and asks for the data now.
func Attended(context PSUContext) PSU {
	context.IPAddress = context.IPAddress.Unmap()
	return PSU{context: &context, declared: true}
}

// Unattended says that nobody is present: the call counts against the daily allowance.
func Unattended() PSU { return PSU{declared: true} }

// Context returns the PSU's context, and whether the PSU is present.
func (p PSU) Context() (PSUContext, bool) {
	if p.context == nil {
		return PSUContext{}, false
	}
	return *p.context, true
}

// Validate returns an [ErrInvalidArgument] if the PSU is undeclared, if the address is not a public one, or if a
// text cannot be sent as a header.
func (p PSU) Validate() error {
	if !p.declared {
		return invalid("psu", "neither attended nor unattended")
	}
	if p.context == nil {
		return nil
	}
	if !public(p.context.IPAddress) {
		return invalid("psu.ipAddress", "not a public IP address")
	}
	if !slices.Contains(httpMethods, p.context.HTTPMethod) {
		return invalid("psu.httpMethod", "not GET, POST, PUT, PATCH or DELETE")
	}
	for _, text := range p.context.texts() {
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
	}
}

func public(address netip.Addr) bool {
	return address.IsGlobalUnicast() && !address.IsPrivate() && address.Zone() == ""
}
