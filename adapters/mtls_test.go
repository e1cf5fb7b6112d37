package adapters_test

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ask makes one call to myPOS, whose documentation asks for a client certificate.
func ask(t *testing.T, server *tlstest.Server, config *tls.Config) ([]adapters.Balance, error) {
	t.Helper()
	client, err := mypos.New(
		mypos.Credentials{AccessToken: "token", APIKey: "key", ConsentID: "3c7816ee-3d51-4bf5-8ced-ece2af35d431"},
		&adapters.Options{BaseURL: server.URL, HTTPClient: adapters.NewHTTPClient(config)})
	require.NoError(t, err)
	return client.Balances(t.Context(), "50044620073", adapters.Unattended())
}

func myPOS(t *testing.T) http.Handler {
	t.Helper()
	document, err := contract.Load("mypos")
	require.NoError(t, err)
	return sandbox.Handler(document)
}

// inModule is a key that shows nothing but crypto.Signer, like one in hardware.
type inModule struct{ crypto.Signer }

func TestClientCertificateIsShown(t *testing.T) {
	t.Parallel()
	root := tlstest.NewAuthority(t)
	pair := root.Issue(t, nil)
	module := pair
	module.PrivateKey = inModule{pair.PrivateKey.(crypto.Signer)}
	for name, config := range map[string]*tls.Config{
		"certificate":     {Certificates: []tls.Certificate{pair}},
		"key in a module": {Certificates: []tls.Certificate{module}},
		"with its chain":  {Certificates: []tls.Certificate{root.Below(t).Issue(t, nil)}},
		"one of two":      {Certificates: []tls.Certificate{tlstest.NewAuthority(t).Issue(t, nil), pair}},
		"when asked": {GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return &pair, nil
		}},
	} {
		config.RootCAs = root.Pool()
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			for _, http2 := range []bool{false, true} {
				t.Run(fmt.Sprint(name, ", ", tls.VersionName(version), ", HTTP/2 ", http2), func(t *testing.T) {
					t.Parallel()
					server := tlstest.Serve(t, root, version, http2, myPOS(t))
					balances, err := ask(t, server, config)
					require.NoError(t, err)
					assert.NotEmpty(t, balances)
					assert.Equal(t, 1, server.Requests())
				})
			}
		}
	}
}

// Each refusal is named after what the server says of it, and is final: one connection and no request.
func TestClientCertificateIsRefused(t *testing.T) {
	t.Parallel()
	root := tlstest.NewAuthority(t)
	good, incomplete := root.Issue(t, nil), root.Below(t).Issue(t, nil)
	incomplete.Certificate = incomplete.Certificate[:1]
	mismatched := good
	mismatched.PrivateKey = root.Issue(t, nil).PrivateKey
	const refused, required = "client certificate not accepted", "client certificate required"
	const nothingInCommon = "TLS handshake failed: the server wants a client certificate, or has only RSA key exchange " +
		"(cure: GODEBUG=tlsrsakex=1) or another cipher that Go has given up" // all that a server says in TLS 1.2
	for name, tc := range map[string]struct {
		shown        *tls.Certificate
		tls12, tls13 string
	}{
		"none":                 {&tls.Certificate{}, nothingInCommon, required},
		"of another authority": {issued(t, tlstest.NewAuthority(t), nil), refused, refused},
		"without its chain":    {&incomplete, refused, refused},
		"expired":              {issued(t, root, tlstest.Expired), refused, refused},
		"not yet valid":        {issued(t, root, tlstest.NotYetValid), refused, refused},
		"for servers only":     {issued(t, root, forServers), refused, refused},
		"key of another":       {&mismatched, refused, refused},
	} {
		for version, want := range map[uint16]string{tls.VersionTLS12: tc.tls12, tls.VersionTLS13: tc.tls13} {
			t.Run(name+", "+tls.VersionName(version), func(t *testing.T) {
				t.Parallel()
				server := tlstest.Serve(t, root, version, false, myPOS(t))
				balances, err := ask(t, server, &tls.Config{
					RootCAs:              root.Pool(),
					GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return tc.shown, nil },
				})
				assert.Empty(t, balances)
				assert.EqualError(t, err, "mypos: get balances: unavailable: "+want)
				assert.ErrorIs(t, err, adapters.ErrUnavailable)
				var alert *net.OpError
				require.True(t, errors.As(err, &alert), "the alert is in the chain")
				assert.Equal(t, "remote error", alert.Op)
				assert.Equal(t, 1, server.Connections())
				assert.Zero(t, server.Requests())
			})
		}
	}
}

func issued(t *testing.T, a *tlstest.Authority, change func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	pair := a.Issue(t, change)
	return &pair
}

func forServers(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
