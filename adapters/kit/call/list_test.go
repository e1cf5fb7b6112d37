package call_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/answer"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The list of a made-up bank. Its amounts are in euros.
type (
	accountList struct {
		Accounts []call.Element[account] `json:"accounts"`
	}
	account struct {
		ID     string               `json:"id"`
		Name   string               `json:"name"`
		Amount *decimal.NullDecimal `json:"amount"`
		// Balances are of another type than in the tests' answers.
		Balances []string                     `json:"balances"`
		Numbers  []adapters.AccountIdentifier `json:"numbers"`
	}
)

func toAccounts(body accountList) (call.Listed[adapters.Account], error) {
	list, err := call.ListAccounts("accounts", body.Accounts, func(a account) (adapters.Account, error) {
		if a.ID == "" {
			return adapters.Account{}, call.Missing("id")
		}
		return adapters.Account{ID: a.ID, Name: a.Name, Identifiers: a.Numbers}, nil
	})
	list.Numbered = true
	return list, err
}

func toAllBalances(body accountList) (call.Listed[adapters.AccountBalances], error) {
	list, err := call.ListBalances("accounts", body.Accounts, func(a account) (adapters.Account, error) {
		return adapters.Account{ID: a.ID, Name: a.Name}, nil
	}, func(a account) ([]adapters.Balance, error) {
		if a.Amount == nil {
			return nil, call.NoBalances("amount")
		}
		return []adapters.Balance{{Type: adapters.BalanceTypeExpected, ProviderType: "x", Amount: adapters.NewAmount(a.Amount.Decimal), Currency: "EUR"}}, nil
	})
	list.Numbered = true
	return list, err
}

// pager answers page after page, in memory.
type pager struct {
	endpoint *call.Endpoint
	asked    int
}

func newPager(t *testing.T, answer func(page int) string) *pager {
	t.Helper()
	p := new(pager)
	p.endpoint = connect(t, func(request *http.Request) (*http.Response, error) {
		p.asked++
		page, err := strconv.Atoi(request.URL.Query().Get("page"))
		require.NoError(t, err)
		return answers(200, answer(page))(request)
	}, call.Refusal{})
	return p
}

func page(number int) call.Request {
	return call.Request{Route: "GET /accounts", Build: func(e *call.Endpoint) (*http.Request, error) {
		return http.NewRequest(http.MethodGet, fmt.Sprintf("%s?page=%d", e.Server(), number), nil)
	}}
}

func (p *pager) accounts(t *testing.T) ([]adapters.Account, error) {
	t.Helper()
	return call.Accounts(t.Context(), p.endpoint, adapters.Unattended(), page, toAccounts)
}

func (p *pager) allBalances(t *testing.T) ([]adapters.AccountBalances, error) {
	t.Helper()
	return call.AllBalances(t.Context(), p.endpoint, adapters.Unattended(), page, toAllBalances)
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
	assert.Equal(t, 3, p.asked)
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
	assert.Equal(t, &adapters.Account{Provider: "bank", ID: "e"}, all[4].Account)
	assert.Equal(t, "1.50", all[4].Balances[0].Amount.String())
}

func TestPagesThatLie(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(page int) string
		kind   adapters.Kind
		detail string
		asked  int
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
			assert.Equal(t, test.asked, p.asked)
			all, err := p.allBalances(t)
			assert.Nil(t, all)
			assert.ErrorIs(t, err, test.kind)
		})
	}
}

func TestTotalsThatNeedNoPage(t *testing.T) {
	t.Parallel()
	p := newPager(t, func(int) string { return listText(2, "a", "b") })
	accounts, err := p.accounts(t)
	require.NoError(t, err)
	assert.Len(t, accounts, 2)
	assert.Equal(t, 1, p.asked)
	p = newPager(t, func(int) string { return listText(0) })
	accounts, err = p.accounts(t)
	require.NoError(t, err)
	assert.Equal(t, []adapters.Account{}, accounts, "an empty list is no nil")
	all, err := p.allBalances(t)
	require.NoError(t, err)
	assert.Equal(t, []adapters.AccountBalances{}, all)
}

func TestOneAccountHidesNoOther(t *testing.T) {
	t.Parallel()
	const text = `{"accounts": [{"id": "a", "amount": "1"}, {"amount": "1,5", "id": "b"}, {"id": "c"}, 7, {"amount": "2"}, {"id": "d", "amount": "3"}, {"id": "e", "balances": 5}]}`
	p := newPager(t, func(int) string { return text })
	all, err := p.allBalances(t)
	require.NoError(t, err)
	require.Len(t, all, 7)
	for i, want := range []struct{ id, account, problem string }{
		{"a", "a", ""}, {"b", "", "accounts[1].amount: not a decimal amount"}, {"c", "c", "accounts[2].amount: missing"},
		{"", "", "accounts[3]: wrong JSON type"}, {"", "", "balances[0].accountId: missing"}, {"d", "d", ""},
		{"e", "e", "accounts[6].balances: wrong JSON type"},
	} {
		assert.Equal(t, want.id, all[i].AccountID)
		if want.account == "" && i != 4 {
			assert.Nil(t, all[i].Account, "nothing of an unusable element")
		} else {
			assert.Equal(t, want.account, all[i].Account.ID)
		}
		if want.problem == "" {
			assert.NoError(t, all[i].Err)
			assert.Len(t, all[i].Balances, 1)
			continue
		}
		assert.Nil(t, all[i].Balances)
		assert.EqualError(t, all[i].Err, "bank: list balances: protocol (HTTP 200): "+want.problem)
		assert.Equal(t, i == 2, errors.Is(all[i].Err, adapters.ErrNoBalances))
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

func TestMatchGoesByID(t *testing.T) {
	t.Parallel()
	var parts []call.Element[account]
	require.NoError(t, answer.Unmarshal([]byte(`[{"id": "c", "name": "C"}, {"id": "other"}, 7, {"id": "twice"}, {"id": "a"}, {"id": "twice"}, {"id": "broken", "name": 1}]`), &parts))
	names := func(a account, id string) bool { return a.ID == id }
	toBalances := func(a account, id string) ([]adapters.Balance, error) {
		assert.Equal(t, id, a.ID)
		return []adapters.Balance{{ProviderType: a.Name}}, nil
	}
	absent := func(string) error { return call.Missing("part") }
	ids := []string{"a", "c", "absent", "twice", "broken"}
	got, err := call.Match("parts", parts, ids, names, toBalances, absent)
	require.NoError(t, err)
	require.Len(t, got, len(ids))
	for i, want := range []string{"", "", "protocol: parts[2]: wrong JSON type", "protocol: parts: names the same twice", "protocol: parts[6].name: wrong JSON type"} {
		assert.Equal(t, ids[i], got[i].AccountID)
		assert.Equal(t, want == "", got[i].Err == nil && len(got[i].Balances) == 1)
		if want != "" {
			assert.EqualError(t, got[i].Err, want)
		}
	}
	assert.Equal(t, "C", got[1].Balances[0].ProviderType)
	got, err = call.Match("parts", parts[:2], ids[2:3], names, toBalances, absent)
	require.NoError(t, err)
	assert.EqualError(t, got[0].Err, "protocol: part: missing", "all parts can be read")
	_, err = call.Match("parts", nil, ids, names, toBalances, absent)
	assert.EqualError(t, err, "protocol: parts: missing")
}

// Many pages of one account each, whose texts take all that an answer may have.
func TestMemoryOfAListIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 400 MiB; cure: make proofs")
	}
	t.Parallel()
	long := "aa" + strings.Repeat("\u00e5a", 170_000)
	p := newPager(t, func(page int) string {
		return fmt.Sprintf(`{"total": 200, "accounts": [{"id": "%d", "name": "%s"}]}`, page, long)
	})
	var memory runtime.MemStats
	accounts, err := p.accounts(t)
	require.NoError(t, err)
	require.Len(t, accounts, 200)
	runtime.GC()
	runtime.ReadMemStats(&memory)
	assert.Less(t, memory.HeapAlloc, uint64(64<<20))
	assert.Equal(t, "200", accounts[199].ID)
	assert.Equal(t, long[:512], accounts[199].Name, "at most 513 bytes, and whole characters")

	all, err := newPager(t, func(int) string { return listText(4, "a", "b"+long, "b"+long, "c") }).allBalances(t)
	require.NoError(t, err, "an id that nobody can ask for may come twice")
	for i, want := range []error{nil, adapters.ErrInvalidArgument, adapters.ErrInvalidArgument, nil} {
		assert.NoError(t, all[i].Err)
		assert.ErrorIs(t, adapters.ValidateAccountID(all[i].AccountID), want)
	}
	many := strings.Repeat(`{"scheme":"`+strings.Repeat("x", 500)+`","value":"`+strings.Repeat("y", 500)+`"},`, 900)
	_, err = call.Accounts(t.Context(), newPager(t, func(page int) string {
		return fmt.Sprintf(`{"total": 1000, "accounts": [{"id": "%d", "numbers": [%s]}]}`, page, strings.TrimSuffix(many, ","))
	}).endpoint, adapters.Unattended(), page, toAccounts)
	assert.ErrorIs(t, err, adapters.ErrTooLarge)
}

// Each account has its balances or its own error; an element of nobody may be of any account.
func TestGather(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`[{"id": "b", "amount": 2}, {"id": "z"}, {"id": "a", "amount": 1}, {"id": "b", "amount": 3}]`: "a 1; b 2 3",
		`[{"id": "a", "amount": 1}]`: "a 1; b: list: holds nothing about the account",
		`[]`:                         "a: list: holds nothing about the account; b: list: holds nothing about the account",
		`[{"id": "a"}, {"id": "a", "amount": 1}, {"id": "b", "amount": "x"}, {"id": "b", "amount": 1}]`: "a: list[0].amount: missing; b: list[2].amount: not a decimal amount",
		`null`: "list: missing",
		`[{"id": "a", "amount": 1}, {"amount": 2}]`:          "list[1].id: missing",
		`[{"id": "a", "amount": 1}, null]`:                   "list[1].id: missing",
		`[{"id": "a", "amount": 1}, {"id": 5, "amount": 2}]`: "list[1].id: wrong JSON type",
		`[{"id": "a", "amount": 1}, "a"]`:                    "list[1]: wrong JSON type",
	} {
		assert.Equal(t, want, gathered(t, body), body)
	}
}

func gathered(t *testing.T, body string) string {
	t.Helper()
	type element struct {
		ID     string              `json:"id"`
		Amount decimal.NullDecimal `json:"amount"`
	}
	var list []call.Element[element]
	require.NoError(t, answer.Unmarshal([]byte(body), &list))
	results, err := call.Gather("list", "id", list, []string{"a", "b"}, func(e element) string { return e.ID },
		func(e element) (adapters.Balance, error) {
			money, err := call.ToMoney("amount", e.Amount, "currency", "EUR")
			return adapters.Balance{Amount: money.Amount}, err
		})
	if err != nil {
		return strings.TrimPrefix(err.Error(), "protocol: ")
	}
	var texts []string
	for _, result := range results {
		text := result.AccountID
		for _, balance := range result.Balances {
			text += " " + balance.Amount.String()
		}
		if result.Err != nil {
			text = result.AccountID + ": " + strings.TrimPrefix(result.Err.Error(), "protocol: ")
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}
