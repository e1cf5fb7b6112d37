package adapters_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
)

func TestValidateAccountID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"50044620073", "enc!!aI55HS7YpeXJhHqCXFPEGfF992bjRx2Gw==", "a:8DbPteGnytmMbKXd:5zKcENpV", "...", "U2Jhbmtlbg/+x==",
		"a/b", "/a", "a//b", "a?b", "a#b", "a%2Fb", "a%b", "a;b", `a\b`, "a b", "a..b", "a/...", strings.Repeat("a", 512)} {
		assert.NoError(t, adapters.ValidateAccountID(id), id)
	}
	for _, id := range []string{"", ".", "..", "../a", "a/..", "a/./b", `a\..\b`, "..;a/b", "a/..;b", "%2e%2e", "a%2F..", "%252e%252e/a", " a", "a ", "a\r\nb", "a\x00", "\u00e5", "a\u202eb", strings.Repeat("a", 513)} {
		err := adapters.ValidateAccountID(id)
		assert.ErrorIs(t, err, adapters.ErrInvalidArgument, "%q", id)
		if len(id) > 2 {
			assert.NotContains(t, err.Error(), id)
		}
	}
}

func TestPSUMustBeDeclaredAndPublic(t *testing.T) {
	t.Parallel()
	assert.NoError(t, adapters.Unattended().Validate())
	assert.EqualError(t, adapters.PSU{}.Validate(), "invalid_argument: psu: neither attended nor unattended")
	for _, address := range strings.Fields("8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.0 172.32.0.1 192.0.0.9 192.0.0.10 192.31.196.1 192.52.193.1 " +
		"192.175.48.1 198.17.255.255 198.20.0.0 223.255.255.255 2001:1::1 2001:1::3 2001:3::1 2001:4:112::1 2001:20::1 2001:3f:ffff::1 " +
		"2001:200::1 2001:4860:4860::8888 2620:4f:8000::1 2a00::1 3ffe:ffff::1 64:ff9b::8.8.8.8 2002:808:808::1 ::ffff:8.8.8.8 " +
		"192.0.2.7 198.51.100.7 203.0.113.7 2001:db8::7 3fff::7 ::ffff:203.0.113.7") {
		assert.NoError(t, attended(address).Validate(), address)
	}
	for _, address := range strings.Fields("0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.0 100.115.92.7 100.127.255.255 127.0.0.1 169.254.1.1 172.16.0.1 " +
		"172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.170 192.88.99.1 192.88.99.2 192.168.1.1 198.18.0.1 198.19.255.255 224.0.0.1 " +
		"239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::10.0.0.1 ::8.8.8.8 ::ffff:10.0.0.1 ::ffff:100.64.0.1 64:ff9b::10.0.0.1 " +
		"64:ff9b:1::8.8.8.8 100::1 100:0:0:1::1 2001::1 2001:2::1 2001:10::1 2001:1::4 2001:4:113::1 2002:a00:1::1 2002:6440:1::1 " +
		"4000::1 5f00::1 8000::1 fc00::1 fd00::1 fe80::1 fec0::1 ff02::1 fe80::1%eth0 2001:db8::7%1 2a00::1%1 ::ffff:8.8.8.8%1") {
		assert.ErrorIs(t, attended(address).Validate(), adapters.ErrInvalidArgument, address)
	}
	assert.Error(t, adapters.Attended(adapters.PSUContext{}).Validate())
}

func TestPSUTextsMustBeHeaders(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a\r\nb", " a", "\u00e5", "a\x00"} {
		psu := adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr("203.0.113.7"), UserAgent: text})
		assert.ErrorContains(t, psu.Validate(), "psu.userAgent")
	}
}

func attended(address string) adapters.PSU {
	return adapters.Attended(adapters.PSUContext{IPAddress: netip.MustParseAddr(address)})
}
