package strictjson_test

import (
	"testing"

	"github.com/openbalances/openbalances/adapters/internal/strictjson"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// paged is an answer with a list beside an object, and elements with lists of their own.
type paged struct {
	Data struct {
		Items []string `json:"items"`
	} `json:"data"`
	Parts []strictjson.Element[struct {
		Items []string `json:"items"`
	}] `json:"parts"`
	Free any `json:"metadata"`
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`: "", `{"data": {"items": ["a"]}, "next": ""}`: "", `{"next": "/2"}`: "next: more pages than can be asked for",
		`{"n\u0065xt": "/2"}`:                                "next: more pages than can be asked for",
		`{"@odata.nextLink": "/2"}`:                          "*: more pages than can be asked for",
		`{"_links": {"self": "/1", "next": {"href": "/2"}}}`: "_links.next: more pages than can be asked for",
		`{"data": {"items": ["a"], "nextPage": 2}}`:          "data.nextPage: more pages than can be asked for",
		`{"data": {"items": ["a"], "total": 5, "page": 2}}`:  "", // too common a name there
		`{"total": 5, "data": {"items": ["a"]}}`:             "total: more pages than can be asked for",
		`{"count": 1, "data": {"items": ["a"]}}`:             "",
		`{"count": 0, "data": {"items": ["a"]}}`:             "count: less than there are",
		`{"total": 1.5, "pages": "many", "hasMore": {}}`:     "",
		`{"total": 1e1, "data": {"items": ["a"]}}`:           "total: more pages than can be asked for",
		`{"total": 99999999999999999999999999}`:              "total: more pages than can be asked for",
		`{"totalCount": 1, "total": 2}`:                      "total: contradicts another member",
		`{"hasMore": false, "nextPage": 2}`:                  "hasMore: contradicts nextPage",
		`{"totalPages": 1, "hasMore": true}`:                 "totalPages: contradicts hasMore",
		`{"page": 2}`:                                        "page: not the page that was asked for",
		`{"offset": 20}`:                                     "offset: not where the page before ends",
		`{"metadata": {"next": "/2"}}`:                       "",
		`{"unknown": {"next": "/2"}}`:                        "",
		`{"parts": [{"items": [], "next": "/2"}, {}]}`:       "",
	} {
		pages, err := strictjson.UnmarshalPage([]byte(text), new(paged))
		require.NoError(t, err, text)
		problem := pages.Whole()
		if want == "" {
			assert.Nil(t, problem, text)
			continue
		}
		assert.EqualError(t, problem, want, text)
	}
}

// What one element says about pages is a problem of this element, and none of one that needs no balances.
func TestElementsJudgeTheirOwnPages(t *testing.T) {
	t.Parallel()
	var body paged
	require.NoError(t, strictjson.Unmarshal([]byte(`{"parts": [{"items": ["a"]}, {"items": ["b"], "meta": {"total_pages": 2}}, {"total": 9}]}`), &body))
	assert.NoError(t, body.Parts[0].Problem())
	assert.EqualError(t, body.Parts[1].Problem(), "meta.total_pages: more pages than can be asked for")
	assert.NoError(t, body.Parts[1].Problem("items"))
	assert.NoError(t, body.Parts[2].Problem())
}

func TestFurther(t *testing.T) {
	t.Parallel()
	second := func(text string) (string, *strictjson.Error) {
		pages, err := strictjson.UnmarshalPage([]byte(text), new(paged))
		require.NoError(t, err)
		pages.Items = 2
		return pages.Further(2, 2)
	}
	for text, want := range map[string]string{
		`{"total": 4}`: "", `{"total": 5}`: "total", `{"totalPages": 3}`: "totalPages", `{"totalPages": 2, "currentPage": 2}`: "", `{"offset": 2}`: "",
	} {
		place, err := second(text)
		assert.Nil(t, err, text)
		assert.Equal(t, want, place, text)
	}
	for _, text := range []string{`{"total": 3}`, `{"totalPages": 1}`, `{"currentPage": 1}`, `{"offset": 0}`, `{"total": 5, "totalPages": 2}`, `{"next": "/3", "total": 4}`} {
		_, err := second(text)
		assert.NotNil(t, err, text)
	}
}

// lenient is a generated type with members that nothing is made of.
type lenient struct {
	Text  *string `json:"text"`
	Count *int    `json:"count"`
	Used  string  `json:"used"`
	Inner []inner `json:"inner"`
}

type inner struct {
	Flag bool     `json:"flag"`
	List []string `json:"list"`
}

func (lenient) Lenient() []string { return []string{"text", "count"} }
func (inner) Lenient() []string   { return []string{"list"} }

func TestLenient(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	for body, want := range map[string]lenient{
		`{"text": 1736922600000, "used": "a"}`:     {Text: text("1736922600000"), Used: "a"},
		`{"text": true, "count": {}}`:              {Text: text("true")},
		`{"text": [1], "count": "2", "used": "b"}`: {Text: text(""), Used: "b"},
		`{"used": "c", "inner": [{"flag": true, "list": "x"}, {"list": ["y"]}, {"list": [1]}], "count": 1.5}`: {Used: "c",
			Inner: []inner{{Flag: true}, {List: []string{"y"}}, {}}},
	} {
		var got lenient
		require.NoError(t, strictjson.Unmarshal([]byte(body), &got), body)
		assert.Equal(t, want, got, body)
		var element strictjson.Element[lenient]
		require.NoError(t, strictjson.Unmarshal([]byte(body), &element), body)
		assert.NoError(t, element.Problem())
		assert.Equal(t, want, element.Value)
	}
	for body, want := range map[string]string{
		`{"text": 1, "used": 1}`: "used: wrong JSON type", `{"inner": [{"list": 1, "flag": 1}]}`: "inner[0].flag: wrong JSON type",
		`{"text": 1, "text": 2}`: "text: name occurs twice", `{"text": {"a": 1, "a": 2}}`: "text.*: name occurs twice", `{"text": 1} x`: "not valid JSON",
	} {
		assert.EqualError(t, strictjson.Unmarshal([]byte(body), new(lenient)), want, body)
	}
}

// alone has a list whose one element may stand there by itself.
type alone struct {
	Parts []lenient `json:"parts"`
	Other []lenient `json:"other"`
}

func (alone) Single() []string { return []string{"parts"} }

func TestSingle(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]alone{
		`{"parts" : {"used": "a"}}`:                                     {Parts: []lenient{{Used: "a"}}},
		`{"parts":{"count": {}, "used": "b"}, "other": [{"used":"c"}]}`: {Parts: []lenient{{Used: "b"}}, Other: []lenient{{Used: "c"}}},
		`{"parts": [{"used": "d"}, {"used": "e"}]}`:                     {Parts: []lenient{{Used: "d"}, {Used: "e"}}},
		`{"parts": null}`:                                               {},
	} {
		var got alone
		require.NoError(t, strictjson.Unmarshal([]byte(body), &got), body)
		assert.Equal(t, want, got, body)
	}
	for body, want := range map[string]string{
		`{"parts": {"used": 1}}`: "parts[0].used: wrong JSON type", `{"parts": "x"}`: "parts: wrong JSON type",
		`{"other": {"used": "a"}}`: "other: wrong JSON type", `{"parts": {"used": "a", "used": "b"}}`: "parts.*: name occurs twice",
		`{"parts": [{"used": "a"}], "parts": {}}`: "parts: name occurs twice",
	} {
		assert.EqualError(t, strictjson.Unmarshal([]byte(body), new(alone)), want, body)
	}
}

// A member of an embedded type is named like one of its own.
func TestPathsThroughEmbeddedTypes(t *testing.T) {
	t.Parallel()
	err := strictjson.Unmarshal([]byte(`{"inner": 1}`), new(everything))
	assert.EqualError(t, err, "inner: wrong JSON type")
}
