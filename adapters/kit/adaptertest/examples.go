package adaptertest

import (
	"cmp"
	"net/http"

	"encoding/json"
	"errors"
	"github.com/openbalances/openbalances/specs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// expectation is what an adapter has to make of one example. It is written by hand from the documentation.
type expectation struct {
	Status   int               `json:"status"`
	Account  string            `json:"account"`
	Balances []json.RawMessage `json:"balances"`
	Error    *failure          `json:"error"`
	Accounts []string          `json:"accounts"`
	Results  []result          `json:"results"`
}

type result struct {
	AccountID string            `json:"accountId"`
	Balances  []json.RawMessage `json:"balances"`
	Error     *failure          `json:"error"`
}

// failure holds the kind and what the provider sent; RequestID only if the body names one.
type failure struct {
	Kind      adapters.Kind     `json:"kind"`
	Code      string            `json:"code"`
	Message   string            `json:"message"`
	RequestID string            `json:"requestId"`
	Links     map[string]string `json:"links"`
}

func (h Harness) examples(t *testing.T) {
	source := h.open(t, h.bank(t))
	for _, example := range h.documented() {
		if example.Account == "" {
			continue
		}
		t.Run(example.Name, func(t *testing.T) {
			t.Parallel()
			want := h.expect(t, example.Name)
			require.Equal(t, example.Status, want.Status)
			require.Equal(t, example.Account, want.Account)
			if example.Status == http.StatusOK && h.otherwise(t, example, declaredCall{"one", []string{example.Account}, askOne}) {
				return
			}
			balances, err := source.Balances(t.Context(), example.Account, adapters.Unattended())
			compare(t, want.Status, want.Balances, want.Error, balances, err)
			h.compareCode(t, example, err)
		})
	}
	t.Run("no expectation without example", h.orphans)
}

// compareCode compares the kind, the consent and the origin of a failure with what the document declares of its code and
// its status (x-kind, x-origin).
func (h Harness) compareCode(t *testing.T, example specs.Example, err error) {
	t.Helper()
	var failure *adapters.Error
	if !errors.As(err, &failure) {
		return
	}
	origin := h.Document.Origin(example.Operation, failure.Status, http.Header{}) // of an answer without optional headers
	if code, declared := h.Document.Codes()[failure.Code]; declared {
		origin = cmp.Or(code.Origin, origin)
		if code.Kind != "by status" { // which expectation and catalogue look at
			assert.Equal(t, code.Kind, string(failure.Kind), "the kind of code %s, which x-kind declares", failure.Code)
		}
		assert.Equal(t, code.Consent, string(failure.Consent), "the consent of code %s, which x-kind declares", failure.Code)
	} else if example.Valid {
		assert.Empty(t, failure.Code, "a code without a kind; cure: declare it under x-kind in the document")
	}
	assert.Equal(t, cmp.Or(origin, "provider"), string(failure.Origin), "the origin, which x-origin declares")
}

func (h Harness) batch(t *testing.T) {
	if !batches(t, h.open(t, h.bank(t))) {
		t.Skip("the adapter has no batch call")
	}
	for _, example := range h.documented() {
		if len(example.Accounts) == 0 {
			continue
		}
		t.Run(example.Name, func(t *testing.T) {
			t.Parallel()
			want := h.expect(t, example.Name)
			source := h.open(t, h.preferring(t, example.Name)) // the request need not name the accounts
			results, err := source.BatchBalances(t.Context(), want.Accounts, adapters.Unattended())
			if want.Error != nil {
				compare(t, want.Status, nil, want.Error, nil, err)
				return
			}
			require.NoError(t, err)
			if example.Compose != "" {
				require.Nil(t, want.Results, "the suite derives what is expected of a composed answer; cure: remove results")
				want.Results = h.singly(t, want.Accounts)
			}
			require.Len(t, results, len(want.Results))
			for i, result := range results {
				assert.Equal(t, want.Results[i].AccountID, result.AccountID)
				compare(t, want.Status, want.Results[i].Balances, want.Results[i].Error, result.Balances, result.Err)
			}
		})
	}
}

// singly is what is expected of the good example for each account alone.
func (h Harness) singly(t *testing.T, accounts []string) (results []result) {
	t.Helper()
	for _, example := range h.goodExamples() {
		if slices.Contains(accounts, example.Account) {
			results = append(results, result{AccountID: example.Account, Balances: h.expect(t, example.Name).Balances})
		}
	}
	return results
}

func (h Harness) orphans(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, example := range h.documented() {
		known[example.Name] = known[example.Name] || example.Account != "" || len(example.Accounts) > 0 || example.Lists
	}
	files, err := filepath.Glob(filepath.Join(h.Folder, "examples/*.json"))
	require.NoError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		assert.True(t, known[name], "%s has no example with an account; cure: remove it", file)
	}
}

func (h Harness) expect(t *testing.T, name string) expectation {
	return expected[expectation](t, h, name)
}

// expected reads the expectation of an example.
func expected[E expectation | listing](t *testing.T, h Harness, name string) (want E) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.Folder, "examples", name+".json"))
	require.NoError(t, err, "cure: write down what the documentation says the example means")
	require.NoError(t, unmarshalKnown(text, &want), name)
	return want
}

func compare(t *testing.T, status int, want []json.RawMessage, refused *failure, got []adapters.Balance, err error) {
	t.Helper()
	if refused != nil {
		assert.Empty(t, got, "an error comes with no balances")
		compareError(t, status, *refused, err)
		return
	}
	require.NoError(t, err)
	require.NotNil(t, got, "no balances are an empty slice")
	require.Len(t, got, len(want))
	for i, balance := range got {
		assert.Equal(t, now, balance.ReceivedAt)
		assert.JSONEq(t, string(want[i]), balanceText(t, balance), "balance %d", i)
	}
}

// balanceText is the balance's JSON without the time of receipt and the id of the request.
func balanceText(t *testing.T, balance adapters.Balance) string {
	t.Helper()
	balance.ReceivedAt, balance.RequestID = time.Time{}, ""
	text, err := json.Marshal(balance)
	require.NoError(t, err)
	return string(text)
}

func compareError(t *testing.T, status int, want failure, err error) {
	t.Helper()
	var got *adapters.Error
	require.True(t, errors.As(err, &got), "not an *adapters.Error: %v", err)
	assert.ErrorIs(t, err, want.Kind)
	assert.Equal(t, status, got.Status)
	assert.Equal(t, want.Code, got.Code)
	assert.Equal(t, want.Message, got.Message)
	if want.RequestID != "" {
		assert.Equal(t, want.RequestID, got.RequestID)
	}
	if len(want.Links)+len(got.Links) > 0 {
		assert.Equal(t, want.Links, got.Links)
	}
}
