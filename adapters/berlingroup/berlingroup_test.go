package berlingroup_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/berlingroup"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

// credentials are made once, because a key of 2048 bits takes a while.
var credentials = sync.OnceValue(func() berlingroup.Credentials {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x4a3b), Subject: pkix.Name{CommonName: "A TPP"}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return berlingroup.Credentials{
		ConsentID: "consent-1234", AccessToken: "token-5678", Certificate: certificate, Key: key,
		PSUID: "psu-9012", PSUCorporateID: "company-3456", TPPRedirectURI: "https://tpp.example/callback",
	}
})

// unsigned are the same without what signs.
func unsigned() berlingroup.Credentials {
	own := credentials()
	own.Certificate, own.Key = nil, nil
	return own
}

var harness = harnessOf(unsigned(), "getBalances", "getAccounts")

func harnessOf(own berlingroup.Credentials, operations ...string) adaptertest.Harness {
	return adaptertest.Harness{
		Provider:    "berlingroup",
		Operations:  operations,
		New:         func(options *adapters.Options) (adapters.Source, error) { return berlingroup.New(own, options) },
		Secrets:     []string{"consent-1234", "token-5678", "psu-9012", "company-3456", "https://tpp.example/callback"},
		Credentials: adaptertest.Tagged(own, berlingroup.New),
	}
}

func verify(request *http.Request, _ []byte) ([]string, error) {
	return httpsig.Verify(request, request.Header.Get("Signature"), credentials().Certificate.PublicKey)
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }

func TestConformanceOfCards(t *testing.T) {
	own := unsigned()
	own.CardAccounts = true
	cards := harnessOf(own, "getCardBalances", "getCardAccounts")
	cards.Folder = "testdata/cards"
	adaptertest.Run(t, cards)
}

func TestSigning(t *testing.T) {
	signed := harnessOf(credentials(), harness.Operations...)
	signed.Secrets = append(signed.Secrets, credentials().Key.(*rsa.PrivateKey).D.String())
	signed.Verify = verify
	adaptertest.Signing(t, signed)
}
