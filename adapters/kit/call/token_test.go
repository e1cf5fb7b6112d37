package call_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// issuer is a server of tokens with a clock of its own.
type issuer struct {
	source adapters.TokenSource
	asked  atomic.Int64
	now    atomic.Pointer[time.Time]
	answer atomic.Pointer[string]
	hold   chan struct{}                     // nil, or what every answer waits for
	seen   atomic.Pointer[adapters.Exchange] // the last one
}

type tokenBody struct {
	AccessToken string  `json:"access_token"`
	TokenType   *string `json:"token_type"`
	ExpiresIn   *int64  `json:"expires_in"`
}

func newIssuer(t *testing.T, answer string) *issuer {
	t.Helper()
	i := &issuer{}
	i.answer.Store(&answer)
	i.tick(0)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		if i.hold != nil {
			<-i.hold
		}
		w.Header().Set("Content-Type", "application/json")
		if text := *i.answer.Load(); text != "" {
			_, _ = io.WriteString(w, text)
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	options := &adapters.Options{BaseURL: server.URL, Now: func() time.Time { return *i.now.Load() }}
	options.OnExchange = func(_ context.Context, x adapters.Exchange) { i.seen.Store(&x) }
	e, err := call.Open(call.Provider{Name: "bank"}, struct{}{}, options)
	require.NoError(t, err)
	post := call.Request{Route: "POST /token", Build: func(e *call.Endpoint) (*http.Request, error) {
		return http.NewRequest(http.MethodPost, e.Server(), strings.NewReader("S3CR3T"))
	}}
	i.source = call.Tokens(e, func() call.Request { return post }, func(body tokenBody) (call.Token, error) {
		return call.Token{Text: body.AccessToken, Type: body.TokenType, ExpiresIn: body.ExpiresIn}, nil
	})
	return i
}

// tick sets the clock.
func (i *issuer) tick(sinceStart time.Duration) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(sinceStart)
	i.now.Store(&now)
}

func TestTokensAreKeptUntilShortlyBeforeTheirEnd(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		life string
		kept time.Duration
	}{
		"an hour":                {"3600", 59 * time.Minute},
		"shorter than two times": {"60", 30 * time.Second},
		"a second":               {"1", 500 * time.Millisecond},
		"a century":              {"3155760000", 24*time.Hour - time.Minute},
		"largest":                {"9223372036854775807", 24*time.Hour - time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuer(t, `{"access_token": "t", "token_type": "Bearer", "expires_in": `+test.life+`}`)
			for _, since := range []time.Duration{0, test.kept - 1, test.kept} {
				i.tick(since)
				token, err := i.source(t.Context())
				require.NoError(t, err)
				assert.Equal(t, "t", token)
				asked := 1
				if since == test.kept {
					asked = 2
				}
				assert.EqualValues(t, asked, i.asked.Load(), "after %s", since)
			}
		})
	}
}

func TestTokensWithoutLifetimeAreNotKept(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{"access_token": "t"}`, `{"access_token": "t", "expires_in": 0}`, `{"access_token": "t", "expires_in": -9}`} {
		i := newIssuer(t, answer)
		for n := range 2 {
			_, err := i.source(t.Context())
			require.NoError(t, err)
			assert.EqualValues(t, n+1, i.asked.Load())
		}
	}
}

func TestConcurrentCallersShareOneFetch(t *testing.T) {
	t.Parallel()
	i := newIssuer(t, `{"access_token": "t", "expires_in": 3600}`)
	i.hold = make(chan struct{})
	impatient, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		_, err := i.source(impatient) // perhaps the one that began the fetch
		assert.ErrorIs(t, err, context.Canceled)
		close(i.hold)
	})
	for range 100 {
		group.Go(func() {
			token, err := i.source(t.Context())
			assert.NoError(t, err)
			assert.Equal(t, "t", token)
		})
	}
	for i.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	leave()
	group.Wait()
	assert.EqualValues(t, 1, i.asked.Load())
}

func TestFailuresAreNotKept(t *testing.T) {
	t.Parallel()
	for answer, detail := range map[string]string{
		"":                        "bank: get token: unauthorized (HTTP 401)",
		`{}`:                      "bank: get token: protocol (HTTP 200): access_token: missing",
		`{"access_token": null}`:  "bank: get token: protocol (HTTP 200): access_token: missing",
		`{"access_token": "t\n"}`: "bank: get token: protocol (HTTP 200): access_token: holds a control character",
		`{"access_token": "t", "token_type": "mac"}`:     "bank: get token: protocol (HTTP 200): token_type: not bearer",
		`{"access_token": "t", "expires_in": "a while"}`: "",
	} {
		i := newIssuer(t, answer)
		_, err := i.source(t.Context())
		var failure *adapters.Error
		require.True(t, errors.As(err, &failure), answer)
		seen := i.seen.Load()
		assert.Equal(t, []any{"bank", "get token", "POST /token", failure.Kind, failure.Status}, []any{seen.Provider, seen.Operation, seen.Route, seen.Kind, seen.Status})
		assert.NotContains(t, fmt.Sprintf("%+v", seen), "S3CR3T")
		if detail != "" {
			assert.EqualError(t, err, detail)
		}
		good := `{"access_token": "t", "expires_in": 3600}`
		i.answer.Store(&good)
		ctx, count := call.Counting(t.Context())
		_, err = i.source(ctx)
		assert.NoError(t, err)
		assert.Zero(t, count(), "a token is no call of an account")
		assert.Empty(t, i.seen.Load().Kind)
	}
}
