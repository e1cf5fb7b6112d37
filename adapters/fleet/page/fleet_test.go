package page_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/specs/sandbox"
)

// A fleet that has worked is on its page, read from its database, with the allowance that is left.
func TestPageOfAWorkingFleet(t *testing.T) {
	t.Parallel()
	examples, err := sandbox.New()
	require.NoError(t, err)
	bank := httptest.NewServer(examples)
	t.Cleanup(bank.Close)
	credentials := neonomics.Credentials{AccessToken: "token", SessionID: "session", DeviceID: "device"}
	source, err := neonomics.New(credentials, &adapters.Options{BaseURL: bank.URL + "/neonomics"})
	require.NoError(t, err)
	listed, err := source.Accounts(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	require.NotEmpty(t, listed)
	sent, err := source.Balances(t.Context(), listed[0].ID, adapters.Unattended())
	require.NoError(t, err)

	db, err := fleet.OpenDatabase(t.Context(), filepath.Join(t.TempDir(), "fleet.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	f, err := fleet.New(db, &fleet.Options{Every: time.Second, Logger: slog.New(slog.DiscardHandler),
		Open: func(_ context.Context, name string) (fleet.Connection, error) {
			return fleet.Connection{Name: name, Provider: source.Provider(), Source: source, Consent: "session",
				Accounts: []string{listed[0].ID}}, nil
		}})
	require.NoError(t, err)
	_, err = f.Add(t.Context(), slices.Values([]string{"home"}))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Work(ctx) }()
	var accounts []fleet.AccountStatus
	assert.Eventually(t, func() bool {
		accounts, err = db.Accounts(t.Context(), "home", "", 10)
		return err != nil || len(accounts) == 1 && len(accounts[0].Latest) > 0
	}, time.Minute, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-ended)
	require.NoError(t, err)
	require.Len(t, accounts, 1)

	handler, err := page.New(page.Options{Facts: db, Left: f.Left})
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	left, err := f.Left(t.Context(), accounts[0].ID)
	require.NoError(t, err)
	overview, connection := get(t, server.URL+"/"), get(t, server.URL+"/connection?name=home")
	account := get(t, fmt.Sprintf("%s/account?id=%d", server.URL, accounts[0].ID))
	has(t, overview, "Up to date")
	has(t, overview, fmt.Sprintf(`data-label="Calls left">%s`, map[bool]string{true: fmt.Sprintf("<span>%d</span>",
		left.Calls), false: "<span>no limit known</span>"}[left.Limited]))
	for _, b := range sent {
		for _, text := range []string{connection, account} {
			has(t, text, fmt.Sprintf(`value="%s"`, b.Amount), b.Currency)
		}
	}
	assert.Equal(t, sent[0].Amount.String(), chartsOf(t, account)[0].Lines[0].Text[0])
}
