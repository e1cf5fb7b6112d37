package call_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// authorize returns the header that a source leads to.
func authorize(ctx context.Context, fixed adapters.Secret, source adapters.TokenSource) (string, error) {
	request := httptest.NewRequest(http.MethodGet, "https://bank.example", nil)
	err := call.Authorize("Bearer", fixed, source)(ctx, request)
	return request.Header.Get("Authorization"), err
}

func says(token string, err error) adapters.TokenSource {
	return func(context.Context) (string, error) { return token, err }
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	header, err := authorize(t.Context(), "fixed", nil)
	require.NoError(t, err)
	assert.Equal(t, "Bearer fixed", header)
	header, err = authorize(t.Context(), "", says("fresh", nil))
	require.NoError(t, err)
	assert.Equal(t, "Bearer fresh", header)
}

func TestAuthorizeAsksForEveryCall(t *testing.T) {
	t.Parallel()
	asked := 0
	edit := call.Authorize("Bearer", "", func(context.Context) (string, error) {
		asked++
		return strings.Repeat("t", asked), nil
	})
	request := httptest.NewRequest(http.MethodGet, "https://bank.example", nil)
	for _, want := range []string{"Bearer t", "Bearer tt"} {
		require.NoError(t, edit(t.Context(), request))
		assert.Equal(t, []string{want}, request.Header.Values("Authorization"))
	}
}

func TestAuthorizeRefusesTokensThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"":                        "missing",
		" ":                       "starts or ends with a blank",
		"S3CR3T ":                 "starts or ends with a blank",
		"S3CR3T\n":                "holds a control character",
		"S3CR3T\r\nX-Evil: 1":     "holds a control character",
		"S3CR3T\x00":              "holds a control character",
		"S3CR3T\u00e5":            "holds a character outside ASCII",
		strings.Repeat("S", 9000): "too long",
	} {
		header, err := authorize(t.Context(), "", says(token, nil))
		assert.Empty(t, header)
		assert.EqualError(t, err, "invalid_argument: access token: "+want, "%.20q", token)
	}
}

func TestAuthorizeWithASourceThatFails(t *testing.T) {
	t.Parallel()
	cause := errors.New("S3CR3T")
	header, err := authorize(t.Context(), "", says("unused", cause))
	assert.Empty(t, header)
	assert.EqualError(t, err, "unavailable: access token: the source failed")
	assert.ErrorIs(t, err, cause)

	own := &adapters.Error{Kind: adapters.ErrConsentRequired, Operation: "get token", Detail: "refresh token: expired"}
	_, err = authorize(t.Context(), "", says("", own))
	assert.Same(t, own, err, "an error of the library's own sources stays as it is")

	_, err = authorize(t.Context(), "", says("", &adapters.Error{Kind: adapters.ErrRateLimited, Status: 429, RetryAfter: now}))
	assert.Equal(t, &adapters.Error{Kind: adapters.ErrRateLimited, Operation: "get token", Status: 429, RetryAfter: now}, err)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = authorize(ended, "", says("", errors.New("gave up")))
	assert.Equal(t, context.Canceled, err)
}

type key struct{}

func TestAuthorizeHandsTheContextOn(t *testing.T) {
	t.Parallel()
	ctx := context.WithValue(t.Context(), key{}, "from the call")
	header, err := authorize(ctx, "", func(ctx context.Context) (string, error) {
		token, _ := ctx.Value(key{}).(string)
		return token, ctx.Err()
	})
	require.NoError(t, err)
	assert.Equal(t, "Bearer from the call", header)
}
