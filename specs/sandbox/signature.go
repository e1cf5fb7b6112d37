package sandbox

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/openbalances/openbalances/specs/internal/openapi"
)

// badSignature is the kind of what verify finds.
const badSignature = "bad signature"

func bad(header, rule string) error {
	return &openapi.Error{Kind: badSignature, Part: "header " + header, Rule: rule}
}

// verify checks the signature of a request that is otherwise valid. The body can be read again afterwards.
func (s *server) verify(r *http.Request, op *openapi3.Operation) error {
	signature := s.doc.Signature(op.OperationID)
	if signature == nil || s.anySignature {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if signature.Kind == openapi.BodyHashSignature {
		return verifyBodyHash(signature, r, body)
	}
	return verifyCavage(signature, r, body)
}

func verifyBodyHash(signature *openapi.Signature, r *http.Request, body []byte) error {
	sum := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString(body) + signature.Key))
	if r.Header.Get(signature.Header) != hex.EncodeToString(sum[:]) {
		return bad(signature.Header, "not that of the body")
	}
	return nil
}

func verifyCavage(signature *openapi.Signature, r *http.Request, body []byte) error {
	certificate, err := readCertificate(r.Header.Get(signature.Certificate))
	if err != nil {
		return bad(signature.Certificate, "not a certificate")
	}
	value := r.Header.Get(signature.Header)
	if !namesSerial(value, certificate.SerialNumber) {
		return bad(signature.Header, "keyId does not name the certificate")
	}
	covered, err := httpsig.Verify(r, value, certificate.PublicKey)
	if err != nil {
		return bad(signature.Header, strings.TrimPrefix(err.Error(), "httpsig: "))
	}
	for _, name := range signature.Covered {
		if len(r.Header.Values(name)) > 0 && !slices.Contains(covered, name) {
			return bad(signature.Header, name+" is not covered")
		}
	}
	return checkDigest(signature, r.Header.Values("Digest"), body)
}

// checkDigest checks the link between a signature of headers and the body. Without a body the header may be missing.
func checkDigest(signature *openapi.Signature, sent []string, body []byte) error {
	digested := slices.Contains(signature.Covered, "digest")
	switch {
	case !digested || len(sent) == 0 && len(body) == 0:
		return nil
	case len(sent) == 1 && sent[0] == httpsig.Digest(body):
		return nil
	}
	return bad("Digest", "not the SHA-256 of the body")
}

func readCertificate(text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// namesSerial tells whether the key id is SN=<serial in hexadecimal>,CA=<issuer>. The issuer is not compared: banks
// differ in how they write it.
func namesSerial(value string, serial *big.Int) bool {
	keyID, err := httpsig.ReadKeyID(value)
	named, issuer, _ := strings.Cut(keyID, ",CA=")
	digits, ok := strings.CutPrefix(named, "SN=")
	return err == nil && ok && issuer != "" && strings.EqualFold(strings.TrimLeft(digits, "0"), serial.Text(16))
}
