package onesingleview_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/onesingleview"
)

var credentials = onesingleview.Credentials{
	ClientID: "client-1234", ClientCode: "code-5678", SignatureKey: "test-signature-key", AccessToken: "token-9012",
	MerchantID: "APIS-300505", BankCode: "SVMB01", ConsentID: "urn:SVMB01:kac-6f2c9d1e-0b8a-4d5f-9a44-1f0d5b3c7e21",
}

var harness = adaptertest.Harness{
	Provider: "onesingleview",
	Bank:     "SVMB01",
	New: func(options *adapters.Options) (adapters.Source, error) {
		return onesingleview.New(credentials, options)
	},
	Secrets: []string{
		"client-1234", "code-5678", "test-signature-key", "token-9012", "APIS-300505", "SVMB01",
		"urn:SVMB01:kac-6f2c9d1e-0b8a-4d5f-9a44-1f0d5b3c7e21",
	},
	Volatile:    []string{"Signature"},
	Credentials: adaptertest.Tagged(credentials, onesingleview.New),
	Verify:      verify,
}

func verify(request *http.Request, body []byte) ([]string, error) {
	if request.Header.Get("signature") != signature(body) {
		return nil, errors.New("not the signature of the body")
	}
	return nil, nil
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }
