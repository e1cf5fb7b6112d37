package strictjson_test

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	eika "github.com/openbalances/openbalances/gen/eika"
	onesingleview "github.com/openbalances/openbalances/gen/onesingleview"
	tokenio "github.com/openbalances/openbalances/gen/tokenio"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// answers are types that balances are decoded into, of providers whose answers differ most.
var answers = map[string]func() any{
	"eika":          func() any { return new(eikaAnswer) },
	"onesingleview": func() any { return new(onesingleviewAnswer) },
	"tokenio":       func() any { return new(tokenio.AccountBalances) },
}

// The adapters' own forms of the generated types.
type (
	eikaAnswer struct {
		Account  *eika.Account  `json:"account"`
		Balances []eika.Balance `json:"balances"`
	}
	onesingleviewAnswer struct {
		onesingleview.Error
		Payload []strictjson.Element[onesingleview.BankBalances] `json:"payload"`
	}
)

type named string

// Inner is embedded, and its members are those of the type around it.
type Inner struct {
	Inner string `json:"inner"`
	Depth *int   `json:"depth"`
}

// everything has all forms that a shape can have.
type everything struct {
	Inner
	Text    string                `json:"text"`
	Named   named                 `json:"named"`
	Pointer *named                `json:"pointer,omitempty"`
	Flag    bool                  `json:"flag"`
	Flags   []*bool               `json:"flags"`
	Count   *int                  `json:"number,omitempty"`
	Amount  decimal.NullDecimal   `json:"amount"`
	Amounts []decimal.NullDecimal `json:"amounts,omitempty"`
	Nested  struct {
		Amount *decimal.NullDecimal `json:"amount"`
		Texts  [][]string           `json:"texts"`
	} `json:"nested"`
	Links map[string]struct {
		Href *string `json:"href,omitempty"`
	} `json:"_links"`
	Elements []strictjson.Element[struct {
		Amount decimal.NullDecimal `json:"amount"`
	}] `json:"elements"`
	Anything any       `json:"anything"`
	Time     time.Time `json:"time"`
	Ratio    float64   `json:"ratio"`
}

// plain documents are read in one pass; the others are left to json v2, whether they are right or not.
var plain = []string{
	`{}`, "\t{ }\r\n", `null`,
	`{"text":"a","named":"b","pointer":"c","flag":true,"number":7,"amount":4.200}`,
	`{"text":"Kjøpesenter 日本 𝄞","named":""}`,
	`{"number":7 , "text" : "NO" , "amount":"-12009.1000","amounts":[1,"0010.50",-0.00,null]}`,
	`{"number":123456789}`, `{"number":-0}`, `{"amount":"` + strings.Repeat("9", 38) + `"}`,
	`{"flags":[true,false,null],"nested":{"amount":1,"texts":[[],["a","b"],null]},"_links":null}`, `{"flags":[]}`,
	`{"_links":null,"nested":null,"pointer":null}`, `{"flags":[` + strings.Repeat("true,", 9_999) + `true]}`, `{"inner":"a","elements":[{"amount":1},null,{}],"depth":7}`,
	`{"anything":null,"time":null,"ratio":null}`,
	`{"other":1,"further":{"a":[1,"b",{"a":-0.50,"b":{}},[],null],"b":true},"text":"a","end":false}`,
	`{"further":` + strings.Repeat("[", 63) + "1" + strings.Repeat("]", 63) + `}`, `{"nested":{"other":{"other":[]}},"other":"ø"}`,
}

var notPlain = slices.Concat(
	[]string{ // no document, or more than one
		``, ` `, `{`, `[]`, `{}{}`, `{} x`, "{}\x00", "\ufeff{}", `/**/{}`, `nul`, `nullx`, `{"text":"a"}}`, `{"text":"a"]`,
	},
	[]string{ // punctuation
		`{,}`, `{"text":"a",}`, `{"text":"a""named":"b"}`, `{"text" "a"}`, `{text:"a"}`, `{"text":'a'}`, `{"flags":[true,]}`,
		`{"flags":[,true]}`, `{"flags":[true true]}`, `{"flags":[true}`, `{"flag":tru}`, `{"flag":truefalse}`,
	},
	[]string{ // texts
		`{"text":"a\u0062"}`, `{"te\u0078t":"a"}`, "{\"text\":\"a\n\"}", "{\"text\":\"\xff\"}", `{"text":"a`, "{\"text\":\x00\"a\"}",
	},
	[]string{ // names
		`{"text":"a","text":"b"}`, `{"Text":"a"}`, `{"TEXT":1,"text":"a"}`, `{"TEXT":1}`, `{"nested":{"amount":1,"Amount":2}}`,
		`{"_links":{"a":{},"a":{}}}`, `{"_links":{"a":{},"A":{}}}`, `{"_links":{"\u0061":{}}}`,
		`{"other":1,"other":2}`, `{"other":1,"Other":2}`, `{"other":{"a":1,"a":1}}`, `{"other":{"a":1,"A":1}}`,
		`{` + many(193) + `}`, `{"other":{` + many(193) + `}}`,
	},
	[]string{ // other types than documented
		`{"text":1}`, `{"flag":"true"}`, `{"flags":{}}`, `{"nested":[]}`, `{"_links":[]}`, `{"_links":{"a":1}}`, `{"_links":{"a":{},}}`,
		`{"elements":[1]}`, `{"elements":[{"amount":"x"}]}`, `{"inner":1}`, `{"Inner":"a"}`, `{"inner":"a","inner":"b"}`, `{"pointer":7}`, `{"number":"7"}`, `{"amount":true}`, `{"amount":[]}`, `{"nested":{"texts":[["a",1]]}}`,
	},
	[]string{ // types that no plan reads
		`{"anything":1}`, `{"_links":{}}`, `{"_links":{"self":{"href":"/a"}}}`, `{"time":"2025-01-15T06:30:00Z"}`, `{"ratio":1}`,
	},
	[]string{ // numbers
		`{"number":1.5}`, `{"number":1e2}`, `{"number":1234567890}`, `{"number":01}`, `{"number":-1.0}`,
		`{"amount":1e2}`, `{"amount":01}`, `{"amount":.5}`, `{"amount":5.}`, `{"amount":+5}`, `{"amount":-}`, `{"amount":1 2}`,
		`{"amount":""}`, `{"amount":"x"}`, `{"amount":"1\u0030"}`, `{"amount":"` + strings.Repeat("9", 39) + `"}`,
		`{"amount":01"5"}`, `{"amount":-"5"}`, `{"amount":1."5"}`,
	},
	[]string{ // in values that nobody wants
		`{"other":01}`, `{"other":1.}`, `{"other":-}`, `{"other":1e5}`, `{"other":tru}`, `{"other":"\u0061"}`, "{\"other\":\"\xff\"}",
		`{"other":[1,]}`, `{"other":[1 2]}`, `{"other":{"a":1,}}`, `{"other":{"a" 1}}`, `{"other":{"a":1]}`, `{"other":[}`,
		`{"other":}`, `{"other"}`, `{"other":x}`,
	},
	[]string{ // too deep, too many
		`{"further":` + strings.Repeat("[", 64) + "1" + strings.Repeat("]", 64) + `}`, strings.Repeat(`{"further":`, 65) + `1` + strings.Repeat(`}`, 65),
		`{"flags":[` + strings.Repeat("true,", 10_000) + `true]}`, `{"other":[` + strings.Repeat("1,", 10_000) + `1]}`,
	},
)

// many spells members out.
func many(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, `"m%d":0,`, i)
	}
	return strings.TrimSuffix(text.String(), ",")
}

func TestPlainDocumentsAreReadInOnePass(t *testing.T) {
	t.Parallel()
	for _, text := range plain {
		assertAlike(t, []byte(text), func() any { return new(everything) })
		assert.True(t, strictjson.Read([]byte(text), new(everything)), text)
	}
	for _, text := range notPlain {
		assertAlike(t, []byte(text), func() any { return new(everything) })
		got := new(everything)
		assert.False(t, strictjson.Read([]byte(text), got), text)
		assert.Equal(t, new(everything), got, "nothing is left of what was read: %s", text)
	}
}

// assertAlike fails if what is read in one pass is not what json v2 reads.
func assertAlike(t *testing.T, data []byte, target func() any) {
	t.Helper()
	quick, slow := target(), target()
	if strictjson.Read(data, quick) {
		require.NoError(t, strictjson.UnmarshalSlowly(data, slow), "%.200s", data)
		require.Equal(t, slow, quick, "%.200s", data)
	}
}

// TestDocumentedAnswersArePlain keeps the one pass from being left unnoticed.
func TestDocumentedAnswersArePlain(t *testing.T) {
	t.Parallel()
	for provider, target := range answers {
		document, err := contract.Load(provider)
		require.NoError(t, err)
		var left []string
		for _, example := range document.Examples() {
			if example.Operation != "getBalances" || example.Status != http.StatusOK {
				continue
			}
			assertAlike(t, example.JSON, target)
			if example.Valid && !strictjson.Read(example.JSON, target()) {
				left = append(left, example.Name)
			}
		}
		assert.Empty(t, left, "%s: examples that take twice the time; cure: teach plan.go the types that they need", provider)
	}
}

// FuzzOnePass compares what is read in one pass with what json v2 reads.
func FuzzOnePass(f *testing.F) {
	for _, text := range slices.Concat(plain, notPlain) {
		f.Add([]byte(text))
	}
	for provider := range answers {
		document, err := contract.Load(provider)
		require.NoError(f, err)
		for _, example := range document.Examples() {
			f.Add(example.JSON)
		}
	}
	targets := slices.Collect(maps.Values(answers))
	targets = append(targets, func() any { return new(everything) }, func() any { return new(document) })
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, target := range targets {
			assertAlike(t, data, target)
		}
	})
}

type textReader string

func (r *textReader) UnmarshalText([]byte) error { return nil }

type jsonReader string

func (r *jsonReader) UnmarshalJSON([]byte) error { return nil }

type tokenReader string

func (r *tokenReader) UnmarshalJSONFrom(decoder *jsontext.Decoder) error { return decoder.SkipValue() }

// recursive is no type of a document.
type recursive struct {
	Text  string     `json:"text"`
	Left  *recursive `json:"left"`
	Right *recursive `json:"right"`
}

func TestTypesThatJSONReadsInAnotherWayAreLeftToIt(t *testing.T) {
	t.Parallel()
	for _, target := range []any{
		new(struct {
			Text textReader `json:"text"`
		}),
		new(struct {
			Text jsonReader `json:"text"`
		}),
		new(struct {
			Text tokenReader `json:"text"`
		}),
		new(struct {
			Text string `json:"text,case:ignore"`
		}),
		new(struct{ Text string }),
		new(struct {
			Text  string `json:"text"`
			Other string `json:"TEXT"`
		}),
		new(struct {
			Inner
			Text string `json:"inner"`
		}),
		new(struct {
			*Inner
			Text string `json:"text"`
		}),
		new(map[named]string),
		new(float64),
	} {
		assert.False(t, strictjson.Read([]byte(`{"text":"a"}`), target), "%T", target)
		assert.True(t, reflect.ValueOf(target).Elem().IsZero(), "%T", target)
	}
	assert.True(t, strictjson.Read([]byte(`{"text":"a","left":null}`), new(recursive)))
	assert.False(t, strictjson.Read([]byte(`{"left":{}}`), new(recursive)))
}
