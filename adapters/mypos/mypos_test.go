package mypos_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/mypos"
)

var credentials = mypos.Credentials{
	AccessToken: "token-1234", APIKey: "key-5678", ConsentID: "3c7816ee-3d51-4bf5-8ced-ece2af35d431",
}

var harness = adaptertest.Harness{
	Provider:    "mypos",
	New:         func(options *adapters.Options) (adapters.Source, error) { return mypos.New(credentials, options) },
	Secrets:     []string{"token-1234", "key-5678", "3c7816ee-3d51-4bf5-8ced-ece2af35d431"},
	Credentials: adaptertest.Tagged(credentials, mypos.New),
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }

func TestCauses(t *testing.T) {
	t.Parallel()
	const expired = `{"category": "ERROR", "code": "CONSENT_EXPIRED", "text": "over", "path": 7}`
	adaptertest.Causes(t, harness, []adaptertest.Cause{
		{Status: 401, Body: `{"tppMessages": [{"category": "WARNING", "code": "WARNING"}, ` + expired + `]}`, Kind: adapters.ErrConsentRequired, Code: "CONSENT_EXPIRED", Message: "over"},
		{Status: 401, Body: `{"tppMessages": ` + expired + `}`, Kind: adapters.ErrConsentRequired, Code: "CONSENT_EXPIRED", Message: "over"},
		{Status: 401, Body: `{"tppMessages": [{"category": "ERROR", "code": "TOKEN_EXPIRED"}, ` + expired + `]}`, Kind: adapters.ErrUnauthorized, Code: "TOKEN_EXPIRED"},
		{Status: 403, Body: `{"type": "https://x", "title": "t", "detail": "d", "code": "CONSENT_UNKNOWN"}`, Kind: adapters.ErrConsentRequired, Code: "CONSENT_UNKNOWN", Message: "d"},
		{Status: 200, Body: `{"account": null, "balances": []}`, Kind: adapters.ErrProtocol, Text: ": account: missing"},
		{Status: 200, Body: `{"balances": []}`, Kind: adapters.ErrProtocol, Text: ": account: missing"},
		{Status: 200, Body: `{"account": {}, "balances": []}`, Kind: adapters.ErrProtocol, Text: ": account.accountNumber: missing"},
		{Status: 200, Body: `{"account": {"accountNumber": "2"}, "balances": []}`, Kind: adapters.ErrProtocol, Text: "not the account that was asked for"},
		{Status: 403, Body: `{"message": "Forbidden"}`, Kind: adapters.ErrForbidden, Message: "Forbidden"},
	})
}
