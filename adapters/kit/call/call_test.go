package call_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) { return t(request) }

// connect returns an endpoint whose error bodies say refusal.
func connect(t *testing.T, send transport, refusal call.Refusal, changes ...func(*adapters.Options)) *call.Endpoint {
	t.Helper()
	options := &adapters.Options{Now: func() time.Time { return now }, HTTPClient: &http.Client{Transport: send}}
	for _, change := range changes {
		change(options)
	}
	provider := call.Provider{Name: "bank", URL: "https://bank.example", Refusal: func(call.Answer) call.Refusal { return refusal }}
	e, err := call.Open(provider, struct{}{}, options)
	require.NoError(t, err)
	return e
}

// answers answers with status and body.
func answers(status int, body string, header ...string) transport {
	return func(*http.Request) (*http.Response, error) {
		response := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		response.Header.Set("Content-Type", "application/json")
		for pair := range slices.Chunk(header, 2) {
			response.Header.Set(pair[0], pair[1])
		}
		return response, nil
	}
}

func unsendable(*http.Request) (*http.Response, error) { panic("something was sent") }

// get is a request with an id and a secret.
var get = call.Request{Route: "GET /accounts/{id}", Build: func(e *call.Endpoint) (*http.Request, error) {
	request, err := http.NewRequest(http.MethodGet, e.Server()+"accounts/id", nil)
	if err == nil {
		request.Header = http.Header{"X-Request-Id": {"sent"}, "Authorization": {"S3CR3T"}}
	}
	return request, err
}}

type mapping = func(any) ([]adapters.Balance, error)

func balances(ctx context.Context, e *call.Endpoint, mapping mapping) ([]adapters.Balance, error) {
	return call.Balances(ctx, e, "id", adapters.Unattended(), get, mapping)
}

func amount(text string) adapters.Amount {
	amount, err := adapters.ParseAmount(text)
	if err != nil {
		panic(err)
	}
	return amount
}

// balance is one that lacks only what call adds.
func balance() adapters.Balance {
	return adapters.Balance{Type: adapters.BalanceTypeExpected, ProviderType: "XPCD", Amount: amount("4.201"), Currency: "NOK"}
}

func one(any) ([]adapters.Balance, error) { return []adapters.Balance{balance()}, nil }

func TestBalancesAreCompleted(t *testing.T) {
	t.Parallel()
	const finer, differs = "amount is finer than the currency's minor unit", adapters.WarningRequestID
	for echo, warnings := range map[string][]string{"": {finer}, "SENT": {finer}, "other": {finer, differs}} {
		got, err := balances(t.Context(), connect(t, answers(200, "{}", "X-Request-ID", echo), call.Refusal{}), one)
		require.NoError(t, err)
		want := balance()
		want.Provider, want.AccountID, want.ReceivedAt, want.Warnings, want.RequestID = "bank", "id", now, warnings, echo
		if echo == "" {
			want.RequestID = "sent"
		}
		assert.Equal(t, []adapters.Balance{want}, got, echo)
	}
}

func TestBalancesAreHeldToTheContract(t *testing.T) {
	t.Parallel()
	e := connect(t, answers(200, "{}"), call.Refusal{})
	for want, mapping := range map[string]mapping{
		"bank: get balances: protocol (HTTP 200): balances[1].currency: missing": func(any) ([]adapters.Balance, error) {
			broken := balance()
			broken.Currency = ""
			return []adapters.Balance{balance(), broken}, nil
		},
		"bank: get balances: too_large (HTTP 200): more balances than one account can have": func(any) ([]adapters.Balance, error) {
			return slices.Repeat([]adapters.Balance{balance()}, 1001), nil
		},
		"bank: get balances: protocol (HTTP 200): list: missing": func(any) ([]adapters.Balance, error) { return nil, call.Missing("list") },
		"bank: get balances: protocol (HTTP 200)":                func(any) ([]adapters.Balance, error) { return nil, errors.New("S3CR3T") },
	} {
		got, err := balances(t.Context(), e, mapping)
		assert.Nil(t, got)
		assert.EqualError(t, err, want)
	}
}

// asked is a batch answer of three accounts: good, refused and broken.
func asked(any) ([]adapters.AccountBalances, error) {
	broken := balance()
	broken.ProviderType = ""
	return []adapters.AccountBalances{
		{AccountID: "good", Balances: []adapters.Balance{balance()}},
		{AccountID: "refused", Balances: []adapters.Balance{balance()}, Err: call.Refusal{Kind: adapters.ErrNotFound}.Error("")},
		{AccountID: "broken", Balances: []adapters.Balance{balance(), broken}},
	}, nil
}

func TestBatchSettlesEachAccountOnItsOwn(t *testing.T) {
	t.Parallel()
	ids := []string{"good", "refused", "broken"}
	got, err := call.Batch(t.Context(), connect(t, answers(200, "{}"), call.Refusal{}), ids, adapters.Unattended(), get, asked)
	require.NoError(t, err)
	require.Len(t, got, 3)
	require.NoError(t, got[0].Err)
	assert.Equal(t, "good", got[0].Balances[0].AccountID)
	assert.Equal(t, now, got[0].Balances[0].ReceivedAt)
	assert.EqualError(t, got[1].Err, "bank: get balances: not_found (HTTP 200)")
	assert.EqualError(t, got[2].Err, "bank: get balances: protocol (HTTP 200): balances[1].type: missing")
	assert.Nil(t, got[1].Balances, "an error comes with no balances")
	assert.Nil(t, got[2].Balances, "not even with those before it")
}

// A number that is none fails its account; a text that says more than anybody reads is cut.
func TestTextsOfBalancesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("1", 513)
	number, texts := balance(), balance()
	number.BBAN = long
	texts.IBAN, texts.Bank, texts.LastCommittedTransaction, texts.CreditLines = long[:512], long, long, []adapters.CreditLine{{Type: long}}
	refusal := call.Refusal{Message: long, RequestID: long, Links: map[string]string{"consent": "https://a", long: "b", "c": strings.Repeat("c", 9<<10)}}
	got, err := call.Batch(t.Context(), connect(t, answers(200, "{}"), call.Refusal{}), []string{"a", "b", "c"}, adapters.Unattended(), get,
		func(any) ([]adapters.AccountBalances, error) {
			return []adapters.AccountBalances{
				{AccountID: "a", Balances: []adapters.Balance{number}}, {AccountID: "b", Balances: []adapters.Balance{texts}},
				{AccountID: "c", Err: refusal.Error(adapters.ErrForbidden)},
			}, nil
		})
	require.NoError(t, err)
	assert.EqualError(t, got[0].Err, "bank: get balances: protocol (HTTP 200): balances[0].account number: too long")
	require.NoError(t, got[1].Err)
	kept := got[1].Balances[0]
	assert.Equal(t, []int{512, 256, 256, 256}, []int{len(kept.IBAN), len(kept.Bank), len(kept.LastCommittedTransaction), len(kept.CreditLines[0].Type)})
	var failure *adapters.Error
	require.ErrorAs(t, got[2].Err, &failure)
	assert.Equal(t, []int{256, 256}, []int{len(failure.Message), len(failure.RequestID)})
	assert.Equal(t, map[string]string{"consent": "https://a"}, failure.Links)
}

func TestBatchFailsAsAWhole(t *testing.T) {
	t.Parallel()
	tooMany := make([]string, adapters.MaxBatch+1)
	for i := range tooMany {
		tooMany[i] = fmt.Sprint(i)
	}
	for _, test := range []struct {
		ids  []string
		send transport
		want string
	}{
		{nil, unsendable, "invalid_argument: account ids: missing"},
		{[]string{"a", "b", "a"}, unsendable, "invalid_argument: account ids: one occurs twice"},
		{[]string{"a", ""}, unsendable, "invalid_argument: account id: missing"},
		{tooMany, unsendable, "invalid_argument: account ids: more than one call takes"},
		{tooMany[1:], answers(503, ""), "unavailable (HTTP 503)"},
		{[]string{"a"}, answers(200, "["), "protocol (HTTP 200): JSON ends too early"},
		{[]string{"a"}, answers(200, "{}"), "protocol (HTTP 200): response: missing"},
	} {
		missing := func(any) ([]adapters.AccountBalances, error) { return nil, call.Missing("response") }
		got, err := call.Batch(t.Context(), connect(t, test.send, call.Refusal{}), test.ids, adapters.Unattended(), get, missing)
		assert.Nil(t, got)
		assert.EqualError(t, err, "bank: get balances: "+test.want)
	}
}

func TestACookieJarIsUsed(t *testing.T) {
	t.Parallel()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	var seen []string
	e := connect(t, func(request *http.Request) (*http.Response, error) {
		seen = append(seen, request.Header.Get("Cookie"))
		return answers(200, "{}", "Set-Cookie", "session=1234")(request)
	}, call.Refusal{}, func(o *adapters.Options) { o.HTTPClient.Jar = jar })
	for range 2 {
		_, err := balances(t.Context(), e, one)
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"", "session=1234"}, seen)
}

func TestEditorsTakeTurns(t *testing.T) {
	t.Parallel()
	e := connect(t, unsendable, call.Refusal{})
	refused := errors.New("refused")
	e.Edit(func(_ context.Context, request *http.Request) error {
		request.Header.Set("First", "edited")
		return nil
	}, func(_ context.Context, request *http.Request) error {
		assert.Equal(t, "edited", request.Header.Get("First"))
		return refused
	})
	_, err := balances(t.Context(), e, one)
	assert.ErrorIs(t, err, refused)
	assert.EqualError(t, err, "bank: get balances: unavailable: request could not be made")
}
