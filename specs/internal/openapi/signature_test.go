package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/spectest"
)

// Parse names what nobody could verify.
func TestSignaturesThatAreRefused(t *testing.T) {
	t.Parallel()
	const (
		eika, osv   = "eika", "onesingleview"
		kind        = "kind: cavage"
		certificate = "certificate: TPP-Signature-Certificate"
		covered     = "covered: [date, digest, x-request-id, psu-id, psu-corporate-id, tpp-redirect-uri]"
		noLinks     = "refusal: noLinks"
		key         = "key: signatureKey"
		extension   = "x-sandbox-signature:\n            kind: bodyHash"
		path        = "- name: id\n"
		header      = "      name: PSU-ID\n"
		another     = "          x-sandbox-signature: {refusal: noLinks}\n"
		outer       = "      x-sandbox-signature: {refusal: noLinks}\n"
		badRefusal  = "refusal is not an error example of the operation"
		badHeader   = "certificate is not a header of the operation"
		badKey      = "key is not in x-sandbox-credentials"
	)
	for name, fault := range map[string]struct{ provider, old, new, want string }{
		"unknown kind":       {eika, kind, "kind: rfc9421", "x-sandbox-signature of Signature: unknown kind"},
		"no kind":            {eika, kind, "", "unknown kind"},
		"unknown member":     {eika, noLinks, noLinks + "\n        salt: x", `unknown field "salt"`},
		"not an object":      {osv, extension, "x-sandbox-signature: yes\n          x-other:", "cannot unmarshal"},
		"no refusal":         {eika, noLinks, "", badRefusal},
		"refusal is a 200":   {osv, "refusal: tokenUnauthorized", "refusal: token", badRefusal},
		"refusal of another": {osv, "refusal: tokenUnauthorized", "refusal: unauthorized", "getToken: x-sandbox-signature of"},
		"no such header":     {eika, certificate, "certificate: Certificate", badHeader},
		"certificate a path": {eika, certificate, "certificate: id", badHeader},
		"nothing covered":    {eika, covered, "", "covered is missing"},
		"no such key":        {osv, key, "key: otherKey", badKey},
		"no key":             {osv, key, "", badKey},
		"not a header":       {eika, path, path + another, "x-sandbox-signature of id: not a header"},
		"two":                {eika, header, header + outer, "the operation has another signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := spectest.Planted(t, spectest.Text(t, fault.provider), fault.old, fault.new)
			_, err := contract.Parse(fault.provider, []byte(text))
			require.ErrorContains(t, err, fault.want)
		})
	}
}
