package adapters_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func failure() *adapters.Error {
	return &adapters.Error{
		Kind: adapters.ErrRateLimited, Provider: "eika", Operation: "get balances", Status: 429, Code: "hidden-code",
		Message: "hidden-message", RequestID: "hidden-id", RetryAfter: time.Date(2026, 1, 1, 6, 0, 0, 0, time.UTC),
		Links: map[string]string{"consent": "https://hidden.example"}, Detail: "code ACCESS_EXCEEDED", Err: io.ErrUnexpectedEOF,
	}
}

func TestErrorIsItsKindAndItsCause(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("wrapped: %w", failure())
	assert.ErrorIs(t, err, adapters.ErrRateLimited)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.NotErrorIs(t, err, adapters.ErrForbidden)
	var got *adapters.Error
	require.True(t, errors.As(err, &got))
	assert.Equal(t, 429, got.Status)
}

func TestErrorTextHoldsOurWordsOnly(t *testing.T) {
	t.Parallel()
	const want = "eika: get balances: rate_limited (HTTP 429): code ACCESS_EXCEEDED"
	assert.EqualError(t, failure(), want)
	text, err := json.Marshal(failure())
	require.NoError(t, err)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "err", failure())
	slog.New(slog.NewTextHandler(&log, nil)).Error("x", "err", failure())
	shown := fmt.Sprintf("%v %+v %#v %s %q", failure(), failure(), failure(), failure(), failure()) + string(text) + log.String()
	assert.NotContains(t, shown, "hidden")
	assert.Contains(t, string(text), `"retryAfter":"2026-01-01T06:00:00Z"`)
}

func TestSecretIsNeverShown(t *testing.T) {
	t.Parallel()
	type config struct{ Token adapters.Secret }
	secret := config{"hidden"}
	text, err := json.Marshal(secret)
	require.NoError(t, err)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "a", secret, "b", secret.Token)
	slog.New(slog.NewTextHandler(&log, nil)).Error("x", "a", secret, "b", secret.Token)
	shown := fmt.Sprintf("%v %+v %#v %s %q %x %d %s", secret, secret, secret, secret, secret, secret, secret, secret.Token)
	assert.NotContains(t, shown+string(text)+log.String(), "hidden")
	assert.NotContains(t, shown, fmt.Sprintf("%x", "hidden"))
}
