package mapping_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/openbalances/openbalances/specs/mapping"
)

// bank is the code of the bank that the sandbox's credentials name, for a provider whose requests name one.
func bank(doc *contract.Document) string {
	credentials, _ := openapi.Of(doc).Spec.Info.Extensions["x-sandbox-credentials"].(map[string]any)
	code, _ := credentials["bankCode"].(string)
	return code
}

// reading is what a document declares of one of its examples, as text.
func reading(t *testing.T, doc *contract.Document, name string) string {
	t.Helper()
	e := openapi.Of(doc).First(func(e specs.Example) bool { return e.Name == name })
	require.NotNil(t, e, name)
	asked := mapping.Asked{Accounts: e.Accounts, Bank: bank(doc)}
	if e.Account != "" {
		asked.Accounts = []string{e.Account}
	}
	answer, err := mapping.New(doc).Read(e.Operation, e.JSON, asked)
	text := fmt.Sprintln(err == nil)
	for _, a := range answer.Accounts {
		text += fmt.Sprintln(a.ID, a.Fields, a.Err == nil, a.Balances, a.BalancesErr == nil)
	}
	return text
}

// TestPlantedMistakes changes one declaration at a time, and the named example has to become something else. The suite of
// the adapters then finds the mistake: it compares every answer with the declaration, and with what is expected by hand.
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
		"no bank of the accounts":       {"enablebanking", "x-maps-to: bank", "x-unmapped: A mistake.", "sessionOfTwo"},
		"the session has no end":        {"enablebanking", "{field: consentValidUntil, form: rfc3339}", "name", "sessionOfTwo"},
		"the hash has no scheme":        {"enablebanking", ", set: {scheme: identification_hash}", "", "sessionOfTwo"},
		"a session that has ended":      {"enablebanking", "{only: [AUTHORIZED]}", "name", "sessionExpired"},
		"numbers are not the account's": {"enablebanking", "x-maps-to: scheme", "x-unmapped: A mistake.", "accountDetails"},
		"no credit line says it":        {"onesingleview", "x-maps-to: included", "x-unmapped: A mistake.", "creditLineNotIncluded"},
		"the prefix stays":              {"onesingleview", "{field: type, cut: KSAOB.}", "type", "everyType"},
		"the other bank's too":          {"onesingleview", "x-maps-to: {match: bank}", "x-unmapped: A mistake.", "batchInOtherOrder"},
		"a failure is taken":            {"onesingleview", "x-maps-to: {only: ['true']}", "x-unmapped: A mistake.", "successMissing"},
		"balances of anybody":           {"ukob", "x-maps-to: accountId", "x-unmapped: A planted mistake.", "balancesOfTwo"},
		"anybody's for one":             {"ukob", "x-maps-to: accountId", "x-unmapped: A planted mistake.", "anotherAccount"},
		"no IBAN by its scheme":         {"ukob", "x-maps-to: scheme", "x-unmapped: A planted mistake.", "accountList"},
		"the holder is a name":          {"ukob", "account.holderName", "account.name", "accountListOfVersion4"},
		"half of a credit line":         {"ukob", "          x-maps-to: currency\n          example: GBP\n    Links:", "          x-unmapped: A mistake.\n          example: GBP\n    Links:", "severalBalances"},
		"debts are credits":             {"berlingroup", "'true': reversed, 'false': stated", "'true': stated, 'false': reversed", "cardDebitsPositive"},
		"time of another form":          {"onesingleview", "form: rfc3339", "form: epochMillis", "availableAndBooked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := spectest.Load(t, plant.provider)
			planted := spectest.Parse(t, plant.provider, spectest.Planted(t, spectest.Text(t, plant.provider), plant.old, plant.new))
			assert.NotEqual(t, reading(t, doc, plant.example), reading(t, planted, plant.example))
		})
	}
}

// What a list holds of accounts that were not asked for goes nowhere, and a number is what its scheme says.
func TestValuesOfListsForAll(t *testing.T) {
	t.Parallel()
	doc := spectest.Load(t, "ukob")
	value := func(example, pointer string, asked ...string) string {
		e := openapi.Of(doc).First(func(e specs.Example) bool { return e.Name == example })
		require.NotNil(t, e, example)
		answer, err := mapping.New(doc).Read(e.Operation, e.JSON, mapping.Asked{Accounts: asked})
		require.NoError(t, err)
		for _, v := range answer.Values {
			if v.Pointer == pointer {
				return v.Field + " " + v.Rule
			}
		}
		return ""
	}
	const one, two = "acc-7d1b0c-one", "acc-7d1b0c-two"
	assert.Equal(t, "balance.amount as sent", value("balancesOfTwo", "/Data/Balance/1/Amount/Amount", one, two))
	assert.Equal(t, " unmapped: was not asked for", value("balancesOfTwo", "/Data/Balance/1/Amount/Amount", one))
	assert.Equal(t, "identifier.value as sent", value("accountList", "/Data/Account/0/Account/0/Identification"))
	assert.Equal(t, "account.iban as sent", value("accountList", "/Data/Account/0/Account/1/Identification"))
	assert.Equal(t, " is iban", value("accountList", "/Data/Account/0/Account/1/SchemeName"))
}
