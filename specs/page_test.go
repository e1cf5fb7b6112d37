package specs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/internal/spectest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// page is what <provider>/page.yaml keeps of the provider's page, letter for letter, so that no later edit of the document
// can drift away from it.
type page struct {
	Samples map[string]string   // JSON by the name of the example
	Lists   map[string][]string // values by the way to the list in the document
}

func TestDocumentsSayWhatThePageSays(t *testing.T) {
	t.Parallel()
	for _, provider := range specs.Providers() {
		text, err := os.ReadFile(filepath.Join(provider, "page.yaml"))
		require.NoError(t, err, "cure: write the samples and lists of the provider's page into it")
		var kept page
		require.NoError(t, yaml.Unmarshal(text, &kept), provider)
		require.NotEmpty(t, len(kept.Samples)+len(kept.Lists), provider)
		for _, problem := range differences(t, provider, spectest.Text(t, provider), kept) {
			t.Errorf("specs/%s/openapi.yaml: %s is not what the page prints; cure: correct it, or page.yaml if the page has changed",
				provider, problem)
		}
	}
}

// differences names the samples and lists that a document has otherwise than the page.
func differences(t *testing.T, provider, text string, kept page) (all []string) {
	t.Helper()
	document := spectest.Parse(t, provider, text)
	for name, sample := range kept.Samples {
		example := openapi.Of(document).First(func(e specs.Example) bool { return e.Name == name })
		if example == nil || compact(t, example.JSON) != compact(t, []byte(sample)) {
			all = append(all, "the example "+name)
		}
	}
	var root yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(text), &root))
	for pointer, values := range kept.Lists {
		var listed []string
		for _, item := range contentOf(get(root.Content[0], strings.Split(pointer, "/")...)) {
			listed = append(listed, item.Value)
		}
		if !assert.ObjectsAreEqual(values, listed) {
			all = append(all, "the list "+pointer)
		}
	}
	return all
}

// compact keeps the order of members and the text of numbers.
func compact(t *testing.T, text []byte) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, json.Compact(&out, text))
	return out.String()
}

func TestChangedSamplesAndListsAreFound(t *testing.T) {
	t.Parallel()
	kept := page{
		Samples: map[string]string{"documentedSample": `{"account":{"accountNumber":"50044620073","iban":"BG57INTF40015004462007"},` +
			`"balances":[{"amount":4.200,"currency":"PLN","balanceType":"available"}]}`},
		Lists: map[string][]string{"components/schemas/Balance/properties/balanceType/x-extensible-enum": {"available"}},
	}
	text := spectest.Text(t, "mypos")
	require.Empty(t, differences(t, "mypos", text, kept))
	assert.Equal(t, []string{"the example documentedSample"},
		differences(t, "mypos", spectest.Planted(t, text, "amount: 4.200", "amount: 4.20"), kept))
	assert.Equal(t, []string{"the list components/schemas/Balance/properties/balanceType/x-extensible-enum"},
		differences(t, "mypos", spectest.Planted(t, text, "            - available\n", "            - available\n            - booked\n"), kept))
}
