package configuration

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"reflect"
	"slices"
	"strings"
)

var (
	certificateType = reflect.TypeFor[*x509.Certificate]()
	keyType         = reflect.TypeFor[crypto.Signer]()
)

// What a PEM text has to hold.
const (
	aCertificate = "CERTIFICATE"
	aKey         = "PRIVATE KEY"
)

// What is wrong with a text, and the cure. FILE and NEW stand for the names of files.
const (
	notReadable  = "not a readable X.509 certificate"
	issuerFirst  = "an issuer's certificate comes first; cure: your own certificate first, then its issuers"
	severalKeys  = "several private keys; cure: leave the one that belongs to the certificate"
	encryptedKey = "an encrypted private key; cure: openssl pkey -in FILE -out NEW"
	damaged      = "a damaged PEM block; cure: copy it whole, from -----BEGIN to -----END, each line without blanks before it"
	literalBreak = `a PEM text with \n as two characters; cure: real line breaks, or the path of the file`
	oneLine      = "a PEM text without line breaks; cure: keep its lines, or give the path of the file"
	byteOrder    = "a text with a byte order mark; cure: save it as UTF-8 without one"
	utf16Text    = "a text in UTF-16; cure: save it as UTF-8"
	noMarkers    = "base64 without its first and last line; cure: add -----BEGIN ...----- and -----END ...-----"
	publicKey    = "a public key; cure: "
	request      = "a certificate request; cure: "
	pkcs12       = "PKCS#12 (.p12, .pfx); cure: openssl pkcs12 -in FILE -nodes -out NEW"
	pkcs7        = "PKCS#7 (.p7b); cure: openssl pkcs7 -print_certs -in FILE -out NEW, with -inform DER if it is binary"
	keyStore     = "a Java key store; cure: keytool -importkeystore -deststoretype PKCS12, then openssl pkcs12 -nodes"
	derKey       = "a private key in DER; cure: openssl pkey -inform DER -in FILE -out NEW"
	derCert      = "a certificate in DER; cure: openssl x509 -inform DER -in FILE -out NEW"
	derOther     = "binary, perhaps DER; cure: convert it to PEM with openssl"
	sshKey       = "a key of OpenSSH; cure: ssh-keygen -p -m PKCS8 -f FILE"
	trusted      = "a TRUSTED or X509 CERTIFICATE of OpenSSL; cure: openssl x509 -in FILE -out NEW"
)

// parsePEM returns what a PEM text holds, as one of the two types, or what is wrong with the text.
func parsePEM(kind reflect.Type, text []byte) (value any, problem string) {
	if kind == certificateType {
		return parseCertificate(text)
	}
	return parseKey(text)
}

// parseCertificate reads the first certificate of a chain; the others are only there to tell the order.
func parseCertificate(text []byte) (value any, problem string) {
	blocks, problem := blocksOf(text, aCertificate)
	if problem != "" {
		return nil, problem
	}
	first, err := x509.ParseCertificate(blocks[0].Bytes)
	if err != nil {
		return nil, notReadable
	}
	for _, block := range blocks[1:] {
		if other, err := x509.ParseCertificate(block.Bytes); err == nil &&
			bytes.Equal(other.RawIssuer, first.RawSubject) && !bytes.Equal(other.RawSubject, first.RawSubject) {
			return nil, issuerFirst
		}
	}
	return first, ""
}

// parseKey reads the one private key, in PKCS#8, PKCS#1 or SEC 1.
func parseKey(text []byte) (value any, problem string) {
	blocks, problem := blocksOf(text, aKey)
	switch {
	case problem != "":
		return nil, problem
	case len(blocks) > 1:
		return nil, severalKeys
	case blocks[0].Headers["DEK-Info"] != "":
		return nil, encryptedKey
	}
	if value = keyOf(blocks[0].Bytes); value == nil {
		return nil, "not a readable private key"
	}
	if _, ok := value.(crypto.Signer); !ok {
		return nil, "not a key that signs"
	}
	return value, ""
}

func keyOf(der []byte) any {
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key
	}
	if key, err := x509.ParseECPrivateKey(der); err == nil {
		return key
	}
	return nil
}

// blocksOf returns the blocks of a text that hold what is wanted, or what the text is instead, and the cure. It is the one
// place that judges such texts.
func blocksOf(text []byte, wanted string) (found []*pem.Block, problem string) {
	if problem := encodingProblem(text); problem != "" {
		return nil, problem
	}
	var others []string
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		kind := strings.TrimPrefix(strings.TrimPrefix(block.Type, "RSA "), "EC ")
		if others = append(others, kind); kind == wanted {
			found = append(found, block)
		}
	}
	switch {
	case bytes.Count(text, []byte(pemBegin)) > len(others):
		return nil, brokenPEM(text)
	case len(found) > 0:
		return found, ""
	case len(others) > 0:
		return nil, otherBlock(others, wanted)
	}
	return nil, notPEM(text, wanted)
}

// encodingProblem is what keeps a text from being read at all.
func encodingProblem(text []byte) string {
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return "empty"
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")), bytes.Contains(text, []byte("-\x00-\x00")):
		return utf16Text
	case bytes.HasPrefix(text, []byte("\xef\xbb\xbf")):
		return byteOrder
	}
	return ""
}

func brokenPEM(text []byte) string {
	switch {
	case bytes.Contains(text, []byte(`\n`)):
		return literalBreak
	case !bytes.ContainsAny(bytes.TrimSpace(text), "\r\n"):
		return oneLine
	}
	return damaged
}

// otherBlock says what well-formed blocks hold instead of what is wanted.
func otherBlock(kinds []string, wanted string) string {
	use := "use the certificate that was issued for it"
	if wanted == aKey {
		use = "use the private key that belongs to it"
	}
	for _, other := range []struct{ kind, problem string }{
		{"ENCRYPTED PRIVATE KEY", encryptedKey},
		{"OPENSSH PRIVATE KEY", sshKey},
		{"TRUSTED CERTIFICATE", trusted},
		{"X509 CERTIFICATE", trusted},
		{"PKCS7", pkcs7},
		{aKey, "a private key where a certificate is wanted; cure: name the file of the certificate"},
		{"CERTIFICATE REQUEST", request + use},
		{"NEW CERTIFICATE REQUEST", request + use},
		{"PUBLIC KEY", publicKey + use},
		{aCertificate, "a certificate where a private key is wanted; cure: name the file of the key"},
	} {
		if slices.Contains(kinds, other.kind) {
			return other.problem
		}
	}
	return "holds no " + wanted + " in PEM"
}

// notPEM says what a text without PEM blocks is.
func notPEM(text []byte, wanted string) string {
	stripped := bytes.Join(bytes.Fields(text), nil)
	der, err := base64.StdEncoding.DecodeString(string(stripped))
	switch {
	case bytes.HasPrefix(text, []byte("\xfe\xed\xfe\xed")):
		return keyStore
	case isDER(text):
		return binary(text)
	case err == nil && isDER(der):
		return noMarkers
	}
	return "holds no " + wanted + " in PEM"
}

// isDER reports whether a text begins like the structures that certificates and keys are.
func isDER(text []byte) bool {
	return len(text) > 16 && text[0] == 0x30 && (text[1] > 0x80 || int(text[1])+2 == len(text))
}

// binary says what DER holds. A line break at its end, which is part of it, may have been taken for that of a text.
func binary(der []byte) string {
	for _, end := range []string{"", "\n", "\r", "\r\n"} {
		whole := append(slices.Clone(der), end...)
		if _, err := x509.ParseCertificate(whole); err == nil {
			return derCert
		}
		if keyOf(whole) != nil {
			return derKey
		}
	}
	start := der[:min(len(der), 32)]
	switch {
	case bytes.Contains(start, []byte("\x02\x01\x03\x30")): // version 3 at the front
		return pkcs12
	case bytes.Contains(start, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")): // signedData
		return pkcs7
	}
	return derOther
}
