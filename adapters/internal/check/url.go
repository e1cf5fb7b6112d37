package check

import (
	"net/netip"
	"net/url"
	"strings"
)

// URL returns what keeps a request from going to address, or "" if nothing does: https goes anywhere, http to
// loopback hosts only.
func URL(address *url.URL) string {
	switch {
	case address.Hostname() == "":
		return "no host"
	case address.Scheme == "https", address.Scheme == "http" && loopback(address.Hostname()):
		return ""
	case address.Scheme == "http":
		return "http is for loopback hosts only, use https"
	}
	return "neither https nor http"
}

// BaseURL returns what keeps text from being the address under which a provider is reached, or "" if nothing does.
func BaseURL(text string) string {
	address, err := url.Parse(text)
	if err != nil {
		return "not a URL"
	}
	if address.User != nil || address.RawQuery != "" || address.ForceQuery || strings.Contains(text, "#") {
		return "has more than host and path"
	}
	return URL(address)
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
