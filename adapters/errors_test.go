package adapters_test

import (
	"bytes"
	"context"
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

func TestErrorIsTheStateOfItsConsent(t *testing.T) {
	t.Parallel()
	expired := fmt.Errorf("wrapped: %w", &adapters.Error{Kind: adapters.ErrConsentRequired, Consent: adapters.ErrConsentExpired})
	assert.ErrorIs(t, expired, adapters.ErrConsentExpired)
	assert.ErrorIs(t, expired, adapters.ErrConsentRequired)
	assert.NotErrorIs(t, expired, adapters.ErrConsentRevoked)
	assert.ErrorIs(t, adapters.ErrConsentUnknown, adapters.ErrConsentRequired)
	assert.EqualError(t, adapters.ErrConsentExpired, "consent expired")
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		want adapters.Kind
	}{
		{nil, ""},
		{fmt.Errorf("wrapped: %w", failure()), adapters.ErrRateLimited},
		{new(adapters.Error), adapters.KindOther},
		{&adapters.Error{Kind: adapters.ErrUnavailable, Err: context.Canceled}, adapters.ErrUnavailable},
		{fmt.Errorf("wrapped: %w", context.Canceled), adapters.KindCanceled},
		{context.DeadlineExceeded, adapters.KindDeadline},
		{errors.ErrUnsupported, adapters.ErrUnsupported},
		{fmt.Errorf("wrapped: %w", adapters.ErrForbidden), adapters.ErrForbidden},
		{io.EOF, adapters.KindOther},
	} {
		assert.Equal(t, test.want, adapters.KindOf(test.err), "%v", test.err)
	}
}

func TestBaseSupportsNothing(t *testing.T) {
	t.Parallel()
	source := adapters.Source(adapters.Base("bank"))
	assert.Equal(t, "bank", source.Provider())
	_, one := source.Balances(t.Context(), "id", adapters.Unattended())
	_, several := source.BatchBalances(t.Context(), []string{"id"}, adapters.Unattended())
	_, accounts := source.Accounts(t.Context(), adapters.Unattended())
	_, all := source.AllBalances(t.Context(), adapters.Unattended())
	for operation, err := range map[string]error{"get balances": one, "get balances of several accounts": several, "list accounts": accounts, "list balances": all} {
		assert.ErrorIs(t, err, errors.ErrUnsupported)
		assert.ErrorIs(t, err, adapters.ErrUnsupported)
		assert.Equal(t, adapters.ErrUnsupported, adapters.KindOf(err))
		assert.EqualError(t, err, "bank: "+operation+": unsupported: the provider has no such call, nothing was sent")
	}
	assert.NotErrorIs(t, failure(), errors.ErrUnsupported)
}

func TestErrorTextHoldsOurWordsOnly(t *testing.T) {
	t.Parallel()
	assert.EqualError(t, failure(), "eika: get balances: rate_limited (HTTP 429): code ACCESS_EXCEEDED")
	for _, value := range []any{failure(), *failure(), []adapters.Error{*failure()}, struct{ Err error }{failure()}} {
		text, err := json.Marshal(value)
		require.NoError(t, err)
		assert.Contains(t, string(text), `"retryAfter":"2026-01-01T06:00:00Z"`)
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Error("x", "err", value)
		slog.New(slog.NewTextHandler(&log, nil)).Error("x", "err", value)
		shown := fmt.Sprintf("%v %+v %#v %s %q", value, value, value, value, value) + string(text) + log.String()
		assert.NotContains(t, shown, "hidden", "%T", value)
	}
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
