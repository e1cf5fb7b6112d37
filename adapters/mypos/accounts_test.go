package mypos_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The next page is asked for by its number; addresses in an answer are nothing to follow.
func TestPages(t *testing.T) {
	t.Parallel()
	var queries []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		queries = append(queries, r.URL.RawQuery)
		w.Header().Set("Content-Type", "application/json")
		next := "http://127.0.0.1:1/elsewhere"
		if len(queries) == 3 {
			next = ""
		}
		_, _ = fmt.Fprintf(w, `{"accounts": [{"accountNumber": "%d", "balances": []}], "pagination": {"currentPage": %d,
			"totalCount": 3, "next": %q, "_links": {"next": {"href": %q}}}}`, len(queries), len(queries), next, next)
	}))
	t.Cleanup(server.Close)
	client, err := mypos.New(credentials, &adapters.Options{BaseURL: server.URL})
	require.NoError(t, err)

	accounts, err := client.Accounts(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	assert.Len(t, accounts, 3)
	assert.Equal(t, []string{"", "page=2", "page=3"}, queries)

	queries = nil
	all, err := client.AllBalances(t.Context(), adapters.Unattended())
	require.NoError(t, err)
	assert.Len(t, all, 3)
	assert.Equal(t, []string{"withBalance=true", "withBalance=true&page=2", "withBalance=true&page=3"}, queries)
}
