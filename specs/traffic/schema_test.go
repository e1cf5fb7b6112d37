package traffic_test

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
)

// Schemas that are put together: each fault counts once, and a member is known if any part knows it.
func TestComposedSchemas(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(toyFile)
	require.NoError(t, err)
	const named = "{type: object, required: [name], properties: {name: {type: string}}}"
	const sized = "{type: object, required: [name, size], properties: {name: {type: string}, size: {type: integer}}}"
	for name, tc := range map[string]struct {
		schema, body string
		want         []string
	}{
		"allOf":                {"{allOf: [" + named + "," + sized + "]}", `{"name":"a","size":1}`, []string{}},
		"allOf, missing":       {"{allOf: [" + named + "," + sized + "]}", `{}`, []string{"/name: required", "/size: required"}},
		"allOf, type":          {"{allOf: [" + named + "," + sized + "]}", `{"name":1,"size":1}`, []string{"/name: type"}},
		"allOf, unknown":       {"{allOf: [" + named + "," + sized + "]}", `{"name":"a","size":1,"new":1}`, []string{"/new: undocumented member"}},
		"oneOf":                {"{oneOf: [" + named + ",{type: string}]}", `{"name":"a"}`, []string{}},
		"oneOf, none":          {"{oneOf: [" + named + ",{type: string}]}", `7`, []string{": oneOf"}},
		"oneOf, unknown":       {"{oneOf: [" + named + ",{type: string}]}", `{"name":"a","new":1}`, []string{"/new: undocumented member"}},
		"anyOf":                {"{anyOf: [" + named + "," + sized + "]}", `{"name":"a","size":1}`, []string{}},
		"anyOf, listed":        {"{anyOf: [{type: string, x-extensible-enum: [a]}, {type: string, x-extensible-enum: [b]}]}", `"b"`, []string{}},
		"anyOf, not listed":    {"{anyOf: [{type: string, x-extensible-enum: [a]}, {type: string, x-extensible-enum: [b]}]}", `"c"`, []string{": undocumented value"}},
		"not":                  {"{not: {type: string}}", `"a"`, []string{": not"}},
		"open":                 {"{type: object, additionalProperties: true}", `{"a":{"b":1}}`, []string{}},
		"free":                 {"{type: object}", `{"a":{"b":1}}`, []string{}},
		"anything":             {"{}", `[{"a":null}]`, []string{}},
		"map":                  {"{type: object, additionalProperties: " + named + "}", `{"a":{},"b":{"name":1}}`, []string{"/*/name: required", "/*/name: type"}},
		"closed":               {"{type: object, additionalProperties: false}", `{"a":1}`, []string{"/a: undocumented member"}},
		"nullable":             {"{type: string, nullable: true}", `null`, []string{}},
		"null":                 {"{type: string}", `null`, []string{": nullable"}},
		"write-only":           {"{type: object, required: [pin], properties: {pin: {type: string, writeOnly: true}}}", `{}`, []string{}},
		"read-only":            {"{type: object, required: [id], properties: {id: {type: string, readOnly: true}}}", `{}`, []string{"/id: required"}},
		"list of lists":        {"{type: array, items: {type: array, items: {type: integer}}}", `[[1,"a"],["b"]]`, []string{"/*/*: type x2"}},
		"unique":               {"{type: array, uniqueItems: true, items: {type: integer}}", `[1,1]`, []string{": uniqueItems"}},
		"name with a slash":    {"{type: object, required: [a/b~c], properties: {a/b~c: {type: string}}}", `{}`, []string{"/a~1b~0c: required"}},
		"documented-values":    {"{type: string, x-documented-values: [a, b]}", `"c"`, []string{": undocumented value"}},
		"name of another part": {"{type: object, properties: {iso20022: {type: object, properties: {x: {}}}}}", `{"iso20022":{"iso20022":1}}`, []string{"/iso20022/iso20022: undocumented member"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const old = "  schemas:\n    Single:\n"
			changed := strings.Replace(string(text), old, "  schemas:\n    Single: "+tc.schema+"\n    Former:\n", 1)
			doc, err := contract.Parse("toy", []byte(changed))
			require.NoError(t, err)
			l := watch(t, doc, replyOf(t, doc, "getBalance", http.StatusOK, tc.body), traffic.Options{})
			l.send(t, sample(t, doc, l.url, "getBalance"))
			want := []string{}
			for _, line := range tc.want {
				if strings.HasPrefix(line, "/") {
					line = " " + line
				}
				want = append(want, "response body"+line)
			}
			assert.Equal(t, want, brief(l.deviations()))
		})
	}
}
