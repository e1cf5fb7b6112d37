package adapters_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzAccountID sends what is accepted in a path, escaped, and reads it back.
func FuzzAccountID(f *testing.F) {
	for _, id := range []string{"50044620073", "..", "a/b", "a%2Fb", "a\r\nb", "a:8DbPteGnytmMbKXd:5zKcENpV", "aI55HS7YpeX=="} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if err := adapters.ValidateAccountID(id); err != nil {
			require.ErrorIs(t, err, adapters.ErrInvalidArgument)
			return
		}
		sent := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/v1/accounts/"+url.PathEscape(id)+"/balances", nil)
		var wire bytes.Buffer
		require.NoError(t, sent.Write(&wire))
		read, err := http.ReadRequest(bufio.NewReader(&wire))
		require.NoError(t, err)
		assert.Equal(t, "/v1/accounts/"+id+"/balances", read.URL.Path)
		assert.Empty(t, read.URL.RawQuery+read.URL.Fragment)
		for range 3 { // a gateway may decode it again, and a server may take "\\" for "/"
			way := strings.ReplaceAll(read.URL.Path, `\`, "/")
			assert.True(t, strings.HasPrefix(path.Clean(way), "/v1/accounts/"), "names another path")
			if decoded, err := url.PathUnescape(read.URL.Path); err == nil {
				read.URL.Path = decoded
			}
		}
	})
}
