package neonomics_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/neonomics"
)

var credentials = neonomics.Credentials{
	AccessToken: "token-1234", SessionID: "session-5678", DeviceID: "device-9012", Scope: "business-accounts", PSUID: "cHN1LTM0NTY=",
}

var harness = adaptertest.Harness{
	Provider:    "neonomics",
	New:         func(options *adapters.Options) (adapters.Source, error) { return neonomics.New(credentials, options) },
	Secrets:     []string{"token-1234", "session-5678", "device-9012", "cHN1LTM0NTY="},
	Credentials: adaptertest.Tagged(credentials, neonomics.New),
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }

func TestCauses(t *testing.T) {
	t.Parallel()
	const href = "https://bank.example/consent"
	adaptertest.Causes(t, harness, []adaptertest.Cause{
		{Status: 510, Body: `{"errorCode": 1426, "links": [{"rel": "consent", "href": "` + href + `"}]}`, Kind: adapters.ErrConsentRequired, Code: "1426", Link: href},
		{Status: 530, Body: `{"id": {}, "errorCode": "1426", "message": null, "timestamp": "now", "links": {"rel": "consent", "href": "` + href + `", "meta": 7}}`, Kind: adapters.ErrConsentRequired, Code: "1426", Link: href},
		{Status: 510, Body: `{"error": {"errorCode": " 1426", "message": "m"}}`, Kind: adapters.ErrConsentRequired, Code: " 1426", Message: "m"},
		{Status: 510, Body: `{"errorCode": 2001, "message": "m"}`, Kind: adapters.ErrInvalidArgument, Code: "2001", Message: "m"},
		{Status: 429, Body: `{"errorCode": 1426}`, Kind: adapters.ErrRateLimited, Code: "1426"},
		{Status: 200, Body: `{"errorCode": 1426}`, Kind: adapters.ErrProtocol},
		{Status: 510, Body: `{}`, Kind: adapters.ErrInvalidArgument},
		{Status: 510, Body: `<html>`, Kind: adapters.ErrInvalidArgument},
	})
}
