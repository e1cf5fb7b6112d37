package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/stretchr/testify/assert"
)

// findings collects what a comparison reports.
type findings []string

func (f *findings) Errorf(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// TestPlantedMistakes changes one declaration at a time. Comparing the examples has to name the example that shows it.
func TestPlantedMistakes(t *testing.T) {
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
		"no credit line says it":   {"onesingleview", "x-maps-to: included", "x-unmapped: A mistake.", "creditLineNotIncluded"},
		"the prefix stays":         {"onesingleview", "{field: type, cut: KSAOB.}", "type", "everyType"},
		"the other bank's too":     {"onesingleview", "x-maps-to: {match: bank}", "x-unmapped: A mistake.", "batchInOtherOrder"},
		"a failure is taken":       {"onesingleview", "x-maps-to: {only: ['true']}", "x-unmapped: A mistake.", "successMissing"},
		"further pages are missed": {"onesingleview", "only: ['0', '1', '']", "only: ['0', '1', '2', '']", "accountListOfTwoPages"},
		"time of another form":     {"onesingleview", "form: rfc3339", "form: epochMillis", "availableAndBooked"},
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
