package ukob_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/ukob"
)

var credentials = ukob.Credentials{AccessToken: "token-1234", FinancialID: "financial-5678"}

var harness = adaptertest.Harness{
	Provider:    "ukob",
	New:         func(options *adapters.Options) (adapters.Source, error) { return ukob.New(credentials, options) },
	Secrets:     []string{"token-1234", "financial-5678"},
	Credentials: adaptertest.Tagged(credentials, ukob.New),
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }

// What banks and the servers in front of them have sent beside the standard's body.
func TestCauses(t *testing.T) {
	t.Parallel()
	adaptertest.Causes(t, harness, []adaptertest.Cause{
		{Status: 401, Body: `{"httpCode": "401", "httpMessage": "Unauthorized", "moreInformation": "not allowed"}`, Kind: adapters.ErrUnauthorized, Message: "not allowed"},
		{Status: 500, Body: `{"fault": {"faultstring": "timed out"}}`, Kind: adapters.ErrUnavailable, Message: "timed out"},
		{Status: 403, Body: `{"Code": "403 Forbidden", "Id": "9", "Message": "no", "Errors": [{"ErrorCode": "UK.CYBG.Forbidden", "Message": "not you"}]}`,
			Kind: adapters.ErrForbidden, Code: "UK.CYBG.Forbidden", Message: "not you", Quote: "9"},
		{Status: 403, Body: `{"Errors": [{"ErrorCode": "UK.OBIE.Resource.NotFound"}]}`, Kind: adapters.ErrNotFound, Code: "UK.OBIE.Resource.NotFound"},
		{Status: 403, Body: `{"Errors": [{"ErrorCode": "uk.obie.reauthenticate"}, {"ErrorCode": "U011"}]}`, Kind: adapters.ErrConsentRequired, Code: "uk.obie.reauthenticate"},
		{Status: 400, Body: `{"Code": "400 BadRequest", "Message": "bad", "Errors": []}`, Kind: adapters.ErrInvalidArgument, Message: "bad"},
		{Status: 429, Body: `{"Errors": [{"ErrorCode": "U028"}]}`, Kind: adapters.ErrRateLimited, Code: "U028"},
		{Status: 200, Body: `{"Data": null}`, Kind: adapters.ErrProtocol, Text: ": Data.Balance: missing"},
		{Status: 200, Body: `{"Data": {"Balance": {"AccountId": "1"}}}`, Kind: adapters.ErrProtocol, Text: ": Data.Balance: wrong JSON type"},
		{Status: 200, Body: `{"Data": {"Balance": [{"AccountId": "1"}]}}`, Kind: adapters.ErrProtocol, Text: ": Data.Balance[0].AccountId: not the account"},
	})
}
