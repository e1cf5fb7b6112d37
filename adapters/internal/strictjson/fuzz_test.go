package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ownWords are all error texts there are for a document: a path of its own names, and a problem in fixed words.
var ownWords = regexp.MustCompile(`^((items|links|\[\d+\]|amount|optional|text|\*|\.)+: )?(not a decimal amount|` +
	`amount has too many digits|not a string or number|wrong JSON type|name occurs twice|JSON ends too early|not valid JSON|` +
	`nested too deeply|more elements than an answer can have|two names differ in case only)$`)

// FuzzUnmarshal compares with encoding/json, which reads more than strictjson and must mean the same.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"items":[{"amount":4.200},{"amount":"12009.1000","optional":null,"text":"\u00e5"}],"links":{"a":"b"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var got document
		err := strictjson.Unmarshal(data, &got)
		if err != nil {
			var failure *strictjson.Error
			require.True(t, errors.As(err, &failure))
			require.Regexp(t, ownWords, err.Error())
			return
		}
		require.True(t, jsontext.Value(data).IsValid(), "one document, no name twice, no invalid UTF-8")
		assertSame(t, data, got)
	})
}

// assertSame compares a decoded document with the same text as encoding/json reads it into maps.
func assertSame(t *testing.T, data []byte, got document) {
	t.Helper()
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&tree))
	want, _ := tree.(map[string]any)
	items, _ := want["items"].([]any)
	require.Len(t, got.Items, len(items))
	for i, item := range items {
		members, _ := item.(map[string]any)
		text, _ := members["text"].(string)
		assert.Equal(t, text, got.Items[i].Text)
		assertAmount(t, members["amount"], got.Items[i].Amount)
		optional := got.Items[i].Optional
		if optional == nil {
			optional = &decimal.NullDecimal{}
		}
		assertAmount(t, members["optional"], *optional)
	}
	links, _ := want["links"].(map[string]any)
	require.Len(t, got.Links, len(links))
	for name, link := range links {
		text, _ := link.(string)
		assert.Equal(t, text, got.Links[name])
	}
}

func assertAmount(t *testing.T, sent any, got decimal.NullDecimal) {
	t.Helper()
	text, _ := sent.(string)
	if number, ok := sent.(json.Number); ok {
		text = number.String()
	}
	require.Equal(t, sent != nil, got.Valid, "null and absent are no amount, everything else is one")
	if got.Valid {
		want, ok := new(big.Rat).SetString(text)
		require.True(t, ok)
		assert.Zero(t, want.Cmp(got.Decimal.Rat()))
	}
}
