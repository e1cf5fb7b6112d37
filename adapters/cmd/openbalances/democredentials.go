package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/contract"
)

// demoCredentials are those that the document names for the sandbox, and a fresh key pair where one is asked for. They
// are good for nothing else.
func (p provider) demoCredentials() (credentials, error) {
	document, err := contract.Load(p.name)
	if err != nil {
		return nil, err
	}
	named, _ := document.Spec.Info.Extensions["x-sandbox-credentials"].(map[string]any)
	values := credentials{}
	for name, value := range named {
		values[name] = adapters.Secret(fmt.Sprint(value))
	}
	if !slices.ContainsFunc(p.required, func(name string) bool { return p.pem[name] != nil }) {
		return values, nil
	}
	certificate, key, err := newSigningPair(time.Now())
	for _, name := range p.required {
		switch p.pem[name] {
		case certificateType:
			values[name] = certificate
		case keyType:
			values[name] = key
		}
	}
	return values, err
}

// newSigningPair makes a key and a certificate for a day, as PEM. A real one comes from a trust service provider.
func newSigningPair(from time.Time) (certificate, key adapters.Secret, err error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", "", err
	}
	subject := pkix.Name{CommonName: "openbalances demo", Organization: []string{"Example TPP"}, Country: []string{"NO"}}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(from.UnixNano()), Subject: subject,
		NotBefore: from.Add(-time.Hour), NotAfter: from.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	certificateDER, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	return toPEM("CERTIFICATE", certificateDER), toPEM("PRIVATE KEY", keyDER), err
}

func toPEM(kind string, der []byte) adapters.Secret {
	return adapters.Secret(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
