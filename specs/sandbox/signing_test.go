package sandbox_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/spectest"
)

// signer is a QSeal certificate with its key. It spells the rules of the documents out once more instead of using the
// package that the sandbox verifies with.
type signer struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

const serial = 0xa4f1

var signers = sync.OnceValue(func() (all [2]signer) {
	for i := range all {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "SECRET"}, NotAfter: time.Now().Add(time.Hour),
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			panic(err)
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			panic(err)
		}
		all[i] = signer{certificate, key}
	}
	return all
})

// value returns the Signature header over the named headers.
func (s signer) value(t *testing.T, header http.Header, keyID string, names ...string) string {
	t.Helper()
	var lines []string
	for _, name := range names {
		lines = append(lines, name+": "+header.Get(name))
	}
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	signature, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	require.NoError(t, err)
	return fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="%s",signature="%s"`,
		keyID, strings.Join(names, " "), base64.StdEncoding.EncodeToString(signature))
}

const goodKeyID = "SN=A4F1,CA=CN=SECRET"

// sign signs those of the names that the request has.
func (s signer) sign(t *testing.T, req *http.Request, names ...string) {
	t.Helper()
	var present []string
	for _, name := range names {
		if req.Header.Get(name) != "" {
			present = append(present, name)
		}
	}
	req.Header.Set("TPP-Signature-Certificate", base64.StdEncoding.EncodeToString(s.certificate.Raw))
	req.Header.Set("Signature", s.value(t, req.Header, goodKeyID, present...))
}

func digest(body string) string {
	sum := sha256.Sum256([]byte(body))
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

// signBody signs the body that a request has now.
func signBody(t *testing.T, req *http.Request, signature *contract.Signature) {
	t.Helper()
	body, err := io.ReadAll(req.Body)
	require.NoError(t, err)
	setBody(req, string(body))
	sum := sha256.Sum256([]byte(base64.StdEncoding.EncodeToString(body) + signature.Key))
	req.Header.Set(signature.Header, fmt.Sprintf("%x", sum))
}

var setBody = spectest.SetBody

// eika is a request that is signed as the document says, with everything that can be covered.
func eika(t *testing.T, b bank) *http.Request {
	t.Helper()
	req := b.request(t, "getBalances", "enc!!bmVnYXRpdmVBbW91bnQ=")
	req.Header.Set("Digest", digest(""))
	signers()[0].sign(t, req, "date", "digest", "x-request-id", "psu-id", "psu-corporate-id", "tpp-redirect-uri")
	return req
}
