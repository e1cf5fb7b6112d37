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
	if request.Header.Get("signature") != signature(body, "test-signature-key") {
		return nil, errors.New("not the signature of the body")
	}
	return nil, nil
}

func TestConformance(t *testing.T) { adaptertest.Run(t, harness) }

func TestCauses(t *testing.T) {
	t.Parallel()
	const gateway = `{"correlationId": "2163bbf3", "bankCode": "", "errorCode": "MW-401", "errorMessage": "expired", "timeStamp": 7}`
	// The account that the suite asks for.
	const other = `{"success": true, "payload": [{"code": "SAMA", "data": {"accountId": "100004000000000000000002", "balance": []}}]}`
	const line = `{"success": true, "payload": [{}, {"code": "SVMB01", "data": {"accountId": "100004000000000000000002", "balance": [
		{"amount": {"amount": "1", "currency": "SAR"}, "creditDebitIndicator": "Credit", "type": "Expected", "dateTime": "", "creditLine": [{"amount": {"amount": "1"}}]}]}}]}`
	causes := []adaptertest.Cause{
		{Status: 200, Body: other, Kind: adapters.ErrProtocol, Text: ": payload[0].code: not the bank that was asked for"},
		{Status: 200, Body: line, Kind: adapters.ErrProtocol, Text: ": payload[1].data.balance[0].creditLine[0].amount.currency: missing"},
		{Status: 200, Body: `{"payload": []}`, Kind: adapters.ErrProtocol, Text: ": success: missing"},
		{Status: 200, Body: `{"success": false, "payload": []}`, Kind: adapters.ErrProtocol, Text: ": success: not true"},
		{Status: 200, Body: gateway, Kind: adapters.ErrUnauthorized, Code: "MW-401", Message: "expired", Quote: "2163bbf3"},
		{Status: 401, Body: gateway, Kind: adapters.ErrUnauthorized, Code: "MW-401", Message: "expired", Quote: "2163bbf3"},
		{Status: 400, Body: `{"errorCode": "MW-001"}`, Kind: adapters.ErrNotFound, Code: "MW-001"},
		{Status: 200, Body: `{"success": false, "errorCode": "MW-429"}`, Kind: adapters.ErrRateLimited, Code: "MW-429"},
		{Status: 200, Body: `{"success": "false", "errorCode": "APIERR500", "message": "m"}`, Kind: adapters.ErrUnavailable, Code: "APIERR500", Message: "m"},
		{Status: 200, Body: `{"success": false, "errorCode": "NEW"}`, Kind: adapters.ErrProtocol, Code: "NEW"},
		{Status: 200, Body: `{"success": true, "errorCode": "APIERR401", "payload": "none"}`, Kind: adapters.ErrProtocol},
	}
	for _, odd := range []string{`"payload": {}`, `"payload": "none"`, `"payload": [{"code": "SVMB01"}]`, `"message": ["m"]`, `"errors": {}`, `"code": 401`} {
		body := `{"success": false, "errorCode": "APIERR401", ` + odd + `}`
		cause := adaptertest.Cause{Status: 200, Body: body, Kind: adapters.ErrUnauthorized, Code: "APIERR401"}
		if odd == `"message": ["m"]` {
			cause.Message = "m"
		}
		causes = append(causes, cause)
	}
	adaptertest.Causes(t, harness, causes)
}
