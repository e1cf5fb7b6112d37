package adapters_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/adapters/onesingleview"
	"github.com/openbalances/openbalances/adapters/tokenio"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// opened returns an adapter whose every request is answered with a body under 200, and the path of the last request.
func opened(t *testing.T, provider, body string) (adapters.Source, *string) {
	t.Helper()
	way := new(string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*way = r.URL.EscapedPath()
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	options := &adapters.Options{BaseURL: server.URL}
	var source adapters.Source
	var err error
	switch provider {
	case "mypos":
		source, err = mypos.New(mypos.Credentials{AccessToken: "t", APIKey: "k", ConsentID: "c"}, options)
	case "neonomics":
		source, err = neonomics.New(neonomics.Credentials{AccessToken: "t", SessionID: "s", DeviceID: "d"}, options)
	case "onesingleview":
		source, err = onesingleview.New(onesingleview.Credentials{
			AccessToken: "t", ClientID: "c", ClientCode: "c", SignatureKey: "k", MerchantID: "m", BankCode: "B", ConsentID: "c",
		}, options)
	case "tokenio":
		source, err = tokenio.New(tokenio.Credentials{OnBehalfOf: "ta:1", APIKey: "k"}, options)
	}
	require.NoError(t, err)
	return source, way
}

const goodBalance = `{"amount": {"amount": "5.00", "currency": "SAR"}, "creditDebitIndicator": "Credit", "type": "Expected", "dateTime": "2025-01-15T06:30:00Z"}`

// The text of an error has the provider's own path and the true reason.
func TestErrorsGiveTheReasonAndTheProvidersPath(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ provider, body, detail string }{
		{"mypos", `{"balances": []}`, "account: missing"},
		{"mypos", `{"account": null, "balances": []}`, "account: missing"},
		{"mypos", `{"account": {}, "balances": []}`, "account.accountNumber: missing"},
		{"mypos", `{"account": {"accountNumber": "2"}, "balances": []}`, "account.accountNumber: not the account that was asked for"},
		{"onesingleview", `{"success": true, "payload": [{"code": "C", "data": {"accountId": "1", "balance": []}}]}`, "payload[0].code: not the bank that was asked for"},
		{"onesingleview", `{"success": true, "payload": [{"code": "B", "data": {"accountId": "2", "balance": []}}]}`, "payload: holds nothing about the account"},
		{"onesingleview", `{"success": true, "payload": [{"code": "B", "data": {"accountId": "2"}}, {"code": "B", "data": {"accountId": "1"}}]}`,
			"payload[1].data.balance: missing"},
		{"onesingleview", `{"success": true, "payload": [{"code": "B", "data": {"accountId": "1", "balance": [` + goodBalance[:len(goodBalance)-1] +
			`, "creditLine": [{"amount": {"amount": "1.00", "currency": null}}]}]}}]}`, "payload[0].data.balance[0].creditLine[0].amount.currency: missing"},
		{"onesingleview", `{"success": 1, "payload": []}`, "success: wrong JSON type"},
		{"onesingleview", `{"success": true, "payload": [{"code": "B", "data": {"accountId": "1", "balance": []}, "meta": {"totalPages": 7}}]}`,
			"payload[0].meta.totalPages: more pages than can be asked for"},
		{"tokenio", `{"status": "SUCCESSFUL_REQUEST", "balance": {"accountId": "1", "otherBalances": [{"type": "x", "amount": {"value": "1"}}]}}`,
			"balance.otherBalances[0].amount.currency: missing"},
	} {
		source, _ := opened(t, c.provider, c.body)
		_, err := source.Balances(t.Context(), "1", adapters.Unattended())
		var failure *adapters.Error
		require.ErrorAs(t, err, &failure, c.body)
		assert.Equal(t, adapters.ErrProtocol, failure.Kind)
		assert.Equal(t, c.detail, failure.Detail, c.body)
	}
	list, _ := opened(t, "mypos", `{"accounts": [{"accountNumber": "1", "balance": 5.000}]}`)
	all, err := list.AllBalances(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	assert.ErrorContains(t, all[0].Err, ": accounts[0].currency: missing")
}

// What nothing is made of spoils no balance, and a time of another JSON type costs the time at most.
func TestGoodDataBesideOddMembers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ provider, body, asOf string }{
		{"onesingleview", `{"success": true, "code": 200, "message": [], "errors": {}, "error": {"a": []}, "payload": [{"code": "B", "links": [], "meta": [],
			"data": {"accountId": "1", "balance": [` + goodBalance + `]}}]}`, "2025-01-15T06:30:00Z"},
		{"onesingleview", `{"success": true, "payload": [{"code": "B", "links": {"self": {}}, "meta": {"totalPages": "1"},
			"data": {"accountId": "1", "balance": [` + goodBalance[:len(goodBalance)-len(`"2025-01-15T06:30:00Z"}`)] + `1736922600000}]}}]}`, ""},
		{"tokenio", `{"status": "SUCCESSFUL_REQUEST", "balance": {"updatedAtMs": 1736922600000, "accountId": "1",
			"current": {"value": "5.00", "currency": "SAR"}}}`, "2025-01-15T06:30:00Z"},
		{"tokenio", `{"status": "SUCCESSFUL_REQUEST", "balance": {"updatedAtMs": {}, "accountId": "1", "current": {"value": "5.00", "currency": "SAR"}}}`, ""},
		{"tokenio", `{"status": "SUCCESSFUL_REQUEST", "balance": {"updatedAtMs": "1736922600", "accountId": "1", "current": {"value": "5.00", "currency": "SAR"}}}`, ""},
	} {
		source, _ := opened(t, c.provider, c.body)
		balances, err := source.Balances(t.Context(), "1", adapters.Unattended())
		require.NoError(t, err, c.body)
		require.Len(t, balances, 1)
		assert.Equal(t, "5.00", balances[0].Amount.String())
		if c.asOf == "" {
			assert.Zero(t, balances[0].AsOf)
			assert.NotEmpty(t, balances[0].Warnings)
			continue
		}
		assert.Equal(t, c.asOf, balances[0].AsOf.Format("2006-01-02T15:04:05Z07:00"))
	}
	list, _ := opened(t, "tokenio", `{"accounts": [{"id": "1", "isLocked": "no", "accountFeatures": [], "accountDetails": {"bic": 1, "identifier": {}}}]}`)
	accounts, err := list.Accounts(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	assert.Equal(t, "1", accounts[0].ID)
}

// A header that leads to another page counts like a member: a list without anything around it has no other place for it.
func TestLinkToAnotherPage(t *testing.T) {
	t.Parallel()
	for link, refused := range map[string]bool{
		`<https://bank.example/2>; rel="next"`: true, `</1>; rel=prev, </2>; title="x"; REL=next`: true, `</1>; rel="last"`: false, `</next>`: false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Link", link)
			_, _ = io.WriteString(w, `[{"id": "1", "amount": "5.00", "currency": "NOK", "type": "AVLB", "balances": []}]`)
		}))
		t.Cleanup(server.Close)
		source, err := neonomics.New(neonomics.Credentials{AccessToken: "t", SessionID: "s", DeviceID: "d"}, &adapters.Options{BaseURL: server.URL})
		require.NoError(t, err)
		_, single := source.Balances(t.Context(), "1", adapters.Unattended())
		_, list := source.AllBalances(t.Context(), adapters.Unattended())
		for _, err := range []error{single, list} {
			if assert.Equal(t, refused, err != nil, link); refused {
				assert.ErrorContains(t, err, "Link: more pages than can be asked for")
			}
		}
	}
}

// A listed id can be asked for.
func TestIDsThatThePathHasToEncode(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"U2Jhbmtlbg/+x==": "/ics/v3/accounts/U2Jhbmtlbg%2F+x==/balances", "a%2Fb?c#d;e": "/ics/v3/accounts/a%252Fb%3Fc%23d%3Be/balances",
	} {
		source, way := opened(t, "neonomics", `[]`)
		_, err := source.Balances(t.Context(), id, adapters.Unattended())
		require.NoError(t, err)
		assert.Equal(t, want, *way)
	}
}
