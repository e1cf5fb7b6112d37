package configuration_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/configtest"
	"github.com/openbalances/openbalances/adapters/internal/secrettest"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// transport is a function that sends.
type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(request *http.Request) (*http.Response, error) { return t(request) }

// What a connection has is what its entry says.
func TestConnectionHasWhatItsEntrySays(t *testing.T) {
	t.Parallel()
	url, _ := teapot(t)
	text := strings.ReplaceAll(configtest.Good, "SERVER", url)
	text = strings.Replace(text, `"name":"work"`, `"name":"work","fleet":true,"consentValidUntil":"2027-01-31"`, 1)
	opened, err := openText(t, text)
	require.NoError(t, err)
	home, work := opened[0], opened[1]
	assert.Equal(t, []any{"home", "neonomics", strings.TrimPrefix(url, "http://"), false, true}, []any{home.Name, home.Provider, home.Host, home.Fleet, home.HasToken})
	assert.Equal(t, []any{"work", "mypos", true, "consent-S3CR3T"}, []any{work.Name, work.Provider, work.Fleet, string(work.Consent)})
	assert.Equal(t, time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), work.ConsentValidUntil, "the day is part of the consent")
	assert.True(t, home.ConsentValidUntil.IsZero())
	assert.Contains(t, work.Certificates, "tls.clientCert")
	named, err := openText(t, configOf(`{"name":"a","provider":"ukob","baseURL":"https://bank.example","credentials":{"accessToken":"t"}}`))
	require.NoError(t, err)
	assert.Equal(t, "connection a", string(named[0].Consent), "no credential names the consent")
	told, attended := home.PSU.Context()
	assert.Equal(t, []any{true, "agent-S3CR3T"}, []any{attended, told.UserAgent})
	_, attended = work.PSU.Context()
	assert.False(t, attended)
	secrettest.AssertHides(t, *home, "account-S3CR3T", "session-S3CR3T", "token-S3CR3T", "agent-S3CR3T")
}

// Entries are opened by name, and a bad one keeps no good one closed.
func TestOpenByName(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(neonomics("bad", ""), "deviceId", "device", 1)
	read, err := configuration.Parse(strings.NewReader(configOf(neonomics("a", ""), bad, neonomics("b", ""), neonomics("a", ""))), "", nil)
	require.NoError(t, err)
	for _, c := range []struct {
		names   []string
		opened  []string
		problem []string
	}{
		{[]string{"b", "a"}, []string{"a", "b"}, []string{"connections[3] (a): name: used by an earlier connection"}},
		{[]string{"b"}, []string{"b"}, nil},
		{[]string{"bads", "b"}, []string{"b"}, []string{"connections: none is called bads, did you mean bad?"}},
		{nil, []string{"a", "b"}, []string{"connections[1] (bad): credentials.deviceId: missing",
			"connections[1] (bad): credentials.device: not taken by neonomics, did you mean deviceId?", "connections[3] (a): name: used by an earlier connection"}},
	} {
		opened, err := read.Open(c.names...)
		var names []string
		for _, one := range opened {
			names = append(names, one.Name)
		}
		assert.Equal(t, c.opened, names)
		assert.Equal(t, c.problem, problems(t, err))
	}
	_, err = read.Open("bad")
	var wrong *configuration.Error
	require.ErrorAs(t, err, &wrong)
	assert.Equal(t, configuration.Problem{Index: 1, Name: "bad", Field: "credentials.deviceId", Detail: "missing"}, wrong.Problems[0])
	_, err = new(configuration.Configuration).Open()
	assert.Equal(t, []string{"connections: missing"}, problems(t, err))
}

// The options reach every adapter; a second source is observed on its own.
func TestOptionsReachTheAdapter(t *testing.T) {
	t.Parallel()
	var seen []string
	observe := func(who string) func(context.Context, adapters.Exchange) {
		return func(_ context.Context, x adapters.Exchange) { seen = append(seen, who+" "+x.Operation) }
	}
	options := &configuration.Options{OnExchange: observe("first"), Transport: func(e configuration.Entry, _ http.RoundTripper) http.RoundTripper {
		return transport(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, e.Name+" "+r.URL.Path)
			return nil, http.ErrServerClosed
		})
	}}
	read, err := configuration.Parse(strings.NewReader(configOf(neonomics("home", ""))), "", options)
	require.NoError(t, err)
	opened, err := read.Open()
	require.NoError(t, err)
	again, err := opened[0].Reopen(observe("second"))
	require.NoError(t, err)
	_, err = opened[0].Source.Balances(t.Context(), "1", opened[0].PSU)
	assert.ErrorIs(t, err, adapters.ErrUnavailable)
	_, _ = again.Accounts(t.Context(), opened[0].PSU)
	assert.Equal(t, []string{"home /ics/v3/accounts/1/balances", "first get balances", "home /ics/v3/accounts", "second list accounts"}, seen)
}

// An entry shows none of its credentials, wherever it gets into.
func TestEntriesAreMasked(t *testing.T) {
	t.Parallel()
	secrets := []string{"access-S3CR3T", "session-S3CR3T", "account-S3CR3T"}
	secrettest.AssertHides(t, configuration.Entry{
		Name: "home", Credentials: map[string]string{"accessToken": secrets[0]}, Session: []byte(`"` + secrets[1] + `"`), Accounts: secrets[2:],
	}, secrets...)
}
