package prismtest_test

import (
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/internal/prismtest"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// One document stands for all here; each fault is planted into the text of it that Prism reads.
func TestPrismFindsFaults(t *testing.T) {
	t.Parallel()
	script := prismtest.Script(t)
	document, err := contract.Load("mypos")
	require.NoError(t, err)
	text, err := specs.Document("mypos")
	require.NoError(t, err)
	const (
		differs  = "the adapter makes different things of the same answer; cure:"
		violates = "it finds a violation of the document; cure:"
	)
	for name, fault := range map[string]struct {
		old, new string
		want     []string
	}{
		"another amount": {"amount: 4.200", "amount: 4.201", []string{differs}},
		"another code":   {"code: TOKEN_EXPIRED", "code: TOKEN_UNKNOWN", []string{differs}},
		"another name":   {"      negativeAmount:", "      belowZero:", []string{"example=negativeAmount: prism: it"}},
		"broken answer":  {"currency: PLN", "currency: pln", []string{violates, `["response","body","balances"`}},
		"unsent header":  {"name: API-Key", "name: Client-Key", []string{violates, `["request","header"]`, `"required"`}},
		"another scheme": {"scheme: bearer", "scheme: digest", []string{violates, `["request"]`, "security scheme"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := strings.Replace(string(text), fault.old, fault.new, 1)
			require.NotEqual(t, string(text), broken, "the fault was not planted")
			findings := strings.Join(prismtest.Findings(t, script, document, []byte(broken), open), "\n")
			for _, want := range fault.want {
				assert.Contains(t, findings, want)
			}
		})
	}
	assert.Empty(t, prismtest.Findings(t, script, document, text, open), "without a fault")
}

func open(options *adapters.Options) (adapters.Source, error) {
	return mypos.New(mypos.Credentials{
		AccessToken: "token-1234", APIKey: "key-5678", ConsentID: "3c7816ee-3d51-4bf5-8ced-ece2af35d431",
	}, options)
}

func TestNumbersAreThoseOfJavaScript(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`[4.200,1.0E7,1250,-0.001]`:            `[4.2,10000000,1250,-0.001]`,
		`[900719925474099.301,1e21,0.0000001]`: `[900719925474099.2,1e+21,1e-7]`,
		`{"amount":"4.200"}`:                   `{"amount":"4.200"}`,
	} {
		got, err := prismtest.ThroughDoubles([]byte(sent))
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}
