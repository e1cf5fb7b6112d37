package strictjson_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type item struct {
	Amount   decimal.NullDecimal  `json:"amount"`
	Optional *decimal.NullDecimal `json:"optional,omitempty"`
	Text     string               `json:"text"`
}

type document struct {
	Items []item            `json:"items"`
	Links map[string]string `json:"links,omitempty"`
}

func TestUnmarshalKeepsScaleAndAbsence(t *testing.T) {
	t.Parallel()
	var got document
	require.NoError(t, strictjson.Unmarshal([]byte(`{"items":[{"amount":4.200},{"amount":"12009.1000","optional":null},
		{"amount":null,"unknown":[1]},{},{"amount":"1\u0030","optional":"1.50"}]}`), &got))
	require.Len(t, got.Items, 5)
	assert.Equal(t, "4.200", got.Items[0].Amount.Decimal.StringFixed(3))
	assert.Equal(t, int32(-3), got.Items[0].Amount.Decimal.Exponent())
	assert.Equal(t, int32(-4), got.Items[1].Amount.Decimal.Exponent())
	assert.Nil(t, got.Items[1].Optional)
	assert.False(t, got.Items[2].Amount.Valid)
	assert.False(t, got.Items[3].Amount.Valid)
	assert.Equal(t, "10", got.Items[4].Amount.Decimal.String())
	assert.True(t, got.Items[4].Optional.Valid)
}

func TestUnmarshalNamesTheProblem(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"items":[{"amount":"x"}]}`:               "items[0].amount: not a decimal amount",
		`{"items":[{"amount":1},{"amount":true}]}`: "items[1].amount: not a string or number",
		`{"items":[{"amount":1e1000000000}]}`:      "items[0].amount: amount has too many digits",
		`{"items":[{"optional":{}}]}`:              "items[0].optional: not a string or number",
		`{"items":[{"text":5}]}`:                   "items[0].text: wrong JSON type",
		`{"items":{}}`:                             "items: wrong JSON type",
		`{"links":{"NO9386011117947":5}}`:          "links.*: wrong JSON type",
		`{"items":[{"amount":1,"amount":2}]}`:      "items[0].amount: name occurs twice",
		`{"items":[]} x`:                           "not valid JSON",
		`{"items":[]}{}`:                           "not valid JSON",
		"\ufeff{}":                                 "not valid JSON",
		`{"items":[`:                               "items: JSON ends too early",
		``:                                         "JSON ends too early",
		`{"other":` + strings.Repeat("[", 20000):   "nested too deeply",
		"{\"items\":[{\"text\":\"\xff\"}]}":        "items[0].text: not valid JSON",
		`{"items":[{"text":"\ud800"}]}`:            "items[0].text: not valid JSON",
		`{"items":[{"amount":` + strings.Repeat("9", 1<<20) + `}]}`:                 "items[0].amount: amount has too many digits",
		`{"items":[{"amount":1,"Amount":2}]}`:                                       "two names differ in case only",
		`{"items":[],"ITEMS":[]}`:                                                   "two names differ in case only",
		`{"a":{"b":1,"c":{},"B":2}}`:                                                "two names differ in case only",
		`{"items":[],"\u0049tems":[]}`:                                              "two names differ in case only",
		`{"lin\u212as":{},"links":{}}`:                                              "two names differ in case only",
		`{"` + strings.Repeat("å", 99) + `":1,"` + strings.Repeat("Å", 99) + `":1}`: "two names differ in case only",
	} {
		err := strictjson.Unmarshal([]byte(text), new(document))
		assert.EqualError(t, err, want, "%.40s", text)
		assert.Equal(t, strings.HasSuffix(want, "JSON ends too early"), errors.Is(err, io.ErrUnexpectedEOF), "%.40s", text)
	}
}

func TestUnmarshalKnownRefusesUnknownMembers(t *testing.T) {
	t.Parallel()
	err := strictjson.UnmarshalKnown([]byte(`{"items":[{"Amount":1}]}`), new(document))
	assert.EqualError(t, err, `items[0]."Amount": not a known name`)
}

func TestUnmarshalAcceptsWhatOnlyLooksWrong(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"items":[{"amount":1},{"Amount":2}]}`, `{"x":"items","items":[{"text":"X","amount":"1"}]}`, `{"x":["A","a"],"y":{"X":1}}`,
		`{"items":[{"text":"` + strings.Repeat(`[\"{`, 100) + `"}]}`,
	} {
		assert.NoError(t, strictjson.Unmarshal([]byte(text), new(document)), text)
	}
}

func TestUnmarshalBoundsElementsAndMembers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"items":[` + strings.Repeat(`{},`, 1<<18) + `{}]}`, `{"other":[` + strings.Repeat(`0,`, 10_001) + `0]}`,
	} {
		assert.ErrorIs(t, strictjson.Unmarshal([]byte(text), new(document)), strictjson.ErrTooMany)
	}
	known := `{"items":[` + strings.Repeat(`{"amount":1},`, 10_002) + `{}]}`
	assert.NoError(t, strictjson.UnmarshalKnown([]byte(known), new(document)), "the caller's own documents may be larger")
	known = `{"items":[` + strings.Repeat(`{},`, 1_000_000) + `{}]}`
	assert.ErrorIs(t, strictjson.UnmarshalKnown([]byte(known), new(document)), strictjson.ErrTooMany)
	var members strings.Builder
	for i := range 300 {
		fmt.Fprintf(&members, `"m%d":0,`, i)
	}
	assert.ErrorIs(t, strictjson.Unmarshal([]byte("{"+members.String()+`"x":0}`), new(document)), strictjson.ErrTooMany)
	assert.NoError(t, strictjson.Unmarshal([]byte(`{"items":[`+strings.Repeat(`{"amount":1},`, 999)+`{}]}`), new(document)))
}
