package tokenio_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/tokenio"
)

var credentials = tokenio.Credentials{OnBehalfOf: "ta:granted-1234", AccessToken: "token-5678"}

var harness = adaptertest.Harness{
	Provider:    "tokenio",
	New:         func(options *adapters.Options) (adapters.Source, error) { return tokenio.New(credentials, options) },
	Secrets:     []string{"ta:granted-1234", "token-5678"},
	Credentials: adaptertest.Tagged(credentials, tokenio.New),
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }

func TestCauses(t *testing.T) {
	t.Parallel()
	adaptertest.Causes(t, harness, []adaptertest.Cause{
		{Status: 501, Body: ``, Kind: adapters.ErrForbidden},
		{Status: 501, Body: `{"error": {"errorCode": "UNAVAILABLE"}}`, Kind: adapters.ErrUnavailable, Code: "UNAVAILABLE"},
		{Status: 403, Body: `{"code": 7, "message": "denied", "details": []}`, Kind: adapters.ErrForbidden, Message: "denied"},
		{Status: 403, Body: `{"error": {"errorCode": "PermissionDenied", "message": [], "tokenTraceId": 5678}}`, Kind: adapters.ErrConsentRequired, Code: "PermissionDenied", Quote: "5678"},
		{Status: 404, Body: `{"error": [{"errorCode": "NOT_FOUND", "message": "m"}]}`, Kind: adapters.ErrNotFound, Code: "NOT_FOUND", Message: "m"},
		{Status: 200, Body: `{"status": "MORE_SIGNATURES_NEEDED", "balance": "none"}`, Kind: adapters.ErrConsentRequired, Code: "MORE_SIGNATURES_NEEDED"},
		{Status: 200, Body: `{"status": "SUCCESSFUL_REQUEST", "balance": "none"}`, Kind: adapters.ErrProtocol, Text: ": balance: wrong JSON type"},
	})
}
