package prismtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/stretchr/testify/require"
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
func callsOf(t *testing.T, document *contract.Document) []call {
	t.Helper()
	text, err := document.JSON()
	require.NoError(t, err)
	spec, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	var calls []call
	for _, item := range spec.Paths.Map() {
		for _, operation := range item.Operations() {
			own := slices.DeleteFunc(document.Examples(), func(e specs.Example) bool {
				return e.Operation != operation.OperationID || !e.Valid || e.Status == 0
			})
			codes := slices.Sorted(maps.Keys(operation.Responses.Map()))
			for _, m := range []method{balances, batchBalances, accounts, allBalances} {
				calls = append(calls, callsOfOperation(call{operation: operation.OperationID, method: m}, codes, own)...)
			}
		}
	}
	return calls
}

// fits tells whether a method can be given the answer. Refusals fit all.
func (m method) fits(e specs.Example) bool {
	switch {
	case e.Status != http.StatusOK:
		return true
	case m == balances:
		return e.Account != "" && !e.Lists
	case m == batchBalances:
		return len(e.Accounts) > 0 && !e.Lists && e.Compose == "" // Prism composes nothing: its accounts have no balances
	}
	return e.Lists && (m == accounts || e.Compose == "")
}

// callsOfOperation asks for an example with its own accounts, because an adapter refuses the answer about others.
func callsOfOperation(first call, codes []string, examples []specs.Example) []call {
	i := slices.IndexFunc(examples, func(e specs.Example) bool { return e.Status == http.StatusOK && first.method.fits(e) })
	if i < 0 {
		return nil
	}
	first.accounts = accountsOf(examples[i])
	unattended := first
	unattended.unattended = true
	calls := []call{first, unattended}
	isDefault := i == slices.IndexFunc(examples, func(e specs.Example) bool { return e.Status == http.StatusOK })
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

func accountsOf(example specs.Example) []string {
	if example.Account != "" {
		return []string{example.Account}
	}
	return example.Accounts
}

// result is what an adapter returns, without what differs from call to call.
type result struct {
	Listed   []adapters.Account
	Answers  []adapters.AccountBalances
	Failures []*failure // of the call, and of each answer
}

// failure is an error whose JSON leaves nothing out.
type failure adapters.Error

// of makes the call and returns what came of it as JSON.
func (c call) of(ctx context.Context, source adapters.Source) (string, error) {
	who := psu
	if c.unattended {
		who = adapters.Unattended()
	}
	var r result
	var err error
	switch c.method {
	case balances:
		own := adapters.AccountBalances{AccountID: c.accounts[0]}
		own.Balances, err = source.Balances(ctx, own.AccountID, who)
		r.Answers = append(r.Answers, own)
	case accounts:
		r.Listed, err = source.Accounts(ctx, who)
	case allBalances:
		r.Answers, err = source.AllBalances(ctx, who)
	case batchBalances:
		r.Answers, err = source.BatchBalances(ctx, c.accounts, who)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		return "", err
	}
	r.fail(err)
	for _, answer := range r.Answers {
		for i := range answer.Balances {
			answer.Balances[i].RequestID = "" // no two calls share one
		}
		r.fail(answer.Err)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	return string(data), err
}

func (r *result) fail(err error) {
	var e *adapters.Error
	switch {
	case errors.As(err, &e):
		full := failure(*e)
		full.Err = nil   // its words are the network's
		full.Origin = "" // a header may state it, and the document's example of a header is of the answer, not of the case
		r.Failures = append(r.Failures, &full)
	case err != nil:
		r.Failures = append(r.Failures, &failure{Detail: err.Error()})
	}
}
