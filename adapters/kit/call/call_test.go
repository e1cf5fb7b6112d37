package call_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// connect returns a connection whose error bodies say refusal.
func connect(t *testing.T, refusal call.Refusal) *call.Connection {
	t.Helper()
	options := &adapters.Options{Now: func() time.Time { return now }}
	c, err := call.New("bank", "https://bank.example", options, func(call.Answer) call.Refusal { return refusal })
	require.NoError(t, err)
	return c
}

// answers returns a call that is answered by status and body.
func answers(status int, body string, header ...string) call.Send {
	return func(ctx context.Context) (*http.Response, error) {
		response := &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		response.Header.Set("Content-Type", "application/json")
		for pair := range slices.Chunk(header, 2) {
			response.Header.Set(pair[0], pair[1])
		}
		response.Request = httptest.NewRequestWithContext(ctx, http.MethodGet, "https://bank.example", nil)
		response.Request.Header.Set("X-Request-ID", "sent")
		return response, nil
	}
}

func unsendable(context.Context) (*http.Response, error) { panic("something was sent") }

// balance is one that lacks only what call adds.
func balance() adapters.Balance {
	return adapters.Balance{Type: adapters.Expected, ProviderType: "XPCD", Amount: decimal.New(4201, -3), Currency: "NOK"}
}

func one(any) ([]adapters.Balance, error) { return []adapters.Balance{balance()}, nil }

func TestBalancesAreCompleted(t *testing.T) {
	t.Parallel()
	c := connect(t, call.Refusal{})
	for echo, warnings := range map[string][]string{
		"": {"amount is finer than the currency's minor unit"}, "SENT": {"amount is finer than the currency's minor unit"},
		"other": {"amount is finer than the currency's minor unit", "X-Request-ID of the answer differs from the request's"},
	} {
		got, err := call.Balances(t.Context(), c, "id", adapters.Unattended(), answers(200, "{}", "X-Request-ID", echo), one)
		require.NoError(t, err)
		want := balance()
		want.Provider, want.AccountID, want.ReceivedAt, want.Warnings = "bank", "id", now, warnings
		assert.Equal(t, []adapters.Balance{want}, got, echo)
	}
}

func TestBalancesAreHeldToTheContract(t *testing.T) {
	t.Parallel()
	c := connect(t, call.Refusal{})
	for want, mapping := range map[string]func(any) ([]adapters.Balance, error){
		"bank: get balances: protocol (HTTP 200): balances[1].currency: missing": func(any) ([]adapters.Balance, error) {
			broken := balance()
			broken.Currency = ""
			return []adapters.Balance{balance(), broken}, nil
		},
		"bank: get balances: too_large (HTTP 200): more balances than one account can have": func(any) ([]adapters.Balance, error) {
			return slices.Repeat([]adapters.Balance{balance()}, 1001), nil
		},
		"bank: get balances: protocol (HTTP 200): list: missing": func(any) ([]adapters.Balance, error) {
			return nil, call.Missing("list")
		},
		"bank: get balances: protocol (HTTP 200)": func(any) ([]adapters.Balance, error) { return nil, errors.New("S3CR3T") },
	} {
		got, err := call.Balances(t.Context(), c, "id", adapters.Unattended(), answers(200, "{}"), mapping)
		assert.Nil(t, got)
		assert.EqualError(t, err, want)
	}
}

func TestNothingIsSentInVain(t *testing.T) {
	t.Parallel()
	c := connect(t, call.Refusal{})
	_, err := call.Balances(t.Context(), c, "..", adapters.Unattended(), unsendable, one)
	assert.EqualError(t, err, "bank: get balances: invalid_argument: account id: names another path")
	_, err = call.Balances(t.Context(), c, "id", adapters.PSU{}, unsendable, one)
	assert.EqualError(t, err, "bank: get balances: invalid_argument: psu: neither attended nor unattended")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = call.Balances(ctx, c, "id", adapters.Unattended(), unsendable, one)
	assert.EqualError(t, err, "bank: get balances: context canceled")
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
	got, err := call.Batch(t.Context(), connect(t, call.Refusal{}), ids, adapters.Unattended(), answers(200, "{}"), asked)
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

func TestBatchFailsAsAWhole(t *testing.T) {
	t.Parallel()
	c := connect(t, call.Refusal{})
	for _, test := range []struct {
		ids  []string
		send call.Send
		want string
	}{
		{nil, unsendable, "invalid_argument: account ids: missing"},
		{[]string{"a", "b", "a"}, unsendable, "invalid_argument: account ids: one occurs twice"},
		{[]string{"a", ""}, unsendable, "invalid_argument: account id: missing"},
		{[]string{"a"}, answers(503, ""), "unavailable (HTTP 503)"},
		{[]string{"a"}, answers(200, "["), "protocol (HTTP 200): JSON ends too early"},
		{[]string{"a"}, answers(200, "{}"), "protocol (HTTP 200): response: missing"},
	} {
		missing := func(any) ([]adapters.AccountBalances, error) { return nil, call.Missing("response") }
		got, err := call.Batch(t.Context(), c, test.ids, adapters.Unattended(), test.send, missing)
		assert.Nil(t, got)
		assert.EqualError(t, err, "bank: get balances: "+test.want)
	}
}

func TestRefusalNeverHidesTheStatus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status  int
		refusal call.Refusal
		kind    adapters.Kind
		detail  string
	}{
		{403, call.Refusal{}, adapters.ErrForbidden, ""},
		{403, call.Refusal{Kind: adapters.ErrConsentRequired, Code: "X", Known: true}, adapters.ErrConsentRequired, "code X"},
		{403, call.Refusal{Code: "S3CR3T"}, adapters.ErrForbidden, ""},
		{429, call.Refusal{Kind: adapters.ErrUnavailable, Code: "X", Known: true}, adapters.ErrRateLimited, "code X"},
		{500, call.Refusal{Known: true}, adapters.ErrUnavailable, ""},
	} {
		_, err := call.Balances(t.Context(), connect(t, test.refusal), "id", adapters.Unattended(), answers(test.status, "{}"), one)
		var got *adapters.Error
		require.ErrorAs(t, err, &got)
		want := adapters.Error{
			Kind: test.kind, Provider: "bank", Operation: "get balances", Status: test.status,
			Code: test.refusal.Code, RequestID: "sent", Detail: test.detail,
		}
		assert.Equal(t, want, *got)
	}
}

func TestRefusalKeepsWhatTheProviderSays(t *testing.T) {
	t.Parallel()
	refusal := call.Refusal{
		Code: "X", Message: strings.Repeat("\u00e5", 300), RequestID: "theirs",
		Links: map[string]string{"consent": "https://bank.example"},
	}
	tooMany := answers(429, "", "Retry-After", "60")
	_, err := call.Balances(t.Context(), connect(t, refusal), "id", adapters.Unattended(), tooMany, one)
	var got *adapters.Error
	require.ErrorAs(t, err, &got)
	assert.Equal(t, strings.Repeat("\u00e5", 256), got.Message)
	assert.Equal(t, "theirs", got.RequestID)
	assert.Equal(t, refusal.Links, got.Links)
	assert.Equal(t, now.Add(time.Minute), got.RetryAfter)
}

func TestRefusalInsideA200(t *testing.T) {
	t.Parallel()
	assert.ErrorIs(t, call.Refusal{}.Error(adapters.ErrProtocol), adapters.ErrProtocol)
	assert.ErrorIs(t, call.Refusal{Kind: adapters.ErrNotFound}.Error(adapters.ErrProtocol), adapters.ErrNotFound)
}

func TestInterruptedStaysTheContextsError(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		err := call.Interrupted(connect(t, call.Refusal{}), cause)
		assert.ErrorIs(t, err, cause)
		assert.EqualError(t, err, fmt.Sprintf("bank: get balances: %v", cause))
		assert.False(t, errors.As(err, new(*adapters.Error)))
	}
}
