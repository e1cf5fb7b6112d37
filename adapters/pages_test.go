package adapters_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An adapter's page is its package comment: one sentence, then a paragraph under each of these headings.
var headings = []string{
	"Documentation", "Calls", "Credentials", "First balance", "Access limits", "Balance types", "Errors", "Not supported",
}

// page is a package comment by heading; the first sentence has none.
type page map[string]string

func readPage(t *testing.T, name string) page {
	t.Helper()
	file := filepath.Join(name, name+".go")
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
	require.NoError(t, err)
	return split(t, parsed.Doc.Text())
}

func split(t *testing.T, comment string) page {
	t.Helper()
	paragraphs := strings.Split(strings.TrimSpace(comment), "\n\n")
	require.Len(t, paragraphs, len(headings)+1, "one sentence and a paragraph for each of %q", headings)
	found := page{"": joinLines(paragraphs[0])}
	for i, heading := range headings {
		text, ok := strings.CutPrefix(joinLines(paragraphs[i+1]), heading+": ")
		require.True(t, ok, "paragraph %d does not start with %q", i+1, heading+": ")
		found[heading] = text
	}
	return found
}

func joinLines(text string) string { return strings.Join(strings.Fields(text), " ") }

// wants are the texts that a page has to hold under its headings, because the document says so.
func wants(t *testing.T, name string) map[string][]string {
	t.Helper()
	info, ok := specs.Describe(name)
	require.True(t, ok)
	text, err := specs.Document(name)
	require.NoError(t, err)
	document, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	provenance := document.Info.Extensions["x-provenance"].(map[string]any)
	source := []string{provenance["source"].(string), "API " + info.APIVersion, "read " + info.Read}
	if url, ok := provenance["url"].(string); ok {
		source = append(source, url)
	}
	limit := "no limit is documented"
	if balances, ok := info.Unattended.Of(specs.CallBalances); ok {
		limit = fmt.Sprintf("%d unattended calls in %.0f hours", balances.Limits[0].Calls, balances.Limits[0].Window.Hours())
	}
	named, _, _ := strings.Cut(info.Title, " account balances")
	return map[string][]string{
		"":              {"Package " + name + " fetches balances from ", strings.TrimSuffix(named, " PSD2")},
		"Documentation": source,
		"Calls":         {strings.Join(info.Operations, ", ") + "."},
		"Credentials":   signing(document),
		"Access limits": {limit},
	}
}

// signing is what a page has to say about credentials if the document has requests signed.
func signing(document *openapi3.T) []string {
	for _, item := range document.Paths.Map() {
		for _, operation := range item.Operations() {
			for _, p := range operation.Parameters {
				if p.Value.Required && strings.EqualFold(p.Value.Name, "Signature") {
					return []string{"sign"}
				}
			}
		}
	}
	return nil
}

func (p page) missing(wants map[string][]string) (missing []string) {
	for heading, texts := range wants {
		for _, text := range texts {
			if !strings.Contains(p[heading], text) {
				missing = append(missing, fmt.Sprintf("%q: no %q", heading, text))
			}
		}
	}
	return missing
}

func TestPagesAgreeWithTheDocuments(t *testing.T) {
	t.Parallel()
	for _, name := range specs.Providers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Empty(t, readPage(t, name).missing(wants(t, name)),
				"the package comment of adapters/%s does not say what its document says; cure: correct whichever is wrong", name)
		})
	}
}

// Whatever a document says is missed when its page says something else.
func TestPagesThatDisagreeAreFound(t *testing.T) {
	t.Parallel()
	for _, name := range specs.Providers() {
		all := wants(t, name)
		for heading, texts := range all {
			for _, text := range texts {
				spoilt := readPage(t, name)
				spoilt[heading] = strings.ReplaceAll(spoilt[heading], text, "")
				assert.NotEmpty(t, spoilt.missing(all), "%s: %q without %q", name, heading, text)
			}
		}
	}
}
