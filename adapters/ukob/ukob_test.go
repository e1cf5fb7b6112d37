package ukob_test

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/adaptertest"
	"github.com/openbalances/openbalances/adapters/kit/bank"
	"github.com/openbalances/openbalances/adapters/ukob"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var credentials = ukob.Credentials{AccessToken: "token-1234", FinancialID: "financial-5678"}

var harness = harnessOf(credentials)

func harnessOf(own ukob.Credentials, operations ...string) adaptertest.Harness {
	return adaptertest.Harness{
		Provider:    "ukob",
		Operations:  operations,
		New:         func(options *adapters.Options) (adapters.Source, error) { return ukob.New(own, options) },
		Secrets:     []string{"token-1234", "financial-5678"},
		Credentials: adaptertest.Tagged(own, ukob.New),
	}
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
		{Status: 400, Body: `{"Errors": [{"ErrorCode": "UK.OBIE.Resource.NotFound"}]}`, Kind: adapters.ErrNotFound, Code: "UK.OBIE.Resource.NotFound"},
		{Status: 403, Body: `{"Errors": [{"ErrorCode": "uk.obie.reauthenticate"}, {"ErrorCode": "U011"}]}`, Kind: adapters.ErrConsentRequired, Code: "uk.obie.reauthenticate"},
		{Status: 400, Body: `{"Code": "400 BadRequest", "Message": "bad", "Errors": []}`, Kind: adapters.ErrInvalidArgument, Message: "bad"},
		{Status: 429, Body: `{"Errors": [{"ErrorCode": "U028"}]}`, Kind: adapters.ErrRateLimited, Code: "U028"},
		{Status: 200, Body: `{"Data": null}`, Kind: adapters.ErrProtocol, Text: ": Data.Balance: missing"},
		{Status: 200, Body: `{"Data": {"Balance": {"AccountId": "1"}}}`, Kind: adapters.ErrProtocol, Text: ": Data.Balance[0].AccountId: not the account"},
		{Status: 200, Body: `{"Data": {"Balance": "none"}}`, Kind: adapters.ErrProtocol, Text: ": Data.Balance: wrong JSON type"},
		{Status: 200, Body: `{"Data": {"Balance": [{"AccountId": "1"}]}}`, Kind: adapters.ErrProtocol, Text: ": Data.Balance[0].AccountId: not the account"},
	})
}

// Every bank through the whole suite. Banks with the same quirks are one and the same to the adapter but for the name, so
// each set of quirks runs once, under the codes of its banks.
func TestConformanceOfBanks(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite once for each set of quirks; cure: make proofs")
	}
	t.Parallel()
	for codes, profile := range adaptertest.Alike(ukob.Banks()) {
		own := customer(profile)
		if own.CardAccounts != "" { // and so an account list without cards: TestQuirks and TestReversedCards have such banks
			continue
		}
		h := harnessOf(own)
		h.Profile = &profile
		h.Secrets = append(h.Secrets, "key-7890")
		t.Run(codes, func(t *testing.T) { adaptertest.Run(t, h) })
	}
}

// customer has what a bank needs, and no cards.
func customer(profile bank.Profile) ukob.Credentials {
	own := credentials
	own.Bank = profile.Code
	if profile.KeyHeader != "" {
		own.APIKey = "key-7890"
	}
	if profile.CardIndicator != "" {
		own.CardAccounts = "false"
	}
	return own
}

// Every bank by its code: a good answer, a refusal, and what is sent; one that nobody knows is refused.
func TestBanks(t *testing.T) {
	t.Parallel()
	document, err := contract.Load("ukob")
	require.NoError(t, err)
	var sent http.Header
	answers := sandbox.Handler(document)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header.Clone()
		answers.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for _, profile := range ukob.Banks() {
		own := customer(profile)
		client, err := ukob.New(own, &adapters.Options{BaseURL: server.URL})
		require.NoError(t, err)
		if own.CardAccounts == "" { // with it, each account has to have a type
			accounts, err := client.Accounts(t.Context(), adapters.Unattended())
			require.NoError(t, err)
			assert.Equal(t, profile.Name, accounts[0].Bank)
		}
		balances, err := client.Balances(t.Context(), "acc-7d1b0c-booked", adapters.Unattended())
		require.NoError(t, err)
		assert.Equal(t, profile.Name, balances[0].Bank)
		assert.Equal(t, "Bearer token-1234", sent.Get("Authorization"), profile.Code)
		assert.Equal(t, string(own.APIKey), sent.Get(cmp.Or(profile.KeyHeader, "X-Api-Key")), profile.Code)
		assert.Equal(t, "financial-5678", sent.Get("x-fapi-financial-id"), profile.Code)
		assert.Equal(t, balances[0].RequestID, sent.Get("x-fapi-interaction-id"), profile.Code)
		_, err = client.Balances(t.Context(), "none", adapters.Unattended())
		assert.ErrorIs(t, err, adapters.ErrNotFound, profile.Code)
	}
	own := credentials
	own.Bank = "natwset"
	_, err = ukob.New(own, &adapters.Options{BaseURL: server.URL})
	assert.EqualError(t, err, "ukob: invalid_argument: credentials.bank: no such bank, did you mean natwest?")
}

// A bank without GET /balances is asked for each account by itself.
func TestBankWithoutBulk(t *testing.T) {
	t.Parallel()
	document, err := contract.Load("ukob")
	require.NoError(t, err)
	bank := sandbox.Handler(document)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/balances" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		bank.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := ukob.New(credentials, &adapters.Options{BaseURL: server.URL})
	require.NoError(t, err)
	accounts, err := client.Accounts(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	run := collect.Balances(t.Context(), slices.Values([]collect.Connection{{Source: client, PSU: adapters.Unattended()}}), nil)
	answers := 0
	for answer := range run.Results() {
		answers++
		assert.NoError(t, answer.Err)
		assert.NotEmpty(t, answer.Balances)
	}
	assert.Equal(t, len(accounts), answers)
	assert.Equal(t, answers, run.Report().AskedAgain)
}
