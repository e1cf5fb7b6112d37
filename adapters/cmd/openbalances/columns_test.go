package main_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	openbalances "github.com/openbalances/openbalances/adapters/cmd/openbalances"
	"github.com/stretchr/testify/assert"
)

// A fact that is in the JSON is in the CSV, too, unless it is a list that a cell has no room for.
func TestColumnsAreAllFacts(t *testing.T) {
	t.Parallel()
	balances, accounts := openbalances.Columns()
	for _, c := range []struct {
		columns, unlisted []string
		fact              reflect.Type
	}{
		{balances, []string{"creditLines", "warnings"}, reflect.TypeFor[adapters.Balance]()},
		{accounts, nil, reflect.TypeFor[adapters.Account]()},
	} {
		want := slices.Concat([]string{"connection"}, c.unlisted)
		for i := range c.fact.NumField() {
			name, _, _ := strings.Cut(c.fact.Field(i).Tag.Get("json"), ",")
			if !slices.Contains(want, name) {
				want = append(want, name)
			}
		}
		assert.ElementsMatch(t, want, append(c.unlisted, c.columns...), "cure: a line in columns.go")
	}
}
