package adapters_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/secrettest"
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
	secrettest.AssertHides(t, *failure(), "hidden")
	text, err := json.Marshal(failure())
	require.NoError(t, err)
	assert.Contains(t, string(text), `"retryAfter":"2026-01-01T06:00:00Z"`)
}
