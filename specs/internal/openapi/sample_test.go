package openapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/openbalances/openbalances/specs/internal/openapi"
	"github.com/openbalances/openbalances/specs/internal/spectest"
)

// A request is built from the examples and read back, for every operation of every document.
func TestSampleRequests(t *testing.T) {
	t.Parallel()
	const account = `a:"/%31+&é`
	docs := spectest.Documents(t)
	docs["toy"] = spectest.Toy(t)
	for _, doc := range docs {
		for _, item := range openapi.Of(doc).Spec.Paths.Map() {
			for _, operation := range item.Operations() {
				id := operation.OperationID
				assert.NoError(t, doc.ValidateRequest(t.Context(), spectest.Sample(t, doc, "", id)), id)
				req := spectest.Sample(t, doc, "http://bank", id, account)
				assert.NoError(t, doc.ValidateRequest(t.Context(), req), id)
				asked, several, err := openapi.Of(doc).AskedAccounts(req)
				require.NoError(t, err)
				if len(asked) > 0 { // else it is about no account
					assert.Equal(t, []string{account}, asked)
					assert.Equal(t, strings.Contains(req.URL.RawQuery, "account_id"), several)
				}
			}
		}
	}
	_, err := openapi.Of(docs["toy"]).SampleRequest(t.Context(), "", "nothing")
	require.ErrorContains(t, err, "nothing")
}

func TestSampleResponseHeader(t *testing.T) {
	t.Parallel()
	doc := spectest.Toy(t)
	req := spectest.Sample(t, doc, "http://toy", "getBalance")
	req.Header.Set("X-Request-ID", "11111111-2222-3333-4444-555555555555")
	assert.Equal(t, http.Header{
		"X-Request-Id": {"11111111-2222-3333-4444-555555555555"}, "X-Left": {"3"}, "Content-Type": {"application/json"},
	}, openapi.Of(doc).SampleResponseHeader(req, 200))
	assert.Empty(t, openapi.Of(doc).SampleResponseHeader(req, 403))
	assert.Empty(t, openapi.Of(doc).SampleResponseHeader(req, 599))
}
