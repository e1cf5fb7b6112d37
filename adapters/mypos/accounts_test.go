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

// Two accounts under counts that contradict them or each other are no list.
func TestCountsThatContradict(t *testing.T) {
	t.Parallel()
	for pagination, want := range map[string]string{
		`{"totalCount": 2}`: "", `{"totalCount": "2", "currentPage": 1, "pageSize": 20, "totalPages": 1}`: "", `null`: "", `[]`: "", `{}`: "",
		`{"totalCount": 0, "currentPage": 1, "pageSize": 2}`: "pagination.totalCount: less than there are",
		`{"totalCount": 1}`:                   "pagination.totalCount: less than there are",
		`{"totalCount": -5}`:                  "pagination.totalCount: contradicts another member",
		`{"totalCount": 2, "currentPage": 3}`: "pagination.currentPage: not the page that was asked for",
		`{"total": 2, "totalCount": 9}`:       "pagination.totalCount: contradicts another member",
		`{"currentPage": 1, "pageSize": 2, "totalCount": 2, "totalPages": 9}`: "pagination.totalCount: contradicts pagination.totalPages",
		`{"totalCount": 2, "hasMore": true}`:                                  "pagination.totalCount: contradicts pagination.hasMore",
		`{"currentPage": 1}`:                                                  "pagination.currentPage: says nothing about the number of accounts",
		`{"next": "/2"}`:                                                      "pagination.next: more pages, and nothing about the number of accounts",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"accounts": [{"accountNumber": "1"}, {"accountNumber": "2"}], "pagination": %s}`, pagination)
		}))
		t.Cleanup(server.Close)
		client, err := mypos.New(credentials, &adapters.Options{BaseURL: server.URL})
		require.NoError(t, err)
		accounts, err := client.Accounts(t.Context(), adapters.Unattended())
		if want == "" {
			require.NoError(t, err, pagination)
			assert.Len(t, accounts, 2)
			continue
		}
		assert.EqualError(t, err, "mypos: list accounts: protocol (HTTP 200): "+want, pagination)
	}
}
