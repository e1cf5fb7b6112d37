package call_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The list of a made-up bank. Its amounts are in euros.
type (
	accountList struct {
		Accounts []call.Element[account] `json:"accounts"`
		Total    int                     `json:"total"`
	}
	account struct {
		ID     string               `json:"id"`
		Name   string               `json:"name"`
		Amount *decimal.NullDecimal `json:"amount"`
	}
)

func toAccounts(body accountList) (call.List[adapters.Account], error) {
	list, err := call.ListAccounts("accounts", body.Accounts, func(a account) (adapters.Account, error) {
		if a.ID == "" {
			return adapters.Account{}, call.Missing("id")
		}
		return adapters.Account{ID: a.ID, Name: a.Name}, nil
	})
	list.Total = body.Total
	return list, err
}

func toAllBalances(body accountList) (call.List[adapters.AccountBalances], error) {
	list, err := call.ListBalances("accounts", body.Accounts, func(a account) (string, []adapters.Balance, error) {
		if a.Amount == nil {
			return a.ID, nil, call.NotListed("amount")
		}
		return a.ID, []adapters.Balance{{Type: adapters.Expected, ProviderType: "x", Amount: a.Amount.Decimal, Currency: "EUR"}}, nil
	})
	list.Total = body.Total
	return list, err
}

// pager answers page after page.
type pager struct {
	answer     func(page int) string
	asked      atomic.Int64
	connection *call.Connection
}

func newPager(t *testing.T, answer func(page int) string) *pager {
	t.Helper()
	p := &pager{answer: answer}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.asked.Add(1)
		var page int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(p.answer(page)))
	}))
	t.Cleanup(server.Close)
	var err error
	p.connection, err = call.New("bank", "", &adapters.Options{BaseURL: server.URL}, func(call.Answer) call.Refusal { return call.Refusal{} })
	require.NoError(t, err)
	return p
}

func (p *pager) send(ctx context.Context, page int) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s?page=%d", p.connection.BaseURL, page), nil)
	if err != nil {
		return nil, err
	}
	return p.connection.HTTPClient.Do(request)
}

func (p *pager) accounts(t *testing.T) ([]adapters.Account, error) {
	t.Helper()
	return call.Accounts(t.Context(), p.connection, adapters.Unattended(), p.send, toAccounts)
}

func (p *pager) allBalances(t *testing.T) ([]adapters.AccountBalances, error) {
	t.Helper()
	return call.AllBalances(t.Context(), p.connection, adapters.Unattended(), p.send, toAllBalances)
}

// listText is a page with an account for each id.
func listText(total int, ids ...string) string {
	texts := []string{}
	for _, id := range ids {
		texts = append(texts, fmt.Sprintf(`{"id": %q, "amount": "1.50"}`, id))
	}
	return fmt.Sprintf(`{"total": %d, "accounts": [%s]}`, total, strings.Join(texts, ", "))
}

func TestAllPagesAreRead(t *testing.T) {
	t.Parallel()
	p := newPager(t, func(page int) string {
		return map[int]string{1: listText(5, "a", "b"), 2: listText(5, "c", "d"), 3: listText(5, "e")}[page]
	})
	accounts, err := p.accounts(t)
	require.NoError(t, err)
	assert.EqualValues(t, 3, p.asked.Load())
	ids := ""
	for _, account := range accounts {
		ids += account.ID
		assert.Equal(t, "bank", account.Provider)
	}
	assert.Equal(t, "abcde", ids)
	all, err := p.allBalances(t)
	require.NoError(t, err)
	require.Len(t, all, 5)
	assert.Equal(t, "e", all[4].Balances[0].AccountID)
	assert.Equal(t, "1.50", adapters.FormatAmount(all[4].Balances[0].Amount))
}

func TestPagesThatLie(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(page int) string
		kind   adapters.Kind
		detail string
		asked  int64
	}{
		"the same page again": {func(int) string { return listText(4, "a", "b") }, adapters.ErrProtocol, "accounts: one occurs twice", 2},
		"a circle": {func(page int) string { return listText(100, string(rune('a'+page%3))) }, adapters.ErrProtocol,
			"accounts: one occurs twice", 4},
		"an end too early": {func(page int) string {
			return map[int]string{1: listText(4, "a", "b"), 2: listText(4)}[page]
		}, adapters.ErrProtocol, "accounts: end before the number that was stated", 2},
		"no end":          {func(page int) string { return listText(page+1, fmt.Sprint(page)) }, adapters.ErrTooLarge, "more accounts than a list can have", 1000},
		"a huge total":    {func(int) string { return listText(100_001, "a") }, adapters.ErrTooLarge, "more accounts than a list can have", 1},
		"a broken second": {func(page int) string { return map[int]string{1: listText(2, "a"), 2: "{"}[page] }, adapters.ErrProtocol, "JSON ends too early", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPager(t, test.answer)
			accounts, err := p.accounts(t)
			assert.Nil(t, accounts)
			assert.EqualError(t, err, fmt.Sprintf("bank: list accounts: %s (HTTP 200): %s", test.kind, test.detail))
			assert.Equal(t, test.asked, p.asked.Load())
			all, err := p.allBalances(t)
			assert.Nil(t, all)
			assert.ErrorIs(t, err, test.kind)
		})
	}
}

func TestTotalsThatNeedNoPage(t *testing.T) {
	t.Parallel()
	for _, total := range []int{-1, 0, 1, 2} {
		p := newPager(t, func(int) string { return listText(total, "a", "b") })
		accounts, err := p.accounts(t)
		require.NoError(t, err)
		assert.Len(t, accounts, 2)
		assert.EqualValues(t, 1, p.asked.Load())
	}
	p := newPager(t, func(int) string { return listText(0) })
	accounts, err := p.accounts(t)
	require.NoError(t, err)
	assert.Equal(t, []adapters.Account{}, accounts, "an empty list is no nil")
	all, err := p.allBalances(t)
	require.NoError(t, err)
	assert.Equal(t, []adapters.AccountBalances{}, all)
}

func TestOneAccountHidesNoOther(t *testing.T) {
	t.Parallel()
	const text = `{"accounts": [{"id": "a", "amount": "1"}, {"amount": "1,5", "id": "b"}, {"id": "c"}, 7, {"amount": "2"}, {"id": "d", "amount": "3"}]}`
	p := newPager(t, func(int) string { return text })
	all, err := p.allBalances(t)
	require.NoError(t, err)
	require.Len(t, all, 6)
	for i, want := range []struct{ id, problem string }{
		{"a", ""}, {"b", "accounts[1].amount: not a decimal amount"}, {"c", "accounts[2].amount: missing"},
		{"", "accounts[3]: wrong JSON type"}, {"", "balances[0].accountId: missing"}, {"d", ""},
	} {
		assert.Equal(t, want.id, all[i].AccountID)
		if want.problem == "" {
			assert.NoError(t, all[i].Err)
			assert.Len(t, all[i].Balances, 1)
			continue
		}
		assert.Nil(t, all[i].Balances)
		assert.EqualError(t, all[i].Err, "bank: list balances: protocol (HTTP 200): "+want.problem)
		assert.Equal(t, i == 2, errors.Is(all[i].Err, adapters.ErrNotListed))
	}
}

func TestAccountsNeedNoBalances(t *testing.T) {
	t.Parallel()
	for text, problem := range map[string]string{
		`{"accounts": [{"id": "a", "balances": 1}, {"id": "b"}]}`:   "",
		`{"accounts": [{"id": "a"}, {"id": "b", "name": 1}]}`:       "accounts[1].name: wrong JSON type",
		`{"accounts": [{"id": "a"}, 7]}`:                            "accounts[1]: wrong JSON type",
		`{"accounts": [{"id": "a"}, null]}`:                         "accounts[1].id: missing",
		`{"accounts": null}`:                                        "accounts: missing",
		`{"accounts": [{"id": "a"}, {"id": "b", "amount": "1,5"}]}`: "accounts[1].amount: not a decimal amount",
	} {
		accounts, err := newPager(t, func(int) string { return text }).accounts(t)
		if problem == "" {
			require.NoError(t, err)
			assert.Len(t, accounts, 2)
			continue
		}
		assert.Nil(t, accounts)
		assert.EqualError(t, err, "bank: list accounts: protocol (HTTP 200): "+problem)
	}
}

func TestBatchesAreBounded(t *testing.T) {
	t.Parallel()
	p := newPager(t, func(int) string { return "{}" })
	for n, sent := range map[int]int64{adapters.MaxBatch: 1, adapters.MaxBatch + 1: 0} {
		p.asked.Store(0)
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprint(i)
		}
		send := func(ctx context.Context) (*http.Response, error) { return p.send(ctx, 1) }
		_, err := call.Batch(t.Context(), p.connection, ids, adapters.Unattended(), send, func(struct{}) ([]adapters.AccountBalances, error) {
			return nil, nil
		})
		assert.Equal(t, sent == 0, errors.Is(err, adapters.ErrInvalidArgument), "%d ids: %v", n, err)
		assert.Equal(t, sent, p.asked.Load())
	}
}
