package httpsig_test

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

var (
	oidCN     = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSerial = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidC      = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidO      = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOrgID  = asn1.ObjectIdentifier{2, 5, 4, 97}
	oidUID    = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
	oidDC     = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}
)

type rdn = pkix.RelativeDistinguishedNameSET

func part(oid asn1.ObjectIdentifier, value any) rdn { return rdn{{Type: oid, Value: value}} }

// utf8String keeps its type where Go alone would write a PrintableString.
func utf8String(s string) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(s)}
}

// issuedBy makes a real certificate, so that the tests see what a parser sees.
func issuedBy(t *testing.T, serial *big.Int, parts ...rdn) *x509.Certificate {
	t.Helper()
	name, err := asn1.Marshal(pkix.RDNSequence(parts))
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: serial, NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{RawSubject: name}, testKey().Public(), testKey())
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return cert
}

func TestKeyIDIssuer(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		parts []rdn
		want  string // empty: refused
	}{
		{"last part first", []rdn{part(oidC, "NO"), part(oidO, "Bank"), part(oidCN, "CA 1")}, "CN=CA 1,O=Bank,C=NO"},
		{"comma", []rdn{part(oidO, "Bank, AS")}, `O=Bank\, AS`},
		{"special characters", []rdn{part(oidO, `#a+b\c<d>e;f#g=h `)}, `O=\#a\+b\\c\<d\>e\;f\#g\=h\ `},
		{"blanks around", []rdn{part(oidO, "  a b ")}, `O=\ \ a b\ `},
		{"blanks only", []rdn{part(oidO, "  ")}, `O=\ \ `},
		{"UTF-8", []rdn{part(oidO, "Sparebanken Sør")}, "O=Sparebanken Sør"},
		{"number with UTF8String", []rdn{part(oidCN, "CA"), part(oidOrgID, utf8String("PSDNO-FSA-1"))}, "2.5.4.97=#0c0b" + "5053444e4f2d4653412d31" + ",CN=CA"},
		{"number with PrintableString", []rdn{part(oidOrgID, "PSDNO-FSA-1")}, "2.5.4.97=#130b" + "5053444e4f2d4653412d31"},
		{"number with UTF-8", []rdn{part(oidOrgID, "Ø")}, "2.5.4.97=#0c02c398"},
		{"a quote inside the hexadecimal form", []rdn{part(oidOrgID, `"`)}, "2.5.4.97=#0c0122"},
		{"no keyword in RFC 2253", []rdn{part(oidSerial, "7")}, "2.5.4.5=#130137"},
		{"keywords that Go lacks", []rdn{part(oidDC, "example"), part(oidUID, "x,y")}, `UID=x\,y,DC=example`},
		{"two in one part", []rdn{{{Type: oidO, Value: "Bank"}, {Type: oidCN, Value: "CA"}}, part(oidC, "NO")}, "C=NO,CN=CA+O=Bank"},
		{"quote", []rdn{part(oidO, `The "Bank"`)}, ""},
		{"line", []rdn{part(oidO, "Bank\r\nX: y")}, ""},
		{"NUL", []rdn{part(oidO, "Bank\x00")}, ""},
		{"no issuer", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			keyID, err := httpsig.KeyID(issuedBy(t, big.NewInt(0xA4), c.parts...), "")
			if c.want == "" {
				require.Error(t, err)
				assertQuiet(t, err, "Bank")
				assert.Empty(t, keyID)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "SN=A4,CA="+c.want, keyID)
		})
	}
}

func TestKeyIDOverride(t *testing.T) {
	t.Parallel()
	cert := issuedBy(t, big.NewInt(10), part(oidO, `The "Bank"`))
	for _, issuer := range []string{"CN=CA, O=Bank", `organizationIdentifier=NTRNO-1,O=Bank\, AS`, " O=Sør ", "#"} {
		keyID, err := httpsig.KeyID(cert, issuer)
		require.NoError(t, err)
		assert.Equal(t, "SN=A,CA="+issuer, keyID)
	}
	for _, issuer := range []string{
		`CN="Bank"`, "CN=Bank\r", "CN=Bank\n", "CN=Bank\t", "CN=Bank\x00", "CN=Bank\x7f", "CN=Bank\u0085", "CN=Bank\xff",
		"CN=Bank" + strings.Repeat("x", 2048),
	} {
		keyID, err := httpsig.KeyID(cert, issuer)
		require.Error(t, err, "%q", issuer)
		assertQuiet(t, err, "Bank")
		assert.Empty(t, keyID)
	}
}

func TestKeyIDRefusesTheCertificate(t *testing.T) {
	t.Parallel()
	issuer := eikaCertificate(t).RawIssuer
	for name, cert := range map[string]*x509.Certificate{
		"nil":             nil,
		"empty":           {},
		"template":        {SerialNumber: big.NewInt(1), RawIssuer: issuer},
		"no serial":       {Raw: []byte{1}, RawIssuer: issuer},
		"negative serial": {Raw: []byte{1}, RawIssuer: issuer, SerialNumber: big.NewInt(-1)},
		"broken issuer":   {Raw: []byte{1}, RawIssuer: issuer[:len(issuer)-1], SerialNumber: big.NewInt(1)},
		"trailing byte":   {Raw: []byte{1}, RawIssuer: append(slices.Clip(issuer), 0), SerialNumber: big.NewInt(1)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := httpsig.KeyID(cert, "")
			require.ErrorContains(t, err, "certificate")
			assertQuiet(t, err)
		})
	}
}

// A value that is no text, or broken text, goes out as DER.
func TestKeyIDOddValues(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]asn1.RawValue{
		"2.5.4.3=#020107":   {Tag: asn1.TagInteger, Bytes: []byte{7}},
		"2.5.4.3=#0c02c328": {Tag: asn1.TagUTF8String, Bytes: []byte{0xc3, 0x28}},
	} {
		der, err := asn1.Marshal(pkix.RDNSequence{part(oidCN, value)})
		require.NoError(t, err)
		keyID, err := httpsig.KeyID(&x509.Certificate{Raw: []byte{1}, SerialNumber: big.NewInt(1), RawIssuer: der}, "")
		require.NoError(t, err)
		assert.Equal(t, "SN=1,CA="+want, keyID)
	}
}

func TestCheckPair(t *testing.T) {
	t.Parallel()
	cert := issuedBy(t, big.NewInt(1), part(oidCN, "CA"))
	require.NoError(t, httpsig.CheckPair(cert, testKey()))
	other := tlstest.RSAKey()
	require.ErrorContains(t, httpsig.CheckPair(cert, other), "does not belong")
	curve := tlstest.ECKey(t)
	require.ErrorContains(t, httpsig.CheckPair(cert, curve), "RSA")
	require.ErrorContains(t, httpsig.CheckPair(cert, nil), "no signing key")
	require.ErrorContains(t, httpsig.CheckPair(nil, testKey()), "certificate")
}
