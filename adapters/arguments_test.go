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
	for _, address := range []string{"203.0.113.7", "2001:db8::7", "::ffff:203.0.113.7"} {
		assert.NoError(t, attended(address).Validate(), address)
	}
	for _, address := range []string{"10.0.0.1", "192.168.1.1", "172.16.0.1", "127.0.0.1", "0.0.0.0", "255.255.255.255", "169.254.1.1", "224.0.0.1",
		"::1", "::", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "2001:db8::7%1"} {
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
