package adaptertest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listing is what an adapter has to make of one example of an operation that lists accounts, marked x-sandbox-list. Like
// every expectation it is written by hand. Accounts is the account list, All the list with balances; a file has the ones
// that the adapter makes of the operation. All is left out where the document composes the list (x-sandbox-compose).
// Error is that of both calls, AccountsError of the account list alone.
type listing struct {
	Status        int               `json:"status"`
	Accounts      []json.RawMessage `json:"accounts"`
	All           []listedResult    `json:"all"`
	Error         *failure          `json:"error"`
	AccountsError *failure          `json:"accountsError"`
}

// listedResult is what the list says about one account. NotListed means that it names the account without balances.
type listedResult struct {
	result
	NotListed bool `json:"notListed"`
}

// listed is what a list call returned: the accounts, or the accounts with balances.
type listed struct {
	accounts []adapters.Account
	all      []adapters.AccountBalances
}

func (l listed) len() int { return len(l.accounts) + len(l.all) }

// listCall is one of the two list calls, and the operation of the document that it is made of.
type listCall struct {
	name      string // of the request's golden file
	operation string
	ask       func(context.Context, adapters.Source, adapters.PSU) (listed, error)
}

func callAccounts(ctx context.Context, source adapters.Source, psu adapters.PSU) (listed, error) {
	accounts, err := source.Accounts(ctx, psu)
	return listed{accounts: accounts}, err
}

func callAllBalances(ctx context.Context, source adapters.Source, psu adapters.PSU) (listed, error) {
	all, err := source.AllBalances(ctx, psu)
	return listed{all: accountsWithoutRequestID(all)}, err
}

// accounts runs everything about account lists: the examples of the document, the requests in testdata/requests
// (accounts.http and all.http), whether the list agrees with the calls for single accounts, and lists that lie.
func (h Harness) accounts(t *testing.T) {
	t.Parallel()
	calls := h.listCalls(t)
	if len(calls) == 0 {
		t.Skip("the adapter lists no accounts")
	}
	for _, call := range calls {
		t.Run(call.name, func(t *testing.T) {
			t.Parallel()
			t.Run("examples", func(t *testing.T) { h.listExamples(t, call) })
			t.Run("request", func(t *testing.T) {
				h.assertRequest(t, call.name, func(source adapters.Source) error {
					_, err := call.ask(t.Context(), source, psu)
					return err
				})
			})
			t.Run("hostile", func(t *testing.T) { h.listHostile(t, call) })
		})
	}
	t.Run("agreement", h.listAgreement)
	t.Run("documented", func(t *testing.T) { h.listDocumented(t, calls) })
}

// listCalls are the list calls of the adapter.
func (h Harness) listCalls(t *testing.T) (calls []listCall) {
	t.Helper()
	var operation string
	source := h.open(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var err error
		operation, _, err = h.Document.Asked(r)
		assert.NoError(t, err)
		w.WriteHeader(http.StatusTeapot)
	}))
	for _, call := range []listCall{{name: "accounts", ask: callAccounts}, {name: "all", ask: callAllBalances}} {
		if _, err := call.ask(t.Context(), source, psu); !errors.Is(err, errors.ErrUnsupported) {
			call.operation = operation
			calls = append(calls, call)
		}
	}
	return calls
}

// listDocumented fails if the document has a list operation that the adapter does not use, or the other way round.
func (h Harness) listDocumented(t *testing.T, calls []listCall) {
	used, listed := map[string]bool{}, map[string]bool{}
	for _, call := range calls {
		used[call.operation] = true
	}
	for _, example := range h.documented() {
		if example.Lists {
			listed[example.Operation] = true
		}
	}
	assert.Equal(t, listed, used, "operations with x-sandbox-list, and those that the adapter calls")
}

// listExamples answers with each example of the operation.
func (h Harness) listExamples(t *testing.T, call listCall) {
	for _, example := range h.documented() {
		if example.Operation != call.operation || example.Status == 0 {
			continue
		}
		t.Run(example.Name, func(t *testing.T) {
			t.Parallel()
			if example.Status == http.StatusOK && h.otherwise(t, example, declaredList(call)) {
				return
			}
			got, err := call.ask(t.Context(), h.open(t, h.preferring(t, example.Name)), adapters.Unattended())
			if example.Status != http.StatusOK {
				want := h.expect(t, example.Name) // shared with the call for one account
				require.NotNil(t, want.Error)
				assert.Zero(t, got.len(), "an error comes with no accounts")
				compareError(t, example.Status, *want.Error, err)
				return
			}
			want := expected[listing](t, h, example.Name)
			require.Equal(t, example.Status, want.Status)
			if example.Compose != "" {
				require.Nil(t, want.All, "the suite derives what is expected of a composed list; cure: remove all")
				want.All = h.composed(t, want.Accounts)
			}
			call.compare(t, want, got, err)
		})
	}
}

// preferring is the bank, which answers every request with one example.
func (h Harness) preferring(t *testing.T, example string) http.Handler {
	bank := h.bank(t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Prefer", "example="+example)
		bank.ServeHTTP(w, r)
	})
}

// composed is what is expected of a list that the document composes: of each account what is expected of the good example
// for it alone, with the IBAN and the BBAN under which the list names it.
func (h Harness) composed(t *testing.T, accounts []json.RawMessage) (all []listedResult) {
	t.Helper()
	single := map[string]string{}
	for _, example := range h.goodExamples() {
		single[example.Account] = example.Name
	}
	partial := h.statesLess()
	for _, text := range accounts {
		var account struct{ ID, IBAN, BBAN string }
		require.NoError(t, json.Unmarshal(text, &account))
		want := h.expect(t, single[account.ID]).Balances
		for i, text := range want {
			var balance map[string]any
			require.NoError(t, json.Unmarshal(text, &balance))
			balance["iban"], balance["bban"] = account.IBAN, account.BBAN
			maps.DeleteFunc(balance, func(_ string, value any) bool { return value == "" })
			if partial {
				warnings, _ := balance["warnings"].([]any)
				balance["warnings"] = append([]any{adapters.WarningListed}, warnings...)
			}
			var err error
			want[i], err = json.Marshal(balance)
			require.NoError(t, err)
		}
		all = append(all, listedResult{result: result{AccountID: account.ID, Balances: want}})
	}
	return all
}

func (c listCall) compare(t *testing.T, want listing, got listed, err error) {
	t.Helper()
	refused := want.Error
	if c.name == "accounts" && want.AccountsError != nil {
		refused = want.AccountsError
	}
	if refused != nil {
		assert.Zero(t, got.len(), "an error comes with no accounts")
		compareError(t, want.Status, *refused, err)
		return
	}
	require.NoError(t, err)
	if c.name == "accounts" {
		compareAccounts(t, want.Accounts, got.accounts)
		return
	}
	compareAll(t, want.All, got.all)
}

func compareAccounts(t *testing.T, want []json.RawMessage, got []adapters.Account) {
	t.Helper()
	require.NotNil(t, want, "the expectation says nothing about the account list")
	require.NotNil(t, got, "no accounts are an empty slice")
	require.Len(t, got, len(want))
	for i, account := range got {
		text, err := json.Marshal(account)
		require.NoError(t, err)
		assert.JSONEq(t, string(want[i]), string(text), "account %d", i)
	}
}

func compareAll(t *testing.T, want []listedResult, got []adapters.AccountBalances) {
	t.Helper()
	require.NotNil(t, want, "the expectation says nothing about the list with balances")
	require.NotNil(t, got, "no accounts are an empty slice")
	require.Len(t, got, len(want))
	for i, account := range got {
		assert.Equal(t, want[i].AccountID, account.AccountID)
		compare(t, http.StatusOK, want[i].Balances, want[i].Error, account.Balances, account.Err)
		assert.Equal(t, want[i].NotListed, errors.Is(account.Err, adapters.ErrNoBalances), "%v", account.Err)
	}
}

// statesLess says whether the document declares that a list may leave out balances of its accounts (x-partial).
func (h Harness) statesLess() bool {
	return slices.ContainsFunc(h.documented(), func(example specs.Example) bool { return example.Partial })
}

// listAgreement compares the list with balances, as the sandbox answers it, with the calls for its accounts one by one.
// IBAN, BBAN and warnings may differ, because a list may say more of an account, or less.
func (h Harness) listAgreement(t *testing.T) {
	t.Parallel()
	source := h.open(t, h.bank(t))
	all, err := source.AllBalances(t.Context(), psu)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("the adapter has no list with balances")
	}
	require.NoError(t, err)
	for _, account := range all {
		single, err := source.Balances(t.Context(), account.AccountID, psu)
		assert.Equal(t, err == nil, account.Err == nil, "%v, %v", err, account.Err)
		require.Len(t, account.Balances, len(single))
		for i, balance := range account.Balances {
			assert.Equal(t, h.statesLess(), slices.Contains(balance.Warnings, adapters.WarningListed), "x-partial in the document")
			balance.IBAN, balance.BBAN, balance.Warnings = single[i].IBAN, single[i].BBAN, single[i].Warnings
			balance.RequestID = single[i].RequestID
			assert.Equal(t, single[i], balance)
		}
	}
}

// lists is what the call makes of a body, if every request is answered with a 200 and this body.
func (b *teller) lists(t *testing.T, call listCall, body []byte) (listed, error) {
	t.Helper()
	b.body.Store(&body)
	return call.ask(t.Context(), b.source, psu)
}

// goodLists are the answers with status 200 that follow the document and that the call does not refuse.
func (h Harness) goodLists(t *testing.T, call listCall) (good []specs.Example) {
	t.Helper()
	for _, example := range h.documented() {
		if example.Operation == call.operation && example.Status == http.StatusOK && example.Valid {
			if expected[listing](t, h, example.Name).Error == nil {
				good = append(good, example)
			}
		}
	}
	require.NotEmpty(t, good)
	return good
}
