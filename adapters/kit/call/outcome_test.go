package call_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/answer"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func broken(any) ([]adapters.Balance, error) { return nil, call.Missing("list") }

func waiting(request *http.Request) (*http.Response, error) {
	<-request.Context().Done()
	return nil, request.Context().Err()
}

func failing(err error) transport {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// outcomes are what can come of a call. RequestID, Provider and Operation of an error are set beside.
var outcomes = map[string]struct {
	send    transport
	refusal call.Refusal
	mapping mapping
	edit    call.Editor
	want    *adapters.Error
	body    string // that the hook sees
}{
	"good":    {send: answers(200, `{"a": 1}`, "X-Request-ID", "theirs"), body: `{"a": 1}`},
	"mapping": {send: answers(200, "{}"), mapping: broken, want: &adapters.Error{Kind: adapters.ErrProtocol, Origin: adapters.OriginProvider, Status: 200, Detail: "list: missing"}, body: "{}"},
	"JSON":    {send: answers(200, "{"), want: &adapters.Error{Kind: adapters.ErrProtocol, Origin: adapters.OriginProvider, Status: 200, Detail: "JSON ends too early"}, body: "{"},
	"HTML":    {send: answers(200, "<", "Content-Type", "text/html"), want: &adapters.Error{Kind: adapters.ErrProtocol, Origin: adapters.OriginProvider, Status: 200, Detail: "content: not application/json"}},
	"large": {send: answers(200, strings.Repeat(" ", adapters.DefaultMaxBodyBytes+1)),
		want: &adapters.Error{Kind: adapters.ErrTooLarge, Origin: adapters.OriginProvider, Status: 200, Detail: "body: larger than the limit"}},
	"many elements": {send: answers(200, "["+strings.Repeat("0,", 10_001)+"0]"), body: "[" + strings.Repeat("0,", 10_001) + "0]",
		want: &adapters.Error{Kind: adapters.ErrTooLarge, Origin: adapters.OriginProvider, Status: 200, Detail: "more elements than an answer can have"}},
	"transport":  {send: failing(errors.New("S3CR3T")), want: &adapters.Error{Kind: adapters.ErrUnavailable, Origin: adapters.OriginTransport, Detail: "request failed"}},
	"timeout":    {send: waiting, want: &adapters.Error{Kind: adapters.ErrUnavailable, Origin: adapters.OriginTransport, Detail: "no answer in time"}},
	"no answer":  {send: failing(nil), want: &adapters.Error{Kind: adapters.ErrUnavailable, Origin: adapters.OriginTransport, Detail: "the transport gave no answer"}},
	"no editing": {send: unsendable, edit: func(context.Context, *http.Request) error { return errors.New("S3CR3T") }, want: &adapters.Error{Kind: adapters.ErrUnavailable, Origin: adapters.OriginLocal, Detail: "request could not be made"}},
	"bank": {send: answers(503, "{}"), refusal: call.Refusal{Origin: adapters.OriginBank},
		want: &adapters.Error{Kind: adapters.ErrUnavailable, Origin: adapters.OriginBank, Status: 503}, body: "{}"},
	"consent": {send: answers(403, "{}"), refusal: call.Refusal{Kind: adapters.ErrConsentRequired, Consent: adapters.ErrConsentExpired, Code: "x", Known: "X"}, body: "{}",
		want: &adapters.Error{Kind: adapters.ErrConsentRequired, Consent: adapters.ErrConsentExpired, Origin: adapters.OriginProvider, Status: 403, Code: "x", Detail: "code X"}},
	"consent beside another kind": {send: answers(403, "{}"), refusal: call.Refusal{Consent: adapters.ErrConsentExpired, Code: "S3CR3T"}, body: "{}",
		want: &adapters.Error{Kind: adapters.ErrForbidden, Origin: adapters.OriginProvider, Status: 403, Code: "S3CR3T"}},
	"429 stays 429": {send: answers(429, "{}"), refusal: call.Refusal{Kind: adapters.ErrUnavailable, Code: "x", Known: "X"}, body: "{}",
		want: &adapters.Error{Kind: adapters.ErrRateLimited, Origin: adapters.OriginProvider, Status: 429, Code: "x", Detail: "code X"}},
	"empty body": {send: answers(429, "", "Retry-After", "60"),
		want: &adapters.Error{Kind: adapters.ErrRateLimited, Origin: adapters.OriginProvider, Status: 429, RetryAfter: now.Add(time.Minute)}},
	"all that a refusal says": {send: answers(500, "{}"), body: "{}", refusal: call.Refusal{Code: "X", Message: strings.Repeat("å", 300), RequestID: "theirs", Links: map[string]string{"consent": "S3CR3T"}},
		want: &adapters.Error{Kind: adapters.ErrUnavailable, Origin: adapters.OriginProvider, Status: 500, Code: "X", Message: strings.Repeat("å", 256), RequestID: "theirs", Links: map[string]string{"consent": "S3CR3T"}}},
}

func TestOutcomesAreCompleteAndSeen(t *testing.T) {
	t.Parallel()
	for name, test := range outcomes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen []adapters.Exchange
			e := connect(t, test.send, test.refusal, func(o *adapters.Options) {
				o.OnExchange = func(ctx context.Context, exchange adapters.Exchange) {
					assert.Equal(t, "of the call", ctx.Value(key{}))
					seen = append(seen, exchange)
				}
				if name == "timeout" {
					o.HTTPClient.Timeout = 1
				}
			})
			if test.edit != nil {
				e.Edit(test.edit)
			}
			mapping := one
			if test.mapping != nil {
				mapping = test.mapping
			}
			_, err := balances(context.WithValue(t.Context(), key{}, "of the call"), e, mapping)
			require.Len(t, seen, 1)
			assertOutcome(t, test.want, err)
			assertExchange(t, test.body, err, seen[0])
		})
	}
}

func assertOutcome(t *testing.T, want *adapters.Error, err error) {
	t.Helper()
	if want == nil {
		require.NoError(t, err)
		return
	}
	var got *adapters.Error
	require.ErrorAs(t, err, &got)
	complete, without := *want, *got
	complete.Provider, complete.Operation, without.Err = "bank", "get balances", nil
	if want.Origin != adapters.OriginLocal && want.RequestID == "" {
		complete.RequestID = "sent"
	}
	assert.Equal(t, complete, without)
	assert.NotContains(t, fmt.Sprintf("%+v %#v", err, err), "S3CR3T")
}

func assertExchange(t *testing.T, body string, err error, got adapters.Exchange) {
	t.Helper()
	want := adapters.Exchange{
		Provider: "bank", Operation: "get balances", Route: get.Route, Kind: adapters.KindOf(err), RequestIDSent: "sent",
		RequestIDReceived: got.Header.Get("X-Request-ID"), Header: got.Header, Body: got.Body, Duration: got.Duration,
	}
	var failure *adapters.Error
	switch {
	case err == nil:
		want.Status = 200
		assert.Equal(t, "theirs", got.RequestIDReceived)
	case errors.As(err, &failure):
		want.Status = failure.Status
		if failure.Origin == adapters.OriginLocal {
			want.RequestIDSent = ""
		}
	}
	assert.Equal(t, want, got)
	assert.Equal(t, body, string(got.Body))
	assert.Equal(t, got.Status != 0, got.Header != nil)
	assert.NotContains(t, fmt.Sprintf("%+v", got), "S3CR3T", "nothing of the request")
}

func TestErrorsKeepTheirCause(t *testing.T) {
	t.Parallel()
	_, err := balances(t.Context(), connect(t, answers(404, "theirs"), call.Refusal{}), one)
	var cause *answer.Error
	require.ErrorAs(t, err, &cause)
	assert.Equal(t, "theirs", string(cause.Body))
	own := &adapters.Error{Kind: adapters.ErrUnauthorized, Provider: "tokens", Operation: "get token", Origin: adapters.OriginTransport}
	e := connect(t, unsendable, call.Refusal{})
	e.Edit(func(context.Context, *http.Request) error { return own })
	_, err = balances(t.Context(), e, one)
	assert.Same(t, own, err, "the failure of another operation stays as it is")
	own.Operation = ""
	_, err = balances(t.Context(), e, one)
	assert.EqualError(t, err, "bank: get balances: unauthorized")
	assert.Equal(t, "tokens", own.Provider, "the cause is not changed")
}

func TestAProviderNeedNotReadRefusals(t *testing.T) {
	t.Parallel()
	options := &adapters.Options{HTTPClient: &http.Client{Transport: answers(404, "{}")}}
	e, err := call.Open(call.Provider{Name: "bank", URL: "https://bank.example"}, struct{}{}, options)
	require.NoError(t, err)
	_, err = balances(t.Context(), e, one)
	assert.ErrorIs(t, err, adapters.ErrNotFound)
}

func TestRefusalInsideA200(t *testing.T) {
	t.Parallel()
	assert.ErrorIs(t, call.Refusal{}.Error(adapters.ErrProtocol), adapters.ErrProtocol)
	assert.ErrorIs(t, call.Refusal{Kind: adapters.ErrNotFound}.Error(adapters.ErrProtocol), adapters.ErrNotFound)
}

func TestTheEndOfTheCallersContextIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, send := range []transport{waiting, failing(errors.New("reset")), answers(200, "{"), answers(200, "{}")} {
		ctx, cancel := context.WithCancel(t.Context())
		kinds := []adapters.Kind{}
		e := connect(t, func(request *http.Request) (*http.Response, error) {
			cancel()
			return send(request)
		}, call.Refusal{}, func(o *adapters.Options) {
			o.OnExchange = func(_ context.Context, x adapters.Exchange) { kinds = append(kinds, x.Kind) }
		})
		_, err := balances(ctx, e, func(any) ([]adapters.Balance, error) { return nil, ctx.Err() })
		assert.ErrorIs(t, err, context.Canceled)
		assert.EqualError(t, err, "bank: get balances: context canceled")
		assert.False(t, errors.As(err, new(*adapters.Error)))
		assert.Equal(t, []adapters.Kind{adapters.KindCanceled}, kinds)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, err := balances(ctx, connect(t, unsendable, call.Refusal{}), one)
	assert.EqualError(t, err, "bank: get balances: context deadline exceeded")
}

func TestEveryRequestCounts(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	thrice := func(request *http.Request) (response *http.Response, err error) {
		for range 3 {
			if response != nil {
				_ = response.Body.Close()
			}
			response, err = http.DefaultTransport.RoundTrip(request)
		}
		return response, err
	}
	outside, all := call.Counting(t.Context())
	for name, test := range map[string]struct {
		send transport
		url  string
		want int
	}{
		"once":       {http.DefaultTransport.RoundTrip, server.URL, 1},
		"repeated":   {thrice, server.URL, 3},
		"refused":    {http.DefaultTransport.RoundTrip, "http://127.0.0.1:1", 1},
		"in memory":  {answers(200, "{}"), server.URL, 1},
		"plain http": {unsendable, "https://bank.example", 0},
	} {
		before := max(all(), 0)
		ctx, count := call.Counting(outside)
		e := connect(t, test.send, call.Refusal{}, func(o *adapters.Options) { o.BaseURL = test.url })
		if name == "plain http" {
			e.Edit(func(_ context.Context, request *http.Request) error {
				request.URL.Scheme = "http"
				return nil
			})
		}
		_, _ = balances(ctx, e, one)
		assert.Equal(t, test.want, count(), name)
		assert.Equal(t, test.want, all()-before, "counters nest")
	}
}
