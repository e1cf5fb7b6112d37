package sandbox_test

import (
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

	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/internal/spectest"
)

// signer is a QSeal certificate with its key. That signatures are right is proven in package httpsig.
type signer struct {
	certificate *x509.Certificate
	key         *rsa.PrivateKey
}

var signers = sync.OnceValue(func() (all [2]signer) {
	for i := range all {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		template := &x509.Certificate{
			SerialNumber: big.NewInt(0xa4f1), Subject: pkix.Name{CommonName: "SECRET"}, NotAfter: time.Now().Add(time.Hour),
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

const (
	goodKeyID  = "SN=A4F1,CA=CN=SECRET"
	everything = "date digest x-request-id psu-id psu-corporate-id tpp-redirect-uri"
)

// sign signs those of the names that the request has.
func sign(t *testing.T, req *http.Request, keyID, names string) {
	t.Helper()
	own := signers()[0]
	signer, err := httpsig.New(own.key, keyID, &httpsig.Options{Headers: strings.Fields(names)})
	require.NoError(t, err)
	req.Header.Set("TPP-Signature-Certificate", httpsig.Certificate(own.certificate))
	require.NoError(t, signer.Sign(req))
}

func digest(body string) string { return httpsig.Digest([]byte(body)) }

// signBody signs the body that a request has now.
func signBody(t *testing.T, req *http.Request, signature *openapi.Signature) {
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
	sign(t, req, goodKeyID, everything)
	return req
}
