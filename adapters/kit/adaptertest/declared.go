package adaptertest

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/stretchr/testify/require"
)

// declared compares what the adapter makes of answers with what the document declares of them (x-maps-to): of every good
// example, and of each once more with every variation of each of its values and lists.
func (h Harness) declared(t *testing.T) {
	t.Parallel()
	pool := h.pool(t)
	h.eachGoodAnswer(t, func(t *testing.T, c comparison) {
		if !c.compare(t, "", c.example.JSON) || c.brief {
			return
		}
		for change, body := range c.variations(t, pool) {
			if !c.compare(t, change, body) {
				return // one cause is told once
			}
		}
	})
}

// thorough is how many answers to each call are changed in every way with go test -short. Without it all are.
const thorough = 2

// eachGoodAnswer runs a test for each of goodAnswers.
func (h Harness) eachGoodAnswer(t *testing.T, test func(*testing.T, comparison)) {
	t.Helper()
	for c := range h.goodAnswers(t) {
		t.Run(c.call.name+"/"+c.example.Name, func(t *testing.T) {
			t.Parallel()
			c.bank = h.teller(t)
			test(t, c)
		})
	}
}

// goodAnswers yields every call with every answer to it that follows the document, the largest one aside. There is no bank
// yet.
func (h Harness) goodAnswers(t *testing.T) iter.Seq[comparison] {
	return func(yield func(comparison) bool) {
		seen := map[string]int{}
		for _, example := range h.documented() {
			if example.Status != http.StatusOK || !example.Valid || len(example.JSON) > largestSwept {
				continue
			}
			for _, call := range h.declaredCalls(t, example) {
				seen[call.name]++
				alone := example
				if call.asked == nil {
					alone.JSON = withoutTotal(t, example.JSON) // a page by itself is a whole list
				}
				if !yield(comparison{h, call, nil, alone, testing.Short() && seen[call.name] > thorough}) {
					return
				}
			}
		}
	}
}

// declaredCall is a method of the adapter as the declaration sees it.
type declaredCall struct {
	name  string
	asked []string
	ask   func(t *testing.T, b *teller, accounts []string, body []byte) ([]declaredAccount, error)
}

// declaredAccount is what the adapter says of one account, as text. What a call does not give is nil.
type declaredAccount struct {
	account  mapping.Fields
	balances []mapping.Fields
	err      error
}

// declaredCalls are the methods that an example is an answer for.
func (h Harness) declaredCalls(t *testing.T, example specs.Example) (calls []declaredCall) {
	t.Helper()
	switch {
	case example.Lists:
		for _, call := range h.listCalls(t) {
			if call.operation == example.Operation {
				calls = append(calls, declaredList(call))
			}
		}
	case example.Account != "":
		calls = append(calls, declaredCall{"one", []string{example.Account}, askOne})
	case len(example.Accounts) > 0:
		calls = append(calls, declaredCall{"batch", example.Accounts, askBatch})
	}
	return calls
}

func declaredList(call listCall) declaredCall {
	return declaredCall{call.name, nil, func(t *testing.T, b *teller, _ []string, body []byte) ([]declaredAccount, error) {
		got, err := b.lists(t, call, body)
		return slices.Concat(declaredAccounts(t, got.accounts), declaredResults(t, got.all)), err
	}}
}

func askOne(t *testing.T, b *teller, accounts []string, body []byte) ([]declaredAccount, error) {
	balances, err := b.ask(t, accounts[0], body)
	return []declaredAccount{{balances: declaredBalances(t, balances), err: err}}, nil
}

func askBatch(t *testing.T, b *teller, accounts []string, body []byte) ([]declaredAccount, error) {
	b.body.Store(&body)
	results, err := b.source.BatchBalances(t.Context(), accounts, adapters.Unattended())
	return declaredResults(t, results), err
}

func declaredAccounts(t *testing.T, accounts []adapters.Account) (all []declaredAccount) {
	for _, account := range accounts {
		all = append(all, declaredAccount{account: fieldsOf(t, account)})
	}
	return all
}

func declaredResults(t *testing.T, results []adapters.AccountBalances) (all []declaredAccount) {
	for _, result := range results {
		one := declaredAccount{balances: declaredBalances(t, result.Balances), err: result.Err}
		if result.Account != nil {
			one.account = fieldsOf(t, *result.Account)
		}
		all = append(all, one)
	}
	return all
}

func declaredBalances(t *testing.T, balances []adapters.Balance) (all []mapping.Fields) {
	assertSound(t, balances)
	for _, balance := range balances {
		all = append(all, fieldsOf(t, balance))
	}
	return all
}

// undeclared are the fields that say something about the call and nothing about the answer.
var undeclared = []string{"provider", "receivedAt", "requestId", "warnings"}

// fieldsOf writes a shared value as text, field by field of its JSON.
func fieldsOf(t *testing.T, shared any) mapping.Fields {
	t.Helper()
	text, err := json.Marshal(shared)
	require.NoError(t, err)
	var fields mapping.Fields
	require.NoError(t, json.Unmarshal(text, &fields))
	maps.DeleteFunc(fields, func(way, _ string) bool {
		name, _, _ := strings.Cut(way, "[")
		return slices.Contains(undeclared, name)
	})
	return fields
}

// comparison is one example as an answer to one call.
type comparison struct {
	Harness
	call    declaredCall
	bank    *teller
	example specs.Example
	brief   bool // nothing is changed
}

// compare reports whether adapter and declaration say the same of a body, and names the first difference otherwise. An
// answer whose further pages the adapter has asked for is no answer by itself.
func (c comparison) compare(t *testing.T, change string, body []byte) bool {
	t.Helper()
	before := c.bank.requests.Load()
	got, err := c.call.ask(t, c.bank, c.call.asked, body)
	if c.bank.requests.Load() > before+1 {
		return true
	}
	want, wantErr := c.declaration.Read(c.example.Operation, body, mapping.Asked{Accounts: c.call.asked, Bank: c.Bank})
	problem := differ(c.call.name, want, wantErr, got, err)
	if problem != "" {
		t.Errorf("%s%s%s", problem, trace(problem, want), change)
	}
	return problem == ""
}

// differ returns the first difference between the declaration and the adapter, "" if there is none.
func differ(call string, want mapping.Answer, wantErr error, got []declaredAccount, err error) string {
	for _, account := range want.Accounts {
		if call == "accounts" && wantErr == nil {
			wantErr = account.Err // one broken element breaks a list of accounts
		}
	}
	if call == "one" && err == nil {
		err = got[0].err
		if len(want.Accounts) > 0 && wantErr == nil {
			wantErr = want.Accounts[0].BalancesErr
		}
	}
	switch {
	case (wantErr == nil) != (err == nil):
		return fmt.Sprintf("the document declares %s, the adapter says %s", outcome(wantErr), outcome(err))
	case err != nil:
		return ""
	case len(got) != len(want.Accounts):
		return fmt.Sprintf("the document declares %d accounts, the adapter finds %d", len(want.Accounts), len(got))
	}
	for i := range got {
		if problem := got[i].differ(call, want.Accounts[i]); problem != "" {
			return problem
		}
	}
	return ""
}

func (a declaredAccount) differ(call string, want mapping.Account) string {
	if a.account != nil {
		if problem := difference("account", want.Fields, a.account); problem != "" {
			return problem
		}
	}
	switch {
	case call == "accounts":
		return ""
	case want.BalancesErr != nil && a.err == nil, want.BalancesErr == nil && a.err != nil && !errors.Is(a.err, adapters.ErrNoBalances):
		return fmt.Sprintf("the document declares %s, the adapter says %s", outcome(want.BalancesErr), outcome(a.err))
	case want.BalancesErr == nil && (want.Balances == nil) != errors.Is(a.err, adapters.ErrNoBalances):
		return fmt.Sprintf("the document declares that the list has balances: %t, the adapter says %s", want.Balances != nil, outcome(a.err))
	case a.err != nil:
		return ""
	case len(a.balances) != len(want.Balances):
		return fmt.Sprintf("the document declares %d balances, the adapter finds %d", len(want.Balances), len(a.balances))
	}
	for i := range a.balances {
		if problem := difference(fmt.Sprintf("balance[%d]", i), want.Balances[i], a.balances[i]); problem != "" {
			return problem
		}
	}
	return ""
}

// outcome is an error in words.
func outcome(err error) string {
	if err == nil {
		return "that it is good"
	}
	return "\"" + err.Error() + "\""
}

func difference(of string, want, got mapping.Fields) string {
	both := mapping.Fields{}
	maps.Copy(both, want)
	maps.Copy(both, got)
	for _, field := range slices.Sorted(maps.Keys(both)) {
		if want[field] != got[field] {
			return fmt.Sprintf("%s.%s: the document declares %q, the adapter says %q", of, field, want[field], got[field])
		}
	}
	return ""
}

// trace names the properties that the field of a problem comes from.
func trace(problem string, want mapping.Answer) string {
	field, _, _ := strings.Cut(problem, ":")
	name := strings.TrimSuffix(field[strings.LastIndex(field, ".")+1:], "s")
	var pointers []string
	for _, v := range want.Values {
		if name != "" && strings.HasSuffix(v.Field, "."+name) && !slices.Contains(pointers, v.Pointer) {
			pointers = append(pointers, v.Pointer+" ("+v.Rule+")")
		}
	}
	if len(pointers) == 0 {
		return ""
	}
	return "; from " + strings.Join(pointers[:min(len(pointers), 4)], ", ")
}
