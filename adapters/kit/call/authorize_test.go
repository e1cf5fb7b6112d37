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

type key struct{}

// A fixed credential is sent as it is; a source is asked for every call, with the call's context.
func TestAuthorize(t *testing.T) {
	t.Parallel()
	header, err := authorize(t.Context(), "fixed", nil)
	require.NoError(t, err)
	assert.Equal(t, "Bearer fixed", header)
	edit := call.Authorize("Bearer", "", func(ctx context.Context) (string, error) {
		token, _ := ctx.Value(key{}).(string)
		return token, ctx.Err()
	})
	request := httptest.NewRequest(http.MethodGet, "https://bank.example", nil)
	for _, token := range []string{"first", "second"} {
		require.NoError(t, edit(context.WithValue(t.Context(), key{}, token), request))
		assert.Equal(t, []string{"Bearer " + token}, request.Header.Values("Authorization"))
	}
}

func TestAuthorizeRefusesTokensThatCannotBeSent(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]string{
		"":                        "missing",
		" ":                       "starts or ends with a blank",
		"S3CR3T ":                 "starts or ends with a blank",
		"S3CR3T, Basic b":         "holds a separator",
		`S3CR3T",x="`:             "holds a separator",
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

// The caller's context ends while a source is at work; that is no failure of the source. The client's own timeout is one.
func TestContextThatEndsInASource(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 1)
	waiting := func(ctx context.Context) (string, error) {
		began <- struct{}{}
		<-ctx.Done()
		return "", fmt.Errorf("token: %w", ctx.Err())
	}
	e, err := call.Open(call.Provider{Name: "bank", URL: "https://bank.example"}, struct{}{},
		&adapters.Options{HTTPClient: &http.Client{Timeout: 200 * time.Millisecond}})
	require.NoError(t, err)
	e.Edit(call.Authorize("Bearer", "", waiting))
	ask := func(ctx context.Context) (int, error) {
		ctx, count := call.Counting(ctx)
		_, err := call.Balances(ctx, e, "a", adapters.Unattended(), call.Request{Build: func(*call.Endpoint) (*http.Request, error) {
			return http.NewRequest(http.MethodGet, "https://bank.example", nil)
		}}, func(struct{}) ([]adapters.Balance, error) { return nil, nil })
		return count(), err
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-began
		cancel()
	}()
	sent, err := ask(ctx)
	assert.Equal(t, adapters.KindCanceled, adapters.KindOf(err))
	assert.Zero(t, sent)
	sent, err = ask(t.Context())
	assert.EqualError(t, err, "bank: get balances: unavailable: no answer in time")
	assert.Zero(t, sent)
}

func TestHeadersThatComeTogether(t *testing.T) {
	t.Parallel()
	edit := call.AllOrNone("Psu-", []string{"psu-ip-address", "Psu-User-Agent"})
	for sent, lacks := range map[string]string{
		"": "", "X-Other": "", "Psu-Ip-Address Psu-User-Agent Psu-Accept": "",
		"Psu-Ip-Address": "Psu-User-Agent", "Psu-Accept": "Psu-Ip-Address",
	} {
		request := httptest.NewRequest(http.MethodGet, "https://bank.example", nil)
		for _, name := range strings.Fields(sent) {
			request.Header.Set(name, "x")
		}
		err := edit(t.Context(), request)
		if lacks == "" {
			assert.NoError(t, err, sent)
			continue
		}
		assert.ErrorIs(t, err, adapters.ErrInvalidArgument)
		assert.ErrorContains(t, err, "psu: lacks "+lacks+", which the bank requires", sent)
	}
}
