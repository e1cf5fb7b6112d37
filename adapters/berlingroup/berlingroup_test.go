package berlingroup_test

import (
	"crypto/rsa"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/berlingroup"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
)

// credentials are made once, because a key of 2048 bits takes a while.
var credentials = sync.OnceValue(func() berlingroup.Credentials {
	certificate, key := tlstest.Seal("A TPP")
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
	value := strings.Replace(request.Header.Get("Signature"), `"SHA-256"`, `"rsa-sha256"`, 1) // as Redsys calls it
	return httpsig.Verify(request, value, credentials().Certificate.PublicKey)
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }

func TestConformanceOfCards(t *testing.T) {
	adaptertest.Run(t, cardsOf(unsigned()))
}

func cardsOf(own berlingroup.Credentials) adaptertest.Harness {
	own.CardAccounts = true
	cards := harnessOf(own, "getCardBalances", "getCardAccounts")
	cards.Folder = "testdata/cards"
	return cards
}

func TestSigning(t *testing.T) {
	signed := harnessOf(credentials(), harness.Operations...)
	signed.Secrets = append(signed.Secrets, credentials().Key.(*rsa.PrivateKey).D.String())
	signed.Verify = verify
	adaptertest.Signing(t, signed)
}

// Every bank through the whole suite. Banks with the same quirks are one and the same to the adapter but for the name, so each
// set of quirks runs once, under the codes of its banks; for card accounts too where the quirks are about them.
func TestConformanceOfBanks(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite once for each set of quirks; cure: make proofs")
	}
	t.Parallel()
	for codes, profile := range adaptertest.Alike(berlingroup.Banks()) {
		own := unsigned()
		own.Bank, own.APIKey = profile.Code, "key-7890"
		if profile.KeyHeader+profile.KeyQuery == "" {
			own.APIKey = ""
		}
		if profile.Token == "none" {
			own.AccessToken = ""
		}
		if profile.Signature.Covered != nil {
			own.Certificate, own.Key = credentials().Certificate, credentials().Key
		}
		t.Run(codes, func(t *testing.T) { // one set after the other, which bounds the memory
			kinds := map[string]adaptertest.Harness{"accounts": harnessOf(own, harness.Operations...)}
			if profile.CardDebts != nil {
				kinds["cards"] = cardsOf(own)
			}
			for name, h := range kinds {
				h.Profile, h.Declared, h.Verify = &profile, declared(profile.Quirks, name == "cards"), nil
				h.Secrets = append(h.Secrets, "key-7890")
				if profile.Signature.Covered != nil {
					h.Verify = verify
				}
				t.Run(name, func(t *testing.T) { adaptertest.Run(t, h) })
			}
		})
	}
}

// declared is what a bank's answers mean that is not what the document says.
func declared(quirks bank.Quirks, cards bool) map[string]any {
	all, kind := map[string]any{}, map[string]any{"field": "type", "table": quirks.Types}
	if quirks.TypeMayBeMissing {
		kind["absent"] = map[string]any{"type": "unknown", "providerType": "not stated"}
	}
	if quirks.TypeMayBeMissing || quirks.Types != nil {
		all["Balance.balanceType"] = kind
	}
	if cards {
		signs := map[string]string{}
		for of, sign := range quirks.CardDebts {
			signs[of] = map[string]string{"positive": "reversed", "negative": "stated"}[sign]
		}
		all["Balance.balanceType"] = []any{kind, map[string]any{"field": "assumed", "table": signs}}
	}
	if quirks.Zone != "" {
		all["Balance.lastChangeDateTime"] = map[string]any{"field": "asOf", "form": "rfc3339", "zone": quirks.Zone}
	}
	return all
}
