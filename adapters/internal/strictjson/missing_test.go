package strictjson_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type required struct {
	Amount   decimal.NullDecimal  `json:"amount"`
	Nullable *string              `json:"nullable"`
	Optional string               `json:"optional,omitempty"`
	Inner    *required            `json:"inner,omitempty"`
	List     []required           `json:"list,omitempty"`
	Map      map[string]*required `json:"map,omitempty"`
	Lists    [][]required         `json:"lists,omitempty"`
	Names    []string             `json:"names,omitempty"`
	Any      any                  `json:"any,omitempty"`
	Ignored  string               `json:"-"`
	Untagged string
}

func TestMissing(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"amount": "1"}`:                    "",
		`{}`:                                 "amount",
		`{"amount": null, "nullable": null}`: "amount",
		`{"amount": 0, "optional": null, "inner": null, "list": null, "map": null, "lists": null}`: "",
		`{"amount": 0, "inner": {}}`: "inner.amount",
		`{"inner": {}}`:              "inner.amount",
		`{"amount": 0, "list": [{"amount": 1}, {"amount": null}, {}]}`:                                          "list[1].amount",
		`{"amount": 0, "list": [{"amount": 1, "list": [{"amount": 2}, {"nullable": "x"}]}]}`:                    "list[0].list[1].amount",
		`{"amount": 0, "map": {"a": {"amount": 1}, "S3CR3T": {}}}`:                                              "map.*.amount",
		`{"amount": 0, "map": {"a": null}, "lists": [[], [{"amount": 1}, {}]]}`:                                 "lists[1][1].amount",
		`{"amount": 0, "names": ["a"], "any": {"amount": null}, "unknown": {"amount": null, "list": [{}, []]}}`: "",
		` { "am\u006funt" : "1" } `: "",
	} {
		var target required
		require.NoError(t, strictjson.Unmarshal([]byte(text), &target), text)
		assert.Equal(t, want, strictjson.Missing([]byte(text), &target), text)
	}
	var list []required
	assert.Equal(t, "[1].amount", strictjson.Missing([]byte(`[{"amount": 1}, {}]`), &list))
	assert.Empty(t, strictjson.Missing([]byte(`null`), &list))
	var amount decimal.NullDecimal
	assert.Empty(t, strictjson.Missing([]byte(`5`), &amount))
}
