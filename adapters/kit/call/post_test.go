package call_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/gen/onesingleview"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// post sends the account id in a document; without an id the document is empty.
func post[P any](route string, build func(server string, params *P, media string, body io.Reader) (*http.Request, error)) comparison {
	o := call.Post(route, build)
	return alike(o, func(accountID string, params *P) call.Request { return o.Send(params, []byte(accountID)) }, []byte("{}"),
		func(server, accountID string, params *P) (*http.Request, error) {
			return build(server, params, "application/json", strings.NewReader(accountID))
		})
}

var (
	sendBalances    = post("POST /v1/api/observice/balanceById", onesingleview.NewGetBalancesRequestWithBody)
	sendAllBalances = post("POST /v1/api/observice/allAccountsBalance", onesingleview.NewGetAllBalancesRequestWithBody)
)

func TestAnEmptyDocumentIsTheBuilders(t *testing.T) {
	t.Parallel()
	o := call.Post("POST /v1/api/observice/balanceById", onesingleview.NewGetBalancesRequestWithBody)
	assert.Nil(t, o.Quick(at(t, "https://bank.example/"), "", &onesingleview.GetBalancesParams{}, nil))
}

func TestRequestsDoNotShareMemory(t *testing.T) {
	t.Parallel()
	e, body := at(t, "https://bank.example/"), []byte("{}")
	o := call.Post("POST /v1/api/observice/balanceById", onesingleview.NewGetBalancesRequestWithBody)
	first := o.Quick(e, "", &onesingleview.GetBalancesParams{Signature: "one"}, body)
	for name, values := range first.Header {
		values[0] = "spoilt"
		first.Header.Add(name, "spoilt")
	}
	second := o.Quick(e, "", &onesingleview.GetBalancesParams{Signature: "two"}, body)
	for name, values := range second.Header {
		assert.Len(t, values, 1, name)
		assert.NotEqual(t, "spoilt", values[0])
	}
	read, err := io.ReadAll(second.Body)
	require.NoError(t, err)
	assert.Equal(t, body, read)
}
