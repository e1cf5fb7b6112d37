package adapters_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzAccountID sends what is accepted in a path, as it is and escaped, and reads it back.
func FuzzAccountID(f *testing.F) {
	for _, id := range []string{"50044620073", "..", "a/b", "a%2Fb", "a\r\nb", "a:8DbPteGnytmMbKXd:5zKcENpV", "aI55HS7YpeX=="} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if err := adapters.ValidateAccountID(id); err != nil {
			require.ErrorIs(t, err, adapters.ErrInvalidArgument)
			return
		}
		require.NotContains(t, id, "/", "more than one segment")
		for _, segment := range []string{id, url.PathEscape(id)} {
			sent := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/v1/accounts/"+segment+"/balances", nil)
			var wire bytes.Buffer
			require.NoError(t, sent.Write(&wire))
			read, err := http.ReadRequest(bufio.NewReader(&wire))
			require.NoError(t, err)
			assert.Equal(t, "/v1/accounts/"+id+"/balances", read.URL.Path)
			assert.Equal(t, path.Clean(read.URL.Path), read.URL.Path, "names another path")
			assert.Empty(t, read.URL.RawQuery+read.URL.Fragment)
		}
	})
}
