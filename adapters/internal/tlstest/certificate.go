// Package tlstest makes certificates, and servers on loopback that demand one of the client, for tests of mutual TLS.
package tlstest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Authority issues certificates. It is a root of its own, or stands below one.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	chain       [][]byte // of the authorities below the root, this one first
}

// NewAuthority returns a root that nobody else knows.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	key, template := ECKey(t), newTemplate("Root "+rand.Text()) // clients choose by name
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	return &Authority{certificate: create(t, template, template, key, key), key: key}
}

// Below returns an authority that a has certified, with the changes.
func (a *Authority) Below(t testing.TB, changes ...func(*x509.Certificate)) *Authority {
	t.Helper()
	key, template := ECKey(t), newTemplate("Intermediate")
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	for _, change := range changes {
		change(template)
	}
	certificate := create(t, template, a.certificate, key, a.key)
	return &Authority{certificate, key, append([][]byte{certificate.Raw}, a.chain...)}
}

// Issue returns a certificate for servers on 127.0.0.1 and for clients, valid for an hour before and after now, with
// the change if there is one.
func (a *Authority) Issue(t testing.TB, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, template := ECKey(t), newTemplate("Leaf")
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	if change != nil {
		change(template)
	}
	leaf := create(t, template, a.certificate, key, a.key)
	return tls.Certificate{Certificate: append([][]byte{leaf.Raw}, a.chain...), PrivateKey: key}
}

// RSAKey returns a key of 2048 bits. It belongs to no test: it takes a while to make one, so tests share it.
func RSAKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// Seal returns a certificate that signs, which names its own holder as issuer, and its [RSAKey].
func Seal(name string) (*x509.Certificate, *rsa.PrivateKey) {
	key, template := RSAKey(), newTemplate(name)
	template.SerialNumber = big.NewInt(0x4a3b)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return certificate, key
}

// SigningPair is an RSA key with a certificate that it has signed itself.
func SigningPair() tls.Certificate {
	certificate, key := Seal("Signing")
	return tls.Certificate{Certificate: [][]byte{certificate.Raw}, PrivateKey: key}
}

// Expired and NotYetValid are changes for Issue.
func Expired(c *x509.Certificate)     { c.NotAfter = time.Now().Add(-time.Minute) }
func NotYetValid(c *x509.Certificate) { c.NotBefore = time.Now().Add(30 * time.Minute) }

// Pool holds the authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Trusted is the configuration of a client that trusts servers of the authority and shows the certificates.
func (a *Authority) Trusted(certificates ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: a.Pool(), Certificates: certificates}
}

// PEM is the authority's certificate.
func (a *Authority) PEM() string { return block("CERTIFICATE", a.certificate.Raw) }

// PEM returns a certificate with its chain, and its key.
func PEM(t testing.TB, pair tls.Certificate) (certificate, key string) {
	t.Helper()
	for _, der := range pair.Certificate {
		certificate += block("CERTIFICATE", der)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	return certificate, block("PRIVATE KEY", der)
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// ECKey returns a key on the curve P-256.
func ECKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func newTemplate(name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}

func create(t testing.TB, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return certificate
}
