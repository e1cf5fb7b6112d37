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
	method     method
	prefer     string
	accounts   []string
	unattended bool
}

// method is one of the methods that adapters can have.
type method string

const (
	balances      method = "" // the one that all have
	batchBalances method = "batch"
	accounts      method = "accounts"
	allBalances   method = "all"
)

func (c call) name() string {
	name := c.operation + " " + c.prefer
	if c.prefer == "" {
		name += "default"
	}
	if c.method == accounts || c.method == allBalances {
		name += " " + string(c.method)
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
			for _, m := range methodsOf(document, operation.OperationID, examples) {
				calls = append(calls, callsOfOperation(call{operation: operation.OperationID, method: m}, codes, examples)...)
			}
		}
	}
	return calls
}

// methodsOf returns the methods that may use an operation; none for one that no adapter's method is about, such as the
// call for a token.
func methodsOf(document *contract.Document, operation string, examples []contract.Example) []method {
	if document.ListsAccounts(operation) {
		return []method{accounts, allBalances}
	}
	var found []method
	if slices.ContainsFunc(examples, func(e contract.Example) bool { return e.Status == http.StatusOK && e.Account != "" }) {
		found = append(found, balances)
	}
	if slices.ContainsFunc(examples, func(e contract.Example) bool { return e.Status == http.StatusOK && len(e.Accounts) > 0 }) {
		found = append(found, batchBalances)
	}
	return found
}

// fits tells whether a method can be given the answer. Refusals fit all.
func (m method) fits(e contract.Example) bool {
	switch {
	case e.Status != http.StatusOK:
		return true
	case m == balances:
		return e.Account != ""
	case m == batchBalances:
		return len(e.Accounts) > 0
	}
	return m == accounts || e.Compose == "" // Prism composes nothing: its accounts have no balances
}

// callsOfOperation asks for an example with its own accounts, because an adapter refuses the answer about others.
func callsOfOperation(first call, codes []string, examples []contract.Example) []call {
	i := slices.IndexFunc(examples, func(e contract.Example) bool { return e.Status == http.StatusOK && first.method.fits(e) })
	if i < 0 {
		return nil
	}
	first.accounts = accountsOf(examples[i])
	unattended := first
	unattended.unattended = true
	calls := []call{first, unattended}
	isDefault := i == slices.IndexFunc(examples, func(e contract.Example) bool { return e.Status == http.StatusOK })
	if !isDefault { // what is sent without being asked for is about one account
		calls = nil
	}
	for _, code := range codes {
		if code == "200" && !isDefault {
			continue
		}
		next := first
		next.prefer = "code=" + code
		calls = append(calls, next)
	}
	for _, example := range examples {
		if !first.method.fits(example) {
			continue
		}
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
	Listed   []adapters.Account `json:"listed,omitempty"`
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
	var answers []adapters.AccountBalances
	var err error
	switch c.method {
	case balances:
		all, err := source.Balances(ctx, c.accounts[0], who)
		return text(newResult(c.accounts[0], all, err))
	case accounts:
		lister, ok := source.(adapters.AccountLister)
		if !ok {
			return "", errNoMethod
		}
		listed, err := lister.Accounts(ctx, who)
		listing := newResult("", nil, err)
		listing.Listed = listed
		return text(listing)
	case allBalances:
		lister, ok := source.(adapters.BalanceLister)
		if !ok {
			return "", errNoMethod
		}
		answers, err = lister.AllBalances(ctx, who)
	case batchBalances:
		several, ok := source.(adapters.BatchSource)
		if !ok {
			return "", errors.New("the document answers for several accounts, the adapter does not")
		}
		answers, err = several.BatchBalances(ctx, c.accounts, who)
	}
	results := []result{newResult("", nil, err)}
	for _, answer := range answers {
		results = append(results, newResult(answer.AccountID, answer.Balances, answer.Err))
	}
	return text(results...)
}

// errNoMethod says that an adapter lacks a method that is optional.
var errNoMethod = errors.New("the adapter has no such method")

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
