package traffic

import (
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// places returns where the paths of a document begin: at base, else at each server that the document names.
func places(base string, servers openapi3.Servers) openapi3.Servers {
	switch {
	case base != "":
		if u, err := url.Parse(base); err == nil {
			base = origin(u) + u.EscapedPath()
		}
		return openapi3.Servers{{URL: base}}
	case len(servers) == 0:
		return openapi3.Servers{{URL: "/"}} // as OpenAPI says
	}
	return servers
}

func origin(u *url.URL) string { return strings.ToLower(u.Scheme + "://" + u.Host) }

// relative returns an address as the document writes it, without host and base path; nil if it is under no place. A
// place without host stands for any host.
func relative(places openapi3.Servers, address *url.URL) *url.URL {
	for _, place := range places {
		text := address.EscapedPath()
		if !strings.HasPrefix(place.URL, "/") {
			text = origin(address) + text
		}
		_, rest, under := place.MatchRawURL(text)
		path, err := url.PathUnescape(rest)
		if under && err == nil {
			return &url.URL{Path: path, RawPath: rest, RawQuery: address.RawQuery}
		}
	}
	return nil
}
