package accessguard_test

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ed25519"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/enablebanking"
	"github.com/openbalances/openbalances/adapters/internal/tlstest"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/adapters/tokenio"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve starts a provider and counts its requests.
func serve(t *testing.T, handler http.HandlerFunc) (*adapters.Options, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return &adapters.Options{BaseURL: server.URL}, &requests
}

// repeating is a transport that makes every request three times, as libraries for retries do.
type repeating struct{ http.RoundTripper }

func (r repeating) RoundTrip(request *http.Request) (*http.Response, error) {
	for range 2 {
		response, err := r.RoundTripper.RoundTrip(request.Clone(request.Context()))
		if err != nil {
			return nil, err
		}
		_ = response.Body.Close()
	}
	return r.RoundTripper.RoundTrip(request)
}

// leavingOut is a source that sends only the first account of a batch.
type leavingOut struct{ adapters.Source }

func (l leavingOut) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	_, _ = l.Balances(ctx, ids[0], psu)
	return []adapters.AccountBalances{{AccountID: ids[0]}, {AccountID: ids[1], Err: &adapters.Error{Kind: adapters.ErrInvalidArgument}}}, nil
}

func TestRepeatedRequestsCount(t *testing.T) {
	t.Parallel()
	status := http.StatusBadGateway
	options, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	options.HTTPClient = &http.Client{Transport: repeating{http.DefaultTransport}}
	client, err := tokenio.New(tokenio.Credentials{OnBehalfOf: "ta:1", APIKey: "key"}, options)
	require.NoError(t, err)
	f := guarded(t, nil)
	f.guard(client)
	require.ErrorIs(t, f.call(), adapters.ErrUnavailable)
	assert.Equal(t, 1, f.left("account").Calls)
	_, err = f.ask("account", "other")
	require.ErrorIs(t, err, adapters.ErrUnavailable)
	f.requireRefused(start.Add(day))
	assert.Equal(t, 1, f.left("other").Calls)
	assert.EqualValues(t, 6, requests.Load())

	_, err = f.Balances(t.Context(), "account/..", nobody)
	require.ErrorIs(t, err, adapters.ErrInvalidArgument)
	status = http.StatusTooManyRequests
	assert.Equal(t, 4, f.left("account/..").Calls)
	_, err = f.ask("account", "third")
	require.NoError(t, err)
	assert.Equal(t, accessguard.Left{Limited: true, Next: start.Add(day)}, f.left("third"))

	f.guard(leavingOut{client})
	_, err = f.ask("sent", "left out")
	require.NoError(t, err)
	assert.Equal(t, 1, f.left("sent").Calls)
	assert.Equal(t, 4, f.left("left out").Calls)
}

// hsm is a signer that is out of order.
type hsm struct{ ed25519.PublicKey }

func (h hsm) Public() crypto.PublicKey { return h.PublicKey }

func (hsm) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errDown }

// Whatever keeps a request from being made is not the account's: nothing was sent.
func TestNothingSentCountsNothing(t *testing.T) {
	t.Parallel()
	leave := func() {}
	key, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	fails := func(err error) adapters.TokenSource {
		return func(context.Context) (string, error) { return "", err }
	}
	options, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	throttled, err := neonomics.NewTokenSource(neonomics.TokenCredentials{ClientID: "id", ClientSecret: "secret"}, options)
	require.NoError(t, err)
	for name, credentials := range map[string]tokenio.Credentials{
		"signer":       {SigningKey: hsm{key}, MemberID: "m:1", KeyID: "k"},
		"token source": {TokenSource: fails(errDown)},
		"throttled token source": {TokenSource: fails(&adapters.Error{
			Kind: adapters.ErrRateLimited, Origin: adapters.OriginProvider, Operation: "exchange code", Status: 429, RetryAfter: start.Add(year),
		})},
		"throttled token endpoint":  {TokenSource: throttled},
		"token that cannot be sent": {TokenSource: func(context.Context) (string, error) { return "Bearer x", nil }},
		"caller that leaves": {TokenSource: func(ctx context.Context) (string, error) {
			leave()
			return "", cmp.Or(ctx.Err(), errDown)
		}},
	} {
		options, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		credentials.OnBehalfOf = "ta:1"
		client, err := tokenio.New(credentials, options)
		require.NoError(t, err)
		f := guarded(t, nil)
		f.guard(client)
		for range 2 {
			ctx, cancel := context.WithCancel(t.Context())
			leave = cancel
			_, err = f.Balances(ctx, "account", nobody)
			require.Error(t, err, name)
			cancel()
		}
		_, err = f.ask("account", "other")
		require.Error(t, err, name)
		assert.Equal(t, accessguard.Left{Limited: true, Calls: 4}, f.left("account"), name)
		assert.Zero(t, requests.Load(), name)
	}
}

func TestImportersPullInLittle(t *testing.T) {
	t.Parallel()
	const form = "{{if not .Standard}}{{.ImportPath}}{{end}}"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", form, ".").Output()
	require.NoError(t, err)
	adapter, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "../../tokenio").Output()
	require.NoError(t, err)
	own := "github.com/openbalances/openbalances/"
	for path := range strings.FieldsSeq(string(out)) {
		known := strings.Contains(string(adapter), path+"\n")
		assert.True(t, known || path == own+"adapters/use/accessguard" || path == own+"specs", path)
	}
}

// Details of an account spend what its balances spend, and those of another account do not.
func TestDetailsAreCounted(t *testing.T) {
	t.Parallel()
	options, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	client, err := enablebanking.New(enablebanking.Credentials{ApplicationID: "a", PrivateKey: tlstest.RSAKey(), SessionID: "s"}, options)
	require.NoError(t, err)
	guarded, err := accessguard.New(client, "s", accessguard.Memory(), nil)
	require.NoError(t, err)
	for range 2 {
		_, err = guarded.Details(t.Context(), "1", adapters.Unattended(), client.Details)
		assert.ErrorIs(t, err, adapters.ErrNotFound)
		_, err = guarded.Balances(t.Context(), "1", adapters.Unattended())
		assert.ErrorIs(t, err, adapters.ErrNotFound)
	}
	_, err = guarded.Details(t.Context(), "1", adapters.Unattended(), client.Details)
	assert.EqualError(t, err, "enablebanking: get account: rate_limited: access guard: no unattended call left, nothing was sent")
	_, err = guarded.Balances(t.Context(), "1", adapters.Unattended())
	assert.ErrorIs(t, err, adapters.ErrRateLimited)
	_, err = guarded.Details(t.Context(), "2", adapters.Unattended(), client.Details)
	assert.ErrorIs(t, err, adapters.ErrNotFound)
	assert.EqualValues(t, 5, requests.Load())
}
