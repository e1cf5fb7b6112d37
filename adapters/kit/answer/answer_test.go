package answer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/answer"
	"github.com/openbalances/openbalances/gen/mypos"
	"github.com/openbalances/openbalances/gen/neonomics"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve returns the address of a bank that answers everything alike.
func serve(t *testing.T, status int, media, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.Header().Set("X-Trace", "S3CR3T-header")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

const id = "S3CR3T-id"

func fromMyPOS(ctx context.Context, t *testing.T, url string) (mypos.AccountBalances, error) {
	t.Helper()
	client, err := mypos.NewClient(url, mypos.WithHTTPClient(adapters.NewHTTPClient(nil)))
	require.NoError(t, err)
	return answer.Decode[mypos.AccountBalances](client.GetBalances(ctx, id, &mypos.GetBalancesParams{}))
}

func fromNeonomics(ctx context.Context, t *testing.T, url string) ([]neonomics.Balance, error) {
	t.Helper()
	client, err := neonomics.NewClient(url)
	require.NoError(t, err)
	return answer.Decode[[]neonomics.Balance](client.GetBalances(ctx, id, &neonomics.GetBalancesParams{}))
}

const plain = "application/json"

func TestDecodeReadsGoodAnswers(t *testing.T) {
	t.Parallel()
	list, err := fromNeonomics(t.Context(), t, serve(t, 200, plain, `[{"amount": 4.200, "currency": "NOK", "type": "AVLB", "more": null}]`))
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, "4.200", adapters.NewAmount(list[0].Amount.Decimal).String())
	one, err := fromMyPOS(t.Context(), t, serve(t, 200, plain+"; charset=utf-8", `{"account": {"accountNumber": "1"}, "balances": []}`))
	require.NoError(t, err)
	assert.Equal(t, "1", one.Account.AccountNumber)
	assert.NotNil(t, one.Balances)
}

func TestDecodeRefusesEverythingElse(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status             int
		media, body, wants string
	}{
		"null amount":     {200, plain, `[{"amount": "1", "currency": "NOK", "type": "T"}, {"amount": null, "currency": "NOK", "type": "T"}]`, "HTTP 200: [1].amount: missing"},
		"no currency":     {200, plain, `[{"amount": "1", "type": "T"}]`, "HTTP 200: [0].currency: missing"},
		"no number":       {200, plain, `[{"amount": "S3CR3T", "currency": "NOK", "type": "T"}]`, "HTTP 200: [0].amount: not a decimal amount"},
		"status":          {404, plain, `{"S3CR3T": "body"}`, "HTTP 404"},
		"HTML":            {200, "text/html", "S3CR3T", "HTTP 200: content: not application/json"},
		"too large":       {200, plain, strings.Repeat(" ", answer.DefaultLimit) + "[]", "HTTP 200: body: larger than the limit"},
		"broken":          {200, plain, `[{"S3CR3T"`, "HTTP 200: [0].*: JSON ends too early"},
		"twice":           {200, plain, `[{"amount": "1", "amount": "2", "currency": "NOK", "type": "T"}]`, "HTTP 200: [0].amount: name occurs twice"},
		"second document": {200, plain, `[] []`, "HTTP 200: not valid JSON"},
		"another success": {206, plain, `[]`, "HTTP 206"},
		"many elements":   {200, plain, "[" + strings.Repeat("{},", 10_001) + "{}]", "HTTP 200: more elements than an answer can have"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := fromNeonomics(t.Context(), t, serve(t, test.status, test.media, test.body))
			assert.Nil(t, got)
			assert.EqualError(t, err, "answer: "+test.wants)
			var refused *answer.Error
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, test.status, refused.Status)
			assert.Equal(t, "S3CR3T-header", refused.Header.Get("X-Trace"))
			assert.Equal(t, test.status != 200, string(refused.Body) == test.body, "the body of a refusal only")
			assert.Equal(t, strings.Contains(test.wants, "larger") || strings.Contains(test.wants, "more elements"), errors.Is(err, answer.ErrTooLarge))
			assertSecrecy(t, refused)
		})
	}
	_, err := fromMyPOS(t.Context(), t, serve(t, 200, plain, `{"account": {"accountNumber": null}, "balances": []}`))
	assert.EqualError(t, err, "answer: HTTP 200: account.accountNumber: missing")
}

func TestDecodeKeepsTheContextsError(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	url := serve(t, 200, plain, "[]")
	_, err := fromNeonomics(ctx, t, url)
	assert.ErrorIs(t, err, context.Canceled)
	_, err = fromMyPOS(t.Context(), t, "http://127.0.0.1:1")
	assert.EqualError(t, err, "answer: connection refused")
	var unsent *answer.Error
	require.ErrorAs(t, err, &unsent)
	assertSecrecy(t, unsent)
}

// The bank answers each request of a connection but the first with the answer to the one before it. The balance is the
// number of the request, whether the bank repeats the request's id or not.
func TestDecodeRefusesTheAnswerToAnotherRequest(t *testing.T) {
	t.Parallel()
	for _, echoes := range []bool{true, false} {
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			own := r.Header.Get("X-Request-ID")
			late := r.Context().Value(key{}).(*string)
			if *late == "" {
				*late = own
			}
			own, *late = *late, own
			w.Header().Set("Content-Type", plain)
			if echoes {
				w.Header().Set("X-Request-ID", own)
			}
			_, _ = fmt.Fprintf(w, `{"account": {"accountNumber": "1"}, "balances": [{"amount": %s, "currency": "EUR", "balanceType": "T"}]}`, own[35:])
		}))
		server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, key{}, new(string))
		}
		server.Start()
		t.Cleanup(server.Close)
		client, err := mypos.NewClient(server.URL, mypos.WithHTTPClient(adapters.NewHTTPClient(nil)))
		require.NoError(t, err)
		for i := range 9 {
			id := fmt.Sprintf("53bc1d24-0a3f-4a3a-b3a6-0f5d0a3f6b1%d", i)
			got, err := answer.Decode[mypos.AccountBalances](client.GetBalances(t.Context(), "1", &mypos.GetBalancesParams{XRequestID: id}))
			if err != nil {
				assert.ErrorIs(t, err, answer.ErrAnotherRequest)
				assert.True(t, echoes && i%2 == 1, "the next request has a new connection")
				continue
			}
			assert.Equal(t, fmt.Sprint(i), got.Balances[0].Amount.Decimal.String())
		}
	}
}

type key struct{}

// assertSecrecy prints an error in every way there is.
func assertSecrecy(t *testing.T, err *answer.Error) {
	t.Helper()
	type inside struct {
		Err     error
		Pointer *answer.Error
		Value   answer.Error
	}
	for _, value := range []any{err, *err, fmt.Errorf("wrapped: %w", err), inside{err, err, *err}, &inside{err, err, *err}, []answer.Error{*err}, []any{err}, map[string]*answer.Error{"": err}} {
		shown := fmt.Sprintf("%v %+v %#v %s %q %x %d", value, value, value, value, value, value, value)
		text, failure := json.Marshal(value)
		require.NoError(t, failure)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Error("", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Error("", "value", value)
		shown += string(text) + log.String()
		for _, hidden := range []string{"S3CR3T", fmt.Sprintf("%x", "S3CR3T"), fmt.Sprintf("%d", []byte("S3CR3T"))[1:18], "UzNDUjNU", "127.0.0.1"} {
			assert.NotContains(t, shown, hidden, "%T", value)
		}
	}
	text, failure := json.Marshal(err)
	require.NoError(t, failure)
	assert.JSONEq(t, fmt.Sprintf("%q", err.Error()), string(text))
}

func TestCheckID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", "..", "S3CR3T/..", "S3CR3T/./b", "S3CR3T "} {
		err := answer.CheckID(id)
		require.Error(t, err, id)
		assert.NotContains(t, fmt.Sprintf("%+v", err), "S3CR3T")
	}
	assert.EqualError(t, answer.CheckID(".."), "answer: id: names another path")
	assert.NoError(t, answer.CheckID("50044620073"))
	assert.NoError(t, answer.CheckID("U2Jhbmtlbg/+x=="))
}
