package adaptertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// authority issues the certificates of one test. It is a root of its own or, with a chain, an intermediate.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	chain       [][]byte // of the intermediates, this one first
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, template := newKey(t), newTemplate()
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	return &authority{certificate: create(t, template, template, key, key), key: key}
}

// intermediate returns an authority below a.
func (a *authority) intermediate(t *testing.T) *authority {
	t.Helper()
	key, template := newKey(t), newTemplate()
	template.Subject.CommonName = "Intermediate"
	template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	certificate := create(t, template, a.certificate, key, a.key)
	return &authority{certificate, key, append([][]byte{certificate.Raw}, a.chain...)}
}

// issue returns a certificate for servers on 127.0.0.1 and for clients, with the changes.
func (a *authority) issue(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, template := newKey(t), newTemplate()
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	if change != nil {
		change(template)
	}
	leaf := create(t, template, a.certificate, key, a.key)
	return tls.Certificate{Certificate: append([][]byte{leaf.Raw}, a.chain...), PrivateKey: key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// trusted is the configuration of a client that trusts a and shows the certificates.
func (a *authority) trusted(certificates ...tls.Certificate) *tls.Config {
	return &tls.Config{RootCAs: a.pool(), Certificates: certificates}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

func newTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test"}, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
}

func create(t *testing.T, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return certificate
}

// tlsServer counts the connections that were made to it.
type tlsServer struct {
	address     string
	connections atomic.Int32
}

func serveTLS(t *testing.T, handler http.Handler, config *tls.Config) *tlsServer {
	t.Helper()
	counted := &tlsServer{}
	server := httptest.NewUnstartedServer(http.StripPrefix(basePath, handler))
	server.TLS = config.Clone()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnState = func(conn net.Conn, state http.ConnState) {
		freePort(conn, state)
		if state == http.StateNew {
			counted.connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	counted.address = server.URL + basePath
	return counted
}
