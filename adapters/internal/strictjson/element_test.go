package strictjson_test

import (
	"io"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type entry struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Balances []struct {
		Amount decimal.NullDecimal `json:"amount"`
	} `json:"balances"`
}

type entries struct {
	List []strictjson.Element[entry] `json:"list"`
}

func TestElementsAreReadApart(t *testing.T) {
	t.Parallel()
	var got entries
	text := `{"list": [{"id": "a", "balances": [{"amount": "1.50"}]},
		{"balances": [{"amount": "1"}, {"amount": "1,5"}], "name": 5, "extra": {}, "id": "b"}, 7, null, {"id": "c"}]}`
	require.NoError(t, strictjson.Unmarshal([]byte(text), &got))
	require.Len(t, got.List, 5)
	assert.Empty(t, got.List[0].Problems)
	assert.Equal(t, "1.50", got.List[0].Value.Balances[0].Amount.Decimal.StringFixed(2))
	assert.Equal(t, "b", got.List[1].Value.ID, "behind the broken members")
	require.Len(t, got.List[1].Problems, 2)
	assert.EqualError(t, got.List[1].Problem(), "balances[1].amount: not a decimal amount")
	assert.EqualError(t, got.List[1].Problem("balances"), "name: wrong JSON type")
	assert.NoError(t, got.List[1].Problem("balances", "name"))
	assert.EqualError(t, got.List[1].Problem("balance", "nam"), "balances[1].amount: not a decimal amount")
	assert.EqualError(t, got.List[2].Problem("balances"), "wrong JSON type")
	assert.Empty(t, got.List[3].Problems, "null is absent")
	assert.Equal(t, "c", got.List[4].Value.ID)
}

func TestWhatIsNoJSONIsAnErrorOfTheDocument(t *testing.T) {
	t.Parallel()
	for text, cause := range map[string]error{
		`{"list": [{"id": "a"}, {"id": "b", "id": "c"}]}`:          nil,
		`{"list": [{"id": "a"}, {"id": "b", "Id": "c"}]}`:          nil,
		`{"list": [{"id": "a"}, {"id": "b"`:                        io.ErrUnexpectedEOF,
		`{"list": [{"id": "a"}, {"id": "b"}]} x`:                   nil,
		`{"list": [{"id": "a"}, {"id": "` + "\xff" + `"}]}`:        nil,
		`{"list": [{"id": "a"}, {"balances": [{"amount": 1e}]}]}`:  nil,
		`{"list": {"id": "a"}}`:                                    nil,
		`{"list": [{"id": "a", "name": {"x": 1, "x": 2}}]}`:        nil,
		`{"list": [{"id": "a", "balances": [{"amount": "1"}, {"a"`: io.ErrUnexpectedEOF,
	} {
		var got entries
		err := strictjson.Unmarshal([]byte(text), &got)
		require.Error(t, err, text)
		if cause != nil {
			assert.ErrorIs(t, err, cause, text)
		}
	}
}

func TestPathsLeadThroughElements(t *testing.T) {
	t.Parallel()
	err := strictjson.Unmarshal([]byte(`{"list": [{"id": "a"}, {"balances": [{"amount": "1", "amount": "2"}]}]}`), new(entries))
	assert.EqualError(t, err, "list[1].balances[0].amount: name occurs twice")
	for _, name := range []string{"S3CR3T", "95360573002", "-1"} {
		err := strictjson.Unmarshal([]byte(`{"list": [{"balances": {"`+name+`": 1, "`+name+`": 2}}]}`), new(entries))
		assert.EqualError(t, err, "list[0].balances.*: name occurs twice", "an object for a list")
	}
}
