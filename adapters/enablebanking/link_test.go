package enablebanking_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/enablebanking"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBanks(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, "banks", enablebanking.Session{})
	got, err := client.Banks(t.Context(), "FI")
	require.NoError(t, err)
	assertSent(t, "banks", *sent)
	assert.Equal(t, []enablebanking.Bank{
		{Name: "Mock ASPSP", Country: "FI", PSUTypes: []string{"personal", "business"}, MaxConsent: 180 * 24 * time.Hour, Methods: []string{"redirect"}},
		{Name: "Harbour Bank", Country: "FI", PSUTypes: []string{"personal"}, MaxConsent: 90 * 24 * time.Hour, Beta: true,
			RequiredPSUHeaders: []string{"psu-ip-address", "Psu-User-Agent"}},
	}, got)
}

func TestBegin(t *testing.T) {
	t.Parallel()
	client, sent := answering(t, "begunSession", enablebanking.Session{})
	address, err := client.Begin(t.Context(), enablebanking.Agreement{
		Bank: "Mock ASPSP", Country: "FI", PSUType: "personal", Method: "redirect", RedirectURL: "https://tpp.example/callback",
		ValidUntil: time.Date(2026, 6, 30, 4, 54, 5, 6, time.FixedZone("", 2*60*60)), State: "3a1f0c77-9f6b-4d0e-8a0c-0f2b7d0f6a10",
	})
	require.NoError(t, err)
	assertSent(t, "begin", *sent)
	assert.Equal(t, "https://auth.example/ais/start?sessionid=5c9f31d2-3f7f-4c36-9e6c-04b1b3a5c0d1", address)
}

// served returns the adapter in front of a server that answers with a body.
func served(t *testing.T, body string, limit int64) *enablebanking.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	client, err := enablebanking.New(credentials(), &adapters.Options{BaseURL: server.URL, MaxBodyBytes: limit})
	require.NoError(t, err)
	return client
}

func TestLinkAnswersThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{}`:                                  "url: missing",
		`{"url":"http://bank.example/x"}`:     "url: no https address",
		`{"url":"javascript:alert(1)"}`:       "url: no https address",
		`{"url":"https://u:p@bank.example/"}`: "url: no https address",
		`{"url":5}`:                           "url: wrong JSON type",
	} {
		_, err := served(t, body, 0).Begin(t.Context(), enablebanking.Agreement{})
		assert.EqualError(t, err, "enablebanking: begin session: protocol (HTTP 200): "+want, body)
	}
	_, err := served(t, `{}`, 0).Banks(t.Context(), "FI")
	assert.EqualError(t, err, "enablebanking: list banks: protocol (HTTP 200): aspsps: missing")
	const good = `{"name":"N","country":"FI","psu_types":["personal"],"maximum_consent_validity":1,"beta":false,"logo":"https://bank.example/a/logo/of/some/length/as/it/is/usual","auth_methods":[{"name":"a"},{"name":"b"}]}`
	got, err := served(t, `{"aspsps":[{"name":5},{"name":"","country":"FI"},{"name":"N","country":"FI","maximum_consent_validity":-1},`+good+`]}`, 0).Banks(t.Context(), "FI")
	require.NoError(t, err)
	assert.Len(t, got, 1, "one broken bank hides no other")
	many := `{"aspsps":[` + strings.Repeat(good+",", 20_000) + good + `]}`
	_, err = served(t, many, 0).Banks(t.Context(), "FI")
	assert.ErrorIs(t, err, adapters.ErrTooLarge)
	got, err = served(t, many, 16<<20).Banks(t.Context(), "FI")
	require.NoError(t, err)
	assert.Len(t, got, 20_001)
}
