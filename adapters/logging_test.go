package adapters_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const private = "S3CR3T"

// logged sends a request full of private texts through a LogTransport and returns what was logged.
func logged(t *testing.T, ctx context.Context, level slog.Level, address string) string {
	t.Helper()
	var text bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: level}))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		address+"/accounts/"+private+"/balances?scope=accounts&account_id="+private+"&"+private+"=1", strings.NewReader(private))
	require.NoError(t, err)
	for _, name := range []string{"Authorization", "X-Api-Key", "Consent-Id", "Psu-Ip-Address", "X-" + private} {
		request.Header.Set(name, private)
	}
	request.Header.Set("X-Request-ID", "99391c7e-ad88-49ec-a2ad-99ddcb1f7721")
	request.Header.Set("Content-Type", strings.Repeat("x", 1000))
	client := http.Client{Transport: adapters.LogTransport(nil, logger)}
	if response, err := client.Do(request); err == nil {
		body, err := io.ReadAll(response.Body)
		assert.NoError(t, err)
		assert.Equal(t, private, string(body), "the body goes through")
		assert.NoError(t, response.Body.Close())
	}
	assert.NotContains(t, text.String(), private)
	assert.Less(t, text.Len(), 1000)
	return text.String()
}

func TestLogTransportShowsOnlyWhatIsHarmless(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", private)
		w.Header().Set("X-"+private, private)
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, private)
	}))
	t.Cleanup(server.Close)
	text := logged(t, t.Context(), slog.LevelDebug, server.URL)
	for _, shown := range []string{
		`"msg":"answered","method":"POST"`, `"status":429`, `"query":{"scope":"accounts"}`,
		`"X-Request-Id":"99391c7e-ad88-49ec-a2ad-99ddcb1f7721"`, `"Retry-After":"60"`, `"duration":`,
	} {
		assert.Contains(t, text, shown)
	}
	assert.Empty(t, logged(t, t.Context(), slog.LevelInfo, server.URL), "only at debug level")
}

func TestLogTransportNamesNoAddressWhenNothingAnswers(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	assert.Contains(t, logged(t, t.Context(), slog.LevelDebug, server.URL), `"msg":"not answered"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Contains(t, logged(t, ctx, slog.LevelDebug, server.URL), `"msg":"given up"`)
}
