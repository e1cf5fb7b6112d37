package main_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bank is a real adapter in front of a real server, of which the test takes single accounts only. Its list is made up.
type bank struct {
	adapters.Base
	source   adapters.Source
	accounts []adapters.Account
	err      error
	single   *atomic.Int64
}

func (b bank) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	if b.single != nil {
		b.single.Add(1)
	}
	return b.source.Balances(ctx, id, psu)
}

// listing lists the accounts; carrying does so with their balances; batching answers for several.
type (
	listing  struct{ bank }
	carrying struct{ listing }
	batching struct {
		listing
		calls *atomic.Int64
	}
)

func (l listing) Accounts(ctx context.Context, _ adapters.PSU) ([]adapters.Account, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return l.accounts, l.err
}

func (c carrying) AllBalances(ctx context.Context, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	if c.err != nil {
		return nil, c.err
	}
	all := []adapters.AccountBalances{}
	for _, account := range c.accounts {
		balances, err := c.source.Balances(ctx, account.ID, psu)
		all = append(all, adapters.AccountBalances{AccountID: account.ID, Balances: balances, Err: err})
	}
	return all, nil
}

func (b batching) BatchBalances(ctx context.Context, ids []string, psu adapters.PSU) ([]adapters.AccountBalances, error) {
	if len(ids) > 0 {
		b.calls.Add(1)
	}
	return b.source.BatchBalances(ctx, ids, psu)
}

// open returns a provider's adapter in front of a server.
func open(t *testing.T, provider, url string) adapters.Source {
	t.Helper()
	opener, err := openbalances.Opener(provider)
	require.NoError(t, err)
	source, err := opener(&adapters.Options{BaseURL: url})
	require.NoError(t, err)
	return source
}

func ids(all ...string) (accounts []adapters.Account) {
	for _, id := range all {
		accounts = append(accounts, adapters.Account{ID: id})
	}
	return accounts
}

// getFrom runs get on connections.
func getFrom(ctx context.Context, as string, connections ...openbalances.Connection) outcome {
	var stdout, stderr bytes.Buffer
	exit := openbalances.Get(ctx, connections, as, &stdout, &stderr)
	return outcome{exit, stdout.String(), stderr.String()}
}

// six returns connections that name no accounts: of each kind of list one, one that is empty and one that fails.
func six(t *testing.T) []openbalances.Connection {
	t.Helper()
	source := open(t, "neonomics", serve(t, accounts{
		"a1": `[{"amount":"1.50","currency":"NOK","type":"CLBD"}]`, "a2": `[]`,
		"a3": `[{"amount":"-3","currency":"NOK","type":"AVLB"}]`,
	}))
	refused := &adapters.Error{Kind: adapters.ErrConsentRequired, Provider: "neonomics", Operation: "list accounts", Status: 403}
	var connections []openbalances.Connection
	for _, c := range []struct {
		name   string
		source adapters.Source
	}{
		{"lists", listing{bank{Base: "neonomics", source: source, accounts: ids("a3", "gone", "a1")}}},
		{"refused", listing{bank{Base: "neonomics", source: source, err: refused}}},
		{"empty", listing{bank{Base: "neonomics", source: source, accounts: ids()}}},
		{"carries", carrying{listing{bank{Base: "neonomics", source: source, accounts: ids("a2", "a1")}}}},
		{"none", carrying{listing{bank{Base: "neonomics", source: source}}}},
		{"closed", carrying{listing{bank{Base: "neonomics", source: source, err: refused}}}},
	} {
		connections = append(connections, openbalances.Connection{Name: c.name, Provider: "neonomics", Source: c.source})
	}
	return connections
}

func TestGetListsWhereNoAccountIsNamed(t *testing.T) {
	t.Parallel()
	assert.Equal(t, outcome{1,
		`CONNECTION  PROVIDER   ACCOUNT  TYPE              AMOUNT  CURRENCY  AS OF
lists       neonomics  a3       interimAvailable   -3     NOK       -
lists       neonomics  a1       closingBooked       1.50  NOK       -
carries     neonomics  a2       (no balances)
carries     neonomics  a1       closingBooked       1.50  NOK       -
`,
		`failed: lists neonomics gone: neonomics: get balances: not_found (HTTP 404)
failed: refused neonomics: neonomics: list accounts: consent_required (HTTP 403)
warning: empty neonomics: the provider lists no account
warning: none neonomics: the provider lists no account
failed: closed neonomics: neonomics: list accounts: consent_required (HTTP 403)
3 balances from 4 accounts, 3 failed
`}, getFrom(t.Context(), "table", six(t)...))
}

func TestGetJSONOfAFailedListHasNoAccount(t *testing.T) {
	t.Parallel()
	connections := six(t)
	got := getFrom(t.Context(), "json", connections[1], connections[2])
	assert.Equal(t, outcome{1, `{
  "balances": [],
  "failures": [
    {
      "connection": "refused",
      "provider": "neonomics",
      "kind": "consent_required",
      "status": 403
    }
  ]
}
`, ""}, got)
}

// A failure tells where it arose and, of a consent, why it can no longer be used. Absent facts are left out.
func TestGetJSONFailureTellsOriginAndConsent(t *testing.T) {
	t.Parallel()
	expired := &adapters.Error{
		Kind: adapters.ErrConsentRequired, Consent: adapters.ErrConsentExpired, Origin: adapters.OriginBank, Provider: "neonomics", Status: 403,
	}
	got := getFrom(t.Context(), "json", openbalances.Connection{
		Name: "home", Provider: "neonomics", Source: listing{bank{Base: "neonomics", err: expired}},
	})
	assert.Equal(t, outcome{1, `{
  "balances": [],
  "failures": [
    {
      "connection": "home",
      "provider": "neonomics",
      "kind": "consent_required",
      "consent": "expired",
      "origin": "bank",
      "status": 403
    }
  ]
}
`, ""}, got)
}

// Accounts that the user names are asked for one by one, although the provider takes several in a call; those that it
// lists share one.
func TestNamedAccountsShareNoCall(t *testing.T) {
	t.Parallel()
	handler, err := sandbox.New()
	require.NoError(t, err)
	var batches atomic.Int64
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/tokenio/account-balance" {
			batches.Add(1)
		}
		handler.ServeHTTP(w, r)
	}))
	source := open(t, "tokenio", server+"/tokenio")
	named := []string{
		"a:qfpsFovN2m7nTwNDvAPQwGcWp3KzM7ASx9dGAoKay7D:5zKcENpV", "a:5VdPdtEPwP2HvTteuKG6aLHobkRXQuRp85gYSStPXxDn:5zKcENpV",
	}
	var single, calls atomic.Int64
	lists := batching{listing{bank{Base: "tokenio", source: source, accounts: ids(named...), single: &single}}, &calls}
	byName := getFrom(t.Context(), "table", openbalances.Connection{Name: "w", Provider: "tokenio", Source: lists, Accounts: named})
	require.Equal(t, 0, byName.exit, byName.stderr)
	assert.EqualValues(t, 2, single.Load())
	assert.Zero(t, calls.Load())
	assert.Zero(t, batches.Load())
	byList := getFrom(t.Context(), "table", openbalances.Connection{Name: "w", Provider: "tokenio", Source: lists})
	assert.Equal(t, byName, byList)
	assert.EqualValues(t, 2, single.Load())
	assert.EqualValues(t, 1, calls.Load())
	assert.EqualValues(t, 1, batches.Load())
}

// What the end of the run kept from being asked is a failure for each account, or for the connection if its accounts
// are not known.
func TestGetLosesNothingWhenStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	source := stopping{open(t, "neonomics", serve(t, accounts{"a1": `[{"amount":"1","currency":"NOK","type":"CLBD"}]`})), make(chan struct{}), cancel}
	many, want := []string{"a1"}, ""
	for i := range 40 {
		many = append(many, fmt.Sprintf("b%d", i))
		want += fmt.Sprintf("failed: lists neonomics b%d: canceled\n", i)
	}
	never := hanging{listing{bank{Base: "neonomics", source: source}}}
	got := getFrom(ctx, "csv",
		openbalances.Connection{Name: "lists", Provider: "neonomics", Source: listing{bank{Base: "neonomics", source: source, accounts: ids(many...)}}},
		openbalances.Connection{Name: "never", Provider: "neonomics", Source: never},
		openbalances.Connection{Name: "named", Provider: "neonomics", Source: never, Accounts: []string{"c"}},
	)
	assert.Equal(t, 1, got.exit)
	assert.Contains(t, got.stdout, "lists,neonomics,a1,")
	assert.Equal(t, want+`failed: never neonomics: canceled
failed: named neonomics c: canceled
1 balance from 1 account, 42 failed
`, got.stderr)
}

// stopping ends the run as soon as it has answered for the account a1.
type stopping struct {
	adapters.Source
	answered chan struct{}
	stop     func()
}

func (s stopping) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	if id == "a1" {
		defer close(s.answered)
		return s.Source.Balances(ctx, id, psu)
	}
	<-s.answered
	s.stop()
	<-ctx.Done()
	return s.Source.Balances(ctx, id, psu)
}

// hanging does not list anything before the run ends.
type hanging struct{ listing }

func (h hanging) Accounts(ctx context.Context, _ adapters.PSU) ([]adapters.Account, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// The demo shows its examples only, lists before it fetches, and takes the fewest calls that each source allows.
func TestDemoListsFirst(t *testing.T) {
	t.Parallel()
	token := open(t, "tokenio", serveSandbox(t)+"/tokenio")
	named := []string{
		"a:qfpsFovN2m7nTwNDvAPQwGcWp3KzM7ASx9dGAoKay7D:5zKcENpV", "a:5VdPdtEPwP2HvTteuKG6aLHobkRXQuRp85gYSStPXxDn:5zKcENpV",
	}
	neo := open(t, "neonomics", serve(t, accounts{"1": `[{"amount":"1","currency":"NOK","type":"CLBD"}]`}))
	var batches atomic.Int64
	connections := []openbalances.Connection{
		{Provider: "mypos", Source: bank{Base: "mypos", source: neo}, Accounts: []string{"1"}},
		{Provider: "neonomics", Source: carrying{listing{bank{Base: "neonomics", source: neo, accounts: ids("fault", "1")}}}, Accounts: []string{"1"}},
		{Provider: "tokenio", Source: batching{listing{bank{Base: "tokenio", source: token, accounts: ids(named...)}}, &batches}, Accounts: named},
	}
	var stdout, stderr bytes.Buffer
	assert.Equal(t, 0, openbalances.Demonstrate(t.Context(), connections, "table", &stdout, &stderr))
	assert.Equal(t, `Accounts listed first: neonomics 1, tokenio 2

PROVIDER   ACCOUNT                                   TYPE                                       AMOUNT  CURRENCY  AS OF
mypos      1                                         closingBooked                              1       NOK       -
neonomics  1                                         closingBooked                              1       NOK       -
tokenio    a:qfpsFovN2m7nTwNDv…x9dGAoKay7D:5zKcENpV  interimBooked                           1520.4500  EUR       -
tokenio    a:qfpsFovN2m7nTwNDv…x9dGAoKay7D:5zKcENpV  interimAvailable                        2020.4500  EUR       -
tokenio    a:qfpsFovN2m7nTwNDv…x9dGAoKay7D:5zKcENpV  closingBooked                           1498.2000  EUR       -
tokenio    a:qfpsFovN2m7nTwNDv…x9dGAoKay7D:5zKcENpV  expected                                1470.4500  EUR       -
tokenio    a:5VdPdtEPwP2HvTteu…5gYSStPXxDn:5zKcENpV  interimBooked                            640.0000  GBP       -
tokenio    a:5VdPdtEPwP2HvTteu…5gYSStPXxDn:5zKcENpV  unknown (Trial)                           12.5000  GBP       -
tokenio    a:5VdPdtEPwP2HvTteu…5gYSStPXxDn:5zKcENpV  unknown (Arranged overdraft remaining)   500.0000  GBP       -
`, stdout.String())
	assert.Equal(t, "9 balances from 4 accounts, 0 failed, in 4 calls (mypos 1, neonomics 2, tokenio 1)\n", stderr.String())
	assert.EqualValues(t, 1, batches.Load())
}
