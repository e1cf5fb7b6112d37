package adaptertest

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Tokens is what [Tokens.Run] has to know about a provider's source of access tokens, whose path ends in "/token".
type Tokens struct {
	Provider string
	Document *contract.Document // nil means the one of package specs
	Source   func(*adapters.Options) (adapters.TokenSource, error)
	Client   func(adapters.TokenSource, *adapters.Options) (adapters.Source, error)
	// Failures are what the examples of the operation lead to, by name. The zero Failure is a token.
	Failures map[string]Failure
}

// Failure is a kind and an HTTP status.
type Failure struct {
	Kind   adapters.Kind
	Status int
}

// Run checks what the source, and a client that asks it, make of each example; and that a token which the provider
// refuses is replaced with the next call.
func (s Tokens) Run(t *testing.T) {
	h := Harness{Document: documentOf(t, s.Provider, s.Document)}
	bank, account := sandbox.Handler(h.Document), h.account(t)
	open := func(t *testing.T, example string, refused int64) (adapters.TokenSource, adapters.Source, *atomic.Int64) {
		var tokens, calls atomic.Int64
		options := &adapters.Options{HTTPClient: ownClient(t)}
		options.BaseURL = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch isToken := strings.HasSuffix(r.URL.Path, "/token"); {
			case isToken && example != "":
				r.Header.Set("Prefer", "example="+example)
				fallthrough
			case isToken:
				tokens.Add(1)
			case calls.Add(1) <= refused:
				with(http.StatusUnauthorized, "application/json", "{}")(w, r)
				return
			}
			bank.ServeHTTP(w, r)
		}))
		source, err := s.Source(options)
		require.NoError(t, err)
		client, err := s.Client(source, options)
		require.NoError(t, err)
		return source, client, &tokens
	}
	for example, want := range s.Failures {
		t.Run(example, func(t *testing.T) {
			t.Parallel()
			source, client, _ := open(t, example, 0)
			token, failed := source(t.Context())
			balances, err := client.Balances(t.Context(), account, adapters.Unattended())
			if want == (Failure{}) {
				require.NoError(t, failed)
				assert.Equal(t, "sandbox-access-token", token)
				require.NoError(t, err)
				assert.NotEmpty(t, balances)
				return
			}
			var failure *adapters.Error
			require.ErrorAs(t, failed, &failure)
			assert.Equal(t, want, Failure{failure.Kind, failure.Status})
			assert.Equal(t, "get token", failure.Operation)
			assert.Empty(t, token)
			assert.EqualError(t, err, failed.Error())
		})
	}
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		_, client, tokens := open(t, "", 1)
		for i, want := range []error{adapters.ErrUnauthorized, nil, nil} {
			_, err := client.Balances(t.Context(), account, adapters.Unattended())
			require.ErrorIs(t, err, want)
			assert.EqualValues(t, min(i+1, 2), tokens.Load())
		}
	})
}
