package configuration

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
)

const maxRoots = 1 << 20

// TLS names PEM files: what the connection shows to the server, and which servers it believes.
type TLS struct {
	ClientCert string `json:"clientCert,omitempty"`
	ClientKey  string `json:"clientKey,omitempty"`
	RootCAs    string `json:"rootCAs,omitempty" jsonschema:"instead of the system's"`
}

// client returns the HTTP client with the entry's certificates, nil for the default one.
func (o *opener) client(e *TLS, opened *Connection) (*http.Client, []string) {
	if e == nil {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	problems := append(e.addClientCertificate(config, o.values, opened), e.addRoots(config, o.values)...)
	if len(problems) > 0 {
		return nil, problems
	}
	return adapters.NewHTTPClient(config), nil
}

func (e *TLS) addClientCertificate(config *tls.Config, read *values, opened *Connection) []string {
	switch {
	case e.ClientCert == "" && e.ClientKey == "":
		return nil
	case e.ClientCert == "":
		return []string{"tls.clientCert: missing beside clientKey"}
	case e.ClientKey == "":
		return []string{"tls.clientKey: missing beside clientCert"}
	}
	certificate, certificateErr := read.file(e.ClientCert)
	key, keyErr := read.secretFile(e.ClientKey)
	switch {
	case certificateErr != nil:
		return []string{"tls.clientCert: " + certificateErr.Error()}
	case keyErr != nil:
		return []string{"tls.clientKey: " + keyErr.Error()}
	}
	parsed, certificateProblem := parseCertificate(certificate)
	_, keyProblem := parseKey(key)
	switch {
	case certificateProblem != "":
		return []string{"tls.clientCert: " + certificateProblem}
	case keyProblem != "":
		return []string{"tls.clientKey: " + keyProblem}
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return []string{"tls.clientCert: not a PEM certificate that belongs to the PEM key in clientKey; cure: the pair of one order, your own certificate first"}
	}
	config.Certificates = []tls.Certificate{pair}
	opened.Certificates["tls.clientCert"] = parsed.(*x509.Certificate)
	return nil
}

func (e *TLS) addRoots(config *tls.Config, read *values) []string {
	if e.RootCAs == "" {
		return nil
	}
	data, err := readFile(read.within(e.RootCAs), maxRoots)
	if err != nil {
		return []string{"tls.rootCAs: " + err.Error()}
	}
	_, problem := blocksOf(data, aCertificate)
	config.RootCAs = x509.NewCertPool()
	if problem == "" && !config.RootCAs.AppendCertsFromPEM(data) {
		problem = notReadable
	}
	if problem != "" {
		return []string{"tls.rootCAs: " + problem}
	}
	return nil
}

// beneath returns a copy of client, nil being the default one, with a transport put beneath the guard, where answers
// are as they come; the adapter puts the guard back.
func beneath(client *http.Client, wrap func(http.RoundTripper) http.RoundTripper) *http.Client {
	if client == nil {
		client = adapters.NewHTTPClient(nil)
	}
	wrapped := *client
	if guard, ok := client.Transport.(interface{ Unwrap() http.RoundTripper }); ok {
		wrapped.Transport = guard.Unwrap()
	}
	wrapped.Transport = wrap(wrapped.Transport)
	return &wrapped
}
