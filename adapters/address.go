package adapters

import (
	"net/netip"
	"slices"
)

// isPublic reports whether an address is one that a PSU can have on the Internet, or one for documentation. An IPv6
// address that carries an IPv4 address is judged by that.
func isPublic(address netip.Addr) bool {
	inner, carried := carriedIPv4(address)
	switch {
	case !address.IsValid() || address.Zone() != "":
		return false
	case carried:
		return isPublic(inner)
	case address.Is6() && !globalUnicast.Contains(address):
		return false
	}
	within := func(ranges []netip.Prefix) bool {
		return slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(address) })
	}
	return !within(unreachable) || within(reachable) || within(documentation)
}

var (
	globalUnicast = netip.MustParsePrefix("2000::/3")      // IANA has assigned nothing else to hosts
	mapped        = netip.MustParsePrefix("::ffff:0:0/96") // RFC 4291
	translated    = netip.MustParsePrefix("64:ff9b::/96")  // RFC 6052, NAT64
	sixToFour     = netip.MustParsePrefix("2002::/16")     // RFC 3056
)

// carriedIPv4 returns the IPv4 address of the host that an IPv6 address stands for.
func carriedIPv4(address netip.Addr) (netip.Addr, bool) {
	all := address.As16()
	switch {
	case !address.Is6():
	case mapped.Contains(address), translated.Contains(address):
		return netip.AddrFrom4([4]byte(all[12:])), true
	case sixToFour.Contains(address):
		return netip.AddrFrom4([4]byte(all[2:6])), true
	}
	return netip.Addr{}, false
}

// Sources: IANA IPv4 Special-Purpose Address Registry, https://www.iana.org/assignments/iana-ipv4-special-registry, and
// IANA IPv6 Special-Purpose Address Registry, https://www.iana.org/assignments/iana-ipv6-special-registry, with their
// column "Globally Reachable"; multicast after the registries of both address spaces. As of 2025-10-09.
var (
	// unreachable is what the column calls False or, as for Teredo and the old 6to4 relays, N/A.
	unreachable = prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "3fff::/20",
	)
	// reachable is what it calls True within these.
	reachable = prefixes(
		"192.0.0.9/32", "192.0.0.10/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:3::/32",
		"2001:4:112::/48", "2001:20::/28", "2001:30::/28",
	)
	// documentation is what RFC 5737, RFC 3849 and RFC 9637 set aside for examples.
	documentation = prefixes("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20")
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}
