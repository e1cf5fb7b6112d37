package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"slices"

	"github.com/openbalances/openbalances/adapters"
)

// parseCertificate returns the first certificate of a PEM text; the rest of a chain is left alone.
func parseCertificate(field string, text adapters.Secret) (*x509.Certificate, error) {
	block := findBlock([]byte(text), "CERTIFICATE")
	if block == nil {
		return nil, unfit(field, "holds no CERTIFICATE in PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, unfit(field, "not a readable X.509 certificate")
	}
	return certificate, nil
}

// parseKey returns the RSA key of a PEM text, in PKCS#8 or PKCS#1.
func parseKey(field string, text adapters.Secret) (crypto.Signer, error) {
	block := findBlock([]byte(text), "PRIVATE KEY", "RSA PRIVATE KEY")
	if block == nil {
		return nil, unfit(field, "holds no unencrypted PRIVATE KEY or RSA PRIVATE KEY in PEM")
	}
	parsed, err := parseKeyBlock(block)
	if err != nil {
		return nil, unfit(field, "not a readable private key")
	}
	key, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, unfit(field, "not a key that signs")
	}
	return key, nil
}

func parseKeyBlock(block *pem.Block) (any, error) {
	if block.Type == "RSA PRIVATE KEY" {
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	}
	return x509.ParsePKCS8PrivateKey(block.Bytes)
}

// findBlock returns the first block of one of the types, or nil.
func findBlock(text []byte, types ...string) *pem.Block {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if slices.Contains(types, block.Type) {
			return block
		}
	}
	return nil
}

func unfit(field, problem string) error {
	return &adapters.Error{Kind: adapters.ErrInvalidArgument, Detail: "credentials." + field + ": " + problem}
}
