package call_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/answer"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A provider's own header with the request's id proves what X-Request-ID proves elsewhere, and is shown where it is.
func TestRequestIDInAHeaderOfTheProvider(t *testing.T) {
	t.Parallel()
	const own, another = "99391c7e-ad88-49ec-a2ad-99ddcb1f7721", "53bc1d24-0a3f-4a3a-b3a6-0f5d0a3f6b11"
	request := call.Request{Route: "GET /", Build: func(e *call.Endpoint) (*http.Request, error) {
		request, err := http.NewRequest(http.MethodGet, e.Server(), nil)
		if err == nil {
			request.Header.Set("x-correlation-id", own)
		}
		return request, err
	}}
	for name, tc := range map[string]struct {
		send   transport
		detail string
		id     string
	}{
		"own":       {answers(200, "{}", "x-correlation-id", own), "", own},
		"another":   {answers(200, "{}", "x-correlation-id", another), "X-Correlation-Id: another request's", own},
		"no header": {answers(200, "{}", "X-Request-ID", another), "", own},
		"no answer": {failing(errors.New("gone")), "request failed", own},
	} {
		var log bytes.Buffer
		var seen adapters.Exchange
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		options := &adapters.Options{
			HTTPClient: &http.Client{Transport: adapters.LogTransport(tc.send, logger)},
			OnExchange: func(_ context.Context, exchange adapters.Exchange) { seen = exchange },
		}
		e, err := call.Open(call.Provider{Name: "bank", URL: "https://bank.example", RequestID: "x-correlation-id"}, struct{}{}, options)
		require.NoError(t, err)
		got, err := call.Balances(t.Context(), e, "id", adapters.Unattended(), request, one)
		assert.Equal(t, own, seen.RequestIDSent, name)
		assert.Contains(t, log.String(), `"X-Correlation-Id":"`+own, name)
		if tc.detail == "" {
			require.NoError(t, err, name)
			assert.Equal(t, tc.id, got[0].RequestID, name)
			continue
		}
		var failure *adapters.Error
		require.ErrorAs(t, err, &failure, name)
		assert.Equal(t, tc.detail, failure.Detail, name)
		assert.Equal(t, own, failure.RequestID, name)
		assert.Equal(t, name == "another", errors.Is(err, answer.ErrAnotherRequest), name)
	}
}
