package eika_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/adaptertest"
	"github.com/openbalances/openbalances/adapters/eika"
	"github.com/stretchr/testify/require"
)

func credentials(t *testing.T) eika.Credentials {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x4a3b), Subject: pkix.Name{CommonName: "TPP"}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return eika.Credentials{
		Certificate: certificate, Key: key, PSUID: "psu-1234", PSUCorporateID: "corporate-5678",
		TPPSessionID: "session-9012", TPPRedirectURI: "https://tpp.example/callback",
	}
}

func TestConformance(t *testing.T) {
	c := credentials(t)
	adaptertest.Run(t, adaptertest.Harness{
		Provider: "eika",
		New:      func(options *adapters.Options) (adapters.Source, error) { return eika.New(c, options) },
		Secrets:  []string{"psu-1234", "corporate-5678", "session-9012", "https://tpp.example/callback"},
		Volatile: []string{"Signature", "Tpp-Signature-Certificate"},
		Answer: adaptertest.Pointers{
			Account: "-", Balances: "/balances",
			Amount: "/balances/0/balanceAmount/amount", Currency: "/balances/0/balanceAmount/currency", Type: "/balances/0/balanceType",
		},
	})
}
