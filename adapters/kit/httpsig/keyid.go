package httpsig

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxKeyID = 2 << 10

// keywords are the attribute names of RFC 2253, section 2.3. Every other
// attribute is written by number, with its DER in hexadecimal.
var keywords = map[string]string{
	"2.5.4.3":                    "CN",
	"2.5.4.6":                    "C",
	"2.5.4.7":                    "L",
	"2.5.4.8":                    "ST",
	"2.5.4.9":                    "STREET",
	"2.5.4.10":                   "O",
	"2.5.4.11":                   "OU",
	"0.9.2342.19200300.100.1.1":  "UID",
	"0.9.2342.19200300.100.1.25": "DC",
}

// KeyID returns Berlin Group's key id, SN=<serial>,CA=<issuer>: the serial as an
// upper-case hexadecimal number, so without leading zeros, and the issuer after
// RFC 2253 as Java's X500Principal writes it, which is the form of Eika's sample.
// issuer, unless empty, replaces the issuer text, character for character.
func KeyID(cert *x509.Certificate, issuer string) (string, error) {
	if err := checkCertificate(cert); err != nil {
		return "", err
	}
	if issuer == "" {
		var err error
		if issuer, err = issuerText(cert.RawIssuer); err != nil {
			return "", err
		}
	}
	if err := checkText("issuer", issuer); err != nil {
		return "", err
	}
	return fmt.Sprintf("SN=%X,CA=%s", cert.SerialNumber, issuer), nil
}

// Certificate returns the value of the TPP-Signature-Certificate header: the DER
// in base64 on one line. The certificate must have been parsed.
func Certificate(cert *x509.Certificate) string {
	return base64.StdEncoding.EncodeToString(cert.Raw)
}

// CheckPair returns an error unless key belongs to cert.
func CheckPair(cert *x509.Certificate, key crypto.Signer) error {
	if err := checkCertificate(cert); err != nil {
		return err
	}
	public, err := PublicKey(key)
	if err != nil {
		return err
	}
	if !public.Equal(cert.PublicKey) {
		return errors.New("httpsig: the signing key does not belong to the certificate")
	}
	return nil
}

func checkCertificate(cert *x509.Certificate) error {
	if cert == nil || len(cert.Raw) == 0 || cert.SerialNumber == nil || cert.SerialNumber.Sign() < 0 {
		return errors.New("httpsig: no parsed certificate with a serial number")
	}
	return nil
}

// attribute keeps the DER of its value. pkix.RDNSequence forgets the string type:
// it prints an organizationIdentifier of type UTF8String, #0c..., as #13...
type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

type attributeSET []attribute // encoding/asn1 goes by the name's ending

// issuerText writes the last part first, as RFC 2253 has it.
func issuerText(der []byte) (string, error) {
	var sets []attributeSET
	rest, err := asn1.Unmarshal(der, &sets)
	if err != nil || len(rest) > 0 {
		return "", errors.New("httpsig: the certificate has no readable issuer")
	}
	parts := make([]string, len(sets))
	for i, set := range sets {
		texts := make([]string, len(set))
		for j, a := range set {
			texts[j] = a.text()
		}
		parts[len(sets)-1-i] = strings.Join(texts, "+")
	}
	return strings.Join(parts, ","), nil
}

func (a attribute) text() string {
	var value any
	keyword, known := keywords[a.Type.String()]
	_, err := asn1.Unmarshal(a.Value.FullBytes, &value)
	if text, ok := value.(string); ok && known && err == nil {
		return keyword + "=" + escape(text)
	}
	return a.Type.String() + "=#" + hex.EncodeToString(a.Value.FullBytes)
}

// escape goes by the grammar of RFC 2253, which has = and # among the special
// characters. Its prose does not; neither does pkix, but X500Principal does.
func escape(value string) string {
	first := len(value) - len(strings.TrimLeft(value, " "))
	end := len(strings.TrimRight(value, " "))
	var text strings.Builder
	for i, r := range value {
		if i < first || i >= end || strings.ContainsRune(`,=+<>#;"\`, r) {
			text.WriteByte('\\')
		}
		text.WriteRune(r)
	}
	return text.String()
}

// checkText refuses what would end the keyId parameter or the header.
func checkText(what, text string) error {
	unfit := func(r rune) bool { return r == '"' || unicode.IsControl(r) }
	switch {
	case text == "":
		return fmt.Errorf("httpsig: the %s is empty", what)
	case len(text) > maxKeyID:
		return fmt.Errorf("httpsig: the %s is longer than %d bytes", what, maxKeyID)
	case !utf8.ValidString(text):
		return fmt.Errorf("httpsig: the %s is not UTF-8", what)
	case strings.ContainsFunc(text, unfit):
		return fmt.Errorf("httpsig: the %s holds a double quote or a control character", what)
	}
	return nil
}
