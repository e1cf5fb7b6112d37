package mapping_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/mapping"
)

// expectation is what somebody wrote by hand about one example, for the adapters. Their suite explains the members.
type expectation struct {
	Balances      []json.RawMessage `json:"balances"`
	Error         any               `json:"error"`
	Results       []result          `json:"results"`
	All           []result          `json:"all"`
	Accounts      json.RawMessage   `json:"accounts"` // ids of a batch, or accounts of a list
	AccountsError any               `json:"accountsError"`
}

type result struct {
	AccountID string            `json:"accountId"`
	Balances  []json.RawMessage `json:"balances"`
	Error     any               `json:"error"`
	NotListed bool              `json:"notListed"`
}

// ofPages are examples that are good by themselves. A later page, or the number that promises one, makes an error of them.
var ofPages = []string{"listEndsTooEarly", "listFirstPageForEver", "listWithoutTotal", "listWithOtherTotal"}

// bank is the code of the bank that the sandbox's credentials name, for a provider whose requests name one.
func bank(doc *contract.Document) string {
	credentials, _ := doc.Spec.Info.Extensions["x-sandbox-credentials"].(map[string]any)
	code, _ := credentials["bankCode"].(string)
	return code
}

// TestExamples compares what the declaration says with what is expected of the adapter, for every answer with status 200.
func TestExamples(t *testing.T) {
	t.Parallel()
	for provider, doc := range spectest.Documents(t) {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			require.Positive(t, compare(t, t, doc))
		})
	}
}

// report is the part of testing.T that a comparison needs, so that a planted mistake can be seen to fail.
type report interface {
	Errorf(format string, args ...any)
}

func compare(t *testing.T, r report, doc *contract.Document) (compared int) {
	t.Helper()
	declared := mapping.New(doc)
	for _, example := range doc.Examples() {
		file := filepath.Join("../../adapters", doc.Provider, "testdata/examples", example.Name+".json")
		text, err := os.ReadFile(file)
		if example.Status != http.StatusOK || err != nil {
			continue
		}
		var want expectation
		require.NoError(t, json.Unmarshal(text, &want), file)
		asked := mapping.Asked{Accounts: example.Accounts, Bank: bank(doc)}
		if example.Account != "" {
			asked.Accounts = []string{example.Account}
			want.Results = []result{{example.Account, want.Balances, want.Error, false}}
		}
		answer, err := declared.Read(example.Operation, example.JSON, asked)
		name := doc.Provider + "/" + example.Name
		compared++
		switch {
		case doc.ListsAccounts(example.Operation):
			compareList(r, name, want, answer, err)
		case want.Error != nil && example.Account == "":
			assert.Error(r, err, name)
		default:
			compareResults(r, name, want.Results, answer, err)
		}
	}
	return compared
}

func compareResults(r report, name string, want []result, answer mapping.Answer, err error) {
	if err != nil {
		assert.True(r, len(want) == 1 && want[0].Error != nil, "%s: %v", name, err)
		return
	}
	if !assert.Len(r, answer.Accounts, len(want), name) {
		return
	}
	for i, account := range answer.Accounts {
		assert.Equal(r, want[i].AccountID, account.ID, name)
		if want[i].NotListed {
			assert.True(r, account.Balances == nil && account.BalancesErr == nil, "%s: balances are listed", name)
			continue
		}
		if want[i].Error != nil {
			assert.Error(r, account.BalancesErr, name)
			assert.Nil(r, account.Balances, name)
			continue
		}
		assert.NoError(r, account.BalancesErr, name)
		compareFields(r, name, want[i].Balances, account.Balances)
	}
}

func compareList(r report, name string, want expectation, answer mapping.Answer, err error) {
	if slices.Contains(ofPages, filepath.Base(name)) {
		return
	}
	broken := slices.ContainsFunc(answer.Accounts, func(a mapping.Account) bool { return a.Err != nil })
	if want.Error != nil {
		assert.True(r, err != nil || broken, "%s: nothing is broken", name)
		return
	}
	if !assert.NoError(r, err, name) {
		return
	}
	if want.All != nil {
		compareResults(r, name, want.All, answer, nil)
	}
	if want.AccountsError != nil {
		assert.True(r, broken, "%s: no account is broken", name)
		return
	}
	var accounts []json.RawMessage
	if json.Unmarshal(want.Accounts, &accounts) != nil {
		return // nothing is expected of a list of accounts
	}
	got := []mapping.Fields{}
	for _, account := range answer.Accounts {
		assert.NoError(r, account.Err, name)
		got = append(got, account.Fields)
	}
	compareFields(r, name, accounts, got)
}

func compareFields(r report, name string, want []json.RawMessage, got []mapping.Fields) {
	if !assert.NotNil(r, got, name) || !assert.Len(r, got, len(want), name) {
		return
	}
	for i, text := range want {
		var fields mapping.Fields
		assert.NoError(r, json.Unmarshal(text, &fields))
		for _, known := range []string{"provider", "warnings[0]", "warnings[1]"} {
			delete(fields, known)
		}
		assert.Equal(r, fields, got[i], "%s: %d", name, i)
	}
}

// findings collects what a comparison reports.
type findings []string

func (f *findings) Errorf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// TestPlantedMistakes changes one declaration at a time. Comparing the examples has to name the example that shows it.
func TestPlantedMistakes(t *testing.T) {
	if testing.Short() {
		t.Skip("plants faults; cure: make proofs")
	}
	t.Parallel()
	for name, plant := range map[string]struct{ provider, old, new, example string }{
		"no BBAN":                 {"eika", "x-maps-to: balances.bban", "x-unmapped: A planted mistake.", "documentedSample"},
		"the product comes first": {"eika", "{field: type, unless: cashAccountType}", "type", "listWithBalances"},
		"another account":         {"tokenio", "          x-maps-to: id\n          example: a:8DbPteGnytmMbKXdnWTReeRB6cYWKXZ84JgLTBC7fKL4:5zKcENpV\n        current", "          x-unmapped: A mistake.\n        current", "batchAllGood"},
		"current is expected":     {"tokenio", "{type: interimBooked,", "{type: expected,", "documentedSample"},
		"no time of the balances": {"tokenio", "{field: balances.asOf, form: epochMillis}", "name", "balanceWithTime"},
		"the time of all":         {"tokenio", "x-maps-to: {field: asOf, form: epochMillis}", "x-unmapped: A mistake.", "balanceWithTime"},
		"any status is good":      {"tokenio", "{only: [SUCCESSFUL_REQUEST]}", "{match: bank}", "statusUnknown"},
		"numbers are names":       {"tokenio", "{each: identifier, field: value}", "name", "accountList"},
		"one type of many": {"tokenio", "          x-maps-to: type\n          example:\n            - CHECKING",
			"          x-maps-to: name\n          example:\n            - CHECKING", "accountList"},
		"ITAV is closingAvailable": {"neonomics",
			"{CLSG: closingBooked,", "{ITAV: closingAvailable, CLSG: closingBooked,", "isoTypes"},
		"two names are one":         {"neonomics", "{field: name, unless: displayName}", "displayName", "listWithBalances"},
		"the number has no scheme":  {"neonomics", ", set: {scheme: sortCodeAccountNumber}", "", "listWithBalances"},
		"no IBAN for the balances":  {"mypos", "x-maps-to: [iban, balances.iban]", "x-maps-to: iban", "listWithBalanceNumber"},
		"available is expected":     {"mypos", "available: interimAvailable", "available: expected", "documentedSample"},
		"the number has a type":     {"mypos", "set: {type: unknown,", "set: {type: expected,", "listWithBalanceNumber"},
		"the number is of no money": {"mypos", "[currency, balances.currency]", "currency", "listWithBalanceNumber"},
		"signs are swapped": {"onesingleview",
			"Credit: positive, Debit: negative", "Credit: negative, Debit: positive", "negativeAmount"},
		"no sign": {"onesingleview", "x-maps-to: {field: sign, cut: KSAOB., table: {Credit: positive, Debit: negative}}",
			"x-unmapped: A planted mistake.", "negativeAmount"},
		"credit lines are dropped": {"onesingleview",
			"x-maps-to: {each: creditLine}", "x-unmapped: A planted mistake.", "severalCreditLines"},
		"no credit line says it": {"onesingleview", "x-maps-to: included", "x-unmapped: A mistake.", "creditLineNotIncluded"},
		"the prefix stays":       {"onesingleview", "{field: type, cut: KSAOB.}", "type", "everyType"},
		"the other bank's too":   {"onesingleview", "x-maps-to: {match: bank}", "x-unmapped: A mistake.", "batchInOtherOrder"},
		"a failure is taken":     {"onesingleview", "x-maps-to: {only: ['true']}", "x-unmapped: A mistake.", "successMissing"},
		"time of another form":   {"onesingleview", "form: rfc3339", "form: epochMillis", "availableAndBooked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := spectest.Planted(t, spectest.Text(t, plant.provider), plant.old, plant.new)
			var found findings
			compare(t, &found, spectest.Parse(t, plant.provider, text))
			assert.Contains(t, strings.Join(found, "\n"), plant.provider+"/"+plant.example)
		})
	}
}
