package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
)

const maxRoots = 1 << 20

// tlsEntry names PEM files: what the connection shows to the server, and which servers it believes.
type tlsEntry struct {
	ClientCert string `json:"clientCert"`
	ClientKey  string `json:"clientKey"`
	RootCAs    string `json:"rootCAs"`
}

// client returns the HTTP client with the entry's certificates, nil for the default one.
func (e *tlsEntry) client(folder string) (*http.Client, []string) {
	if e == nil {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	problems := append(e.addClientCertificate(config, folder), e.addRoots(config, folder)...)
	if len(problems) > 0 {
		return nil, problems
	}
	return adapters.NewHTTPClient(config), nil
}

func (e *tlsEntry) addClientCertificate(config *tls.Config, folder string) []string {
	switch {
	case e.ClientCert == "" && e.ClientKey == "":
		return nil
	case e.ClientCert == "":
		return []string{"tls.clientCert: missing beside clientKey"}
	case e.ClientKey == "":
		return []string{"tls.clientKey: missing beside clientCert"}
	}
	certificate, certificateErr := readFile(within(folder, e.ClientCert), maxCredential)
	key, keyErr := readFile(within(folder, e.ClientKey), maxCredential)
	switch {
	case certificateErr != nil:
		return []string{"tls.clientCert: " + certificateErr.Error()}
	case keyErr != nil:
		return []string{"tls.clientKey: " + keyErr.Error()}
	}
	_, certificateProblem := parseCertificate(certificate)
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
	return nil
}

func (e *tlsEntry) addRoots(config *tls.Config, folder string) []string {
	if e.RootCAs == "" {
		return nil
	}
	data, err := readFile(within(folder, e.RootCAs), maxRoots)
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
// are as they come; the adapter puts the guard back. It is client itself if there is nothing to put.
func beneath(client *http.Client, wrap func(http.RoundTripper) http.RoundTripper) *http.Client {
	if wrap == nil {
		return client
	}
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
