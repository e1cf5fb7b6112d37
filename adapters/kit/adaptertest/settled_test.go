package adaptertest

import (
	"testing"

	"github.com/openbalances/openbalances/specs/mapping"
	"github.com/stretchr/testify/assert"
)

func TestListsOfAnotherLengthAreSettled(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"items":["a","b"],"meta":{"totalRecords":3,"x":1}}`: `{"items":["a","b"],"meta":{"x":1}}`,
		`{"items":["a","b"],"meta":{"totalRecords":2,"x":1}}`: `{"items":["a","b"],"meta":{"totalRecords":2,"x":1}}`,
		`{"items":["a","b"],"count":1,"total":9}`:             `{"items":["a","b"]}`,
		`not JSON`: `not JSON`,
	} {
		assert.Equal(t, want, string(settled(t, []byte(text), 2)))
	}
}

func TestFactsOfSeveralBalancesAreShared(t *testing.T) {
	t.Parallel()
	all := []mapping.Value{
		{Pointer: "/data/one", Field: "balance.amount"}, {Pointer: "/data/two", Field: "balance.amount"}, {Pointer: "/data/currency", Field: "balance.currency"},
		{Pointer: "/more/0/amount", Field: "balance.amount"}, {Pointer: "/more/0/currency", Field: "balance.currency"}, {Pointer: "/data/id", Field: "account.id"},
	}
	for i, want := range []bool{false, false, true, false, false, false} {
		assert.Equal(t, want, isShared(all[i], all), all[i].Pointer)
	}
}
