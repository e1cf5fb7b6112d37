package prismtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/contract"
)

// call is one call of an adapter, and the Prefer header that picks the answer.
type call struct {
	operation  string
	prefer     string
	accounts   []string
	batch      bool
	unattended bool
}

func (c call) name() string {
	name := c.operation + " " + c.prefer
	if c.prefer == "" {
		name += "default"
	}
	if c.unattended {
		name += " unattended"
	}
	return name
}

// callsOf returns the calls of all operations: the default answer, every status, every example.
func callsOf(document *contract.Document) []call {
	var calls []call
	for _, item := range document.Spec.Paths.Map() {
		for _, operation := range item.Operations() {
			var examples []contract.Example
			for _, example := range document.Examples() {
				if example.Operation == operation.OperationID && example.Valid && example.Status != 0 {
					examples = append(examples, example)
				}
			}
			codes := slices.Sorted(maps.Keys(operation.Responses.Map()))
			calls = append(calls, callsOfOperation(operation.OperationID, codes, examples)...)
		}
	}
	return calls
}

// callsOfOperation asks for several accounts at once where an example answers for several. An example is asked for with
// its own account, because an adapter refuses the answer about another.
func callsOfOperation(operation string, codes []string, examples []contract.Example) []call {
	i := slices.IndexFunc(examples, func(e contract.Example) bool { return e.Status == http.StatusOK })
	if i < 0 {
		return nil
	}
	first := call{operation: operation, accounts: accountsOf(examples[i]), batch: len(examples[i].Accounts) > 0}
	unattended := first
	unattended.unattended = true
	calls := []call{first, unattended}
	for _, code := range codes {
		next := first
		next.prefer = "code=" + code
		calls = append(calls, next)
	}
	for _, example := range examples {
		next := first
		// Prism looks for an example under the lowest 2xx only, unless it is told the status.
		next.prefer = fmt.Sprintf("code=%d, example=%s", example.Status, example.Name)
		if example.Status == http.StatusOK {
			next.prefer = "example=" + example.Name
			next.accounts = accountsOf(example)
		}
		calls = append(calls, next)
	}
	return calls
}

func accountsOf(example contract.Example) []string {
	if example.Account != "" {
		return []string{example.Account}
	}
	return example.Accounts
}

// result is what an adapter returns, without what differs from call to call.
type result struct {
	Account  string             `json:"account,omitempty"`
	Balances []adapters.Balance `json:"balances"`
	Failure  *failure           `json:"failure,omitempty"`
}

type failure struct {
	Kind       adapters.Kind     `json:"kind"`
	Status     int               `json:"status"`
	Code       string            `json:"code,omitempty"`
	Message    string            `json:"message,omitempty"`
	RequestID  string            `json:"requestId,omitempty"`
	RetryAfter time.Time         `json:"retryAfter,omitzero"`
	Links      map[string]string `json:"links,omitempty"`
	Detail     string            `json:"detail,omitempty"`
}

// of makes the call and returns what came of it as JSON.
func (c call) of(ctx context.Context, source adapters.Source) (string, error) {
	who := psu
	if c.unattended {
		who = adapters.Unattended()
	}
	if !c.batch {
		balances, err := source.Balances(ctx, c.accounts[0], who)
		return text(newResult(c.accounts[0], balances, err))
	}
	several, ok := source.(adapters.BatchSource)
	if !ok {
		return "", errors.New("the document answers for several accounts, the adapter does not")
	}
	answers, err := several.BatchBalances(ctx, c.accounts, who)
	results := []result{newResult("", nil, err)}
	for _, answer := range answers {
		results = append(results, newResult(answer.AccountID, answer.Balances, answer.Err))
	}
	return text(results...)
}

func newResult(account string, balances []adapters.Balance, err error) result {
	r := result{Account: account, Balances: balances}
	var e *adapters.Error
	switch {
	case errors.As(err, &e):
		r.Failure = &failure{e.Kind, e.Status, e.Code, e.Message, e.RequestID, e.RetryAfter, e.Links, e.Detail}
	case err != nil:
		r.Failure = &failure{Detail: err.Error()}
	}
	return r
}

func text(results ...result) (string, error) {
	data, err := json.MarshalIndent(results, "", "  ")
	return string(data), err
}
