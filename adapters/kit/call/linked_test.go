package call_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// linkedBody is a page of a made-up bank that links to the next one.
type linkedBody struct {
	Data  []call.Element[account] `json:"Data"`
	Links struct{ Next string }   `json:"Links"`
}

func (b linkedBody) Next() (field, link string) { return "Links.Next", b.Links.Next }

func (b linkedBody) Join(next linkedBody) linkedBody {
	next.Data = append(b.Data, next.Data...)
	return next
}

const linkedBase = "https://bank.example:443/aisp"

// linkedBank answers page after page and keeps what was asked, with the ids of the requests.
type linkedBank struct{ asked, ids []string }

func (b *linkedBank) connect(t *testing.T, page func(number int) string) *call.Endpoint {
	t.Helper()
	return connect(t, func(request *http.Request) (*http.Response, error) {
		b.asked, b.ids = append(b.asked, request.URL.String()), append(b.ids, request.Header.Get("X-Request-ID"))
		return answers(200, page(len(b.asked)))(request)
	}, call.Refusal{}, func(o *adapters.Options) { o.BaseURL = linkedBase })
}

var linkedRequest = call.Request{Route: "GET /balances", Build: func(e *call.Endpoint) (*http.Request, error) {
	request, err := http.NewRequest(http.MethodGet, e.Server()+"balances", nil)
	if err == nil {
		request.Header.Set("X-Request-ID", "99391c7e-ad88-49ec-a2ad-99ddcb1f7721") // that of the parameters
	}
	return request, err
}}

func toLinked(body linkedBody) ([]adapters.Balance, error) {
	return call.Each("Data", body.Data, func(element call.Element[account]) (adapters.Balance, error) {
		return adapters.Balance{Type: adapters.BalanceTypeExpected, ProviderType: element.Value.ID, Amount: amount("1.00"), Currency: "EUR"}, nil
	})
}

func linkedPage(number int, next string, more ...string) string {
	return fmt.Sprintf(`{"Data": [{"id": "%d"}], "Links": {"Self": "x", "Next": %q}%s}`, number, next, strings.Join(more, ""))
}

func TestLinkedPages(t *testing.T) {
	t.Parallel()
	var bank linkedBank
	e := bank.connect(t, func(number int) string {
		next := []string{"https://BANK.example/aisp/balances?page=2%2F", "?page=3", "", ""}[number-1]
		return linkedPage(number, next)
	})
	balances, err := call.Balances(t.Context(), e, "id", adapters.Unattended(), linkedRequest, toLinked)
	require.NoError(t, err)
	var types []string
	for _, balance := range balances {
		types = append(types, balance.ProviderType)
	}
	assert.Equal(t, []string{"1", "2", "3"}, types, "all pages, in their order")
	assert.Equal(t, []string{linkedBase + "/balances", linkedBase + "/balances?page=2%2F", linkedBase + "/balances?page=3"}, bank.asked)
	slices.Sort(bank.ids)
	assert.Len(t, slices.Compact(bank.ids), 3, "each request has an id of its own")
	assert.NoError(t, uuid.Validate(bank.ids[0]))

	bank = linkedBank{}
	e = bank.connect(t, func(number int) string { return linkedPage(number, []string{"?page=2", ""}[number-1]) })
	accounts, err := call.Accounts(t.Context(), e, adapters.Unattended(), func(int) call.Request { return linkedRequest },
		func(body linkedBody) (call.Listed[adapters.Account], error) {
			return call.ListAccounts("Data", body.Data, func(a account) (adapters.Account, error) { return adapters.Account{ID: a.ID}, nil })
		})
	require.NoError(t, err)
	assert.Len(t, accounts, 2)
}

// A link is followed to another address that the adapter allows, and back.
func TestLinksToAnotherAddress(t *testing.T) {
	t.Parallel()
	const other = "https://other.example/aisp/balances"
	ask := func(links ...string) ([]string, error) {
		var bank linkedBank
		e := bank.connect(t, func(number int) string { return linkedPage(number, append(links, "")[number-1]) })
		e.LinksTo("https://other.example/aisp")
		_, err := call.Balances(t.Context(), e, "id", adapters.Unattended(), linkedRequest, toLinked)
		return bank.asked, err
	}
	asked, err := ask(other, "?page=3", linkedBase+"/balances?page=4")
	require.NoError(t, err)
	assert.Equal(t, []string{linkedBase + "/balances", other, other + "?page=3", linkedBase + "/balances?page=4"}, asked)
	for link, problem := range map[string]string{
		"https://third.example/aisp/balances": "leads to another host", "https://other.example/else": "leads away from the provider's address",
		"http://other.example/aisp/balances": "leads to another host",
	} {
		asked, err = ask(link)
		assert.ErrorContains(t, err, "Links.Next: "+problem)
		assert.Len(t, asked, 1)
	}
	asked, err = ask(other, other)
	assert.ErrorContains(t, err, "Links.Next: leads to a page that is here")
	assert.Len(t, asked, 2)
}

// A link that leads elsewhere or round in a circle is an error, and nothing is sent there. All ways to do so are in the
// catalogue.
func TestLinksThatAreNotFollowed(t *testing.T) {
	t.Parallel()
	for want, page := range map[string]func(int) string{
		"Links.Next: leads to another host":                  func(int) string { return linkedPage(1, "https://other.example/aisp/balances?page=2") },
		"Links.Next: leads away from the provider's address": func(int) string { return linkedPage(1, "/payments?page=2") },
		"Links.Next: not a URL":                              func(int) string { return linkedPage(1, "https://bank.example/%zz") },
		"Links.Next: leads to a page that is here":           func(int) string { return linkedPage(1, "balances") },
		"Meta.TotalPages: more pages, and no link to them": func(number int) string {
			return linkedPage(number, []string{"?page=2", ""}[number-1], `, "Meta": {"TotalPages": 3}`)
		},
		"Meta.TotalPages: contradicts Links.Next":       func(int) string { return linkedPage(1, "?page=2", `, "Meta": {"TotalPages": 1}`) },
		"hasMore: more pages, and no link to them":      func(int) string { return linkedPage(1, "", `, "hasMore": true`) },
		"too_large: more pages than an answer can have": func(number int) string { return linkedPage(number, "?page="+strconv.Itoa(number)) },
	} {
		var bank linkedBank
		balances, err := call.Balances(t.Context(), bank.connect(t, page), "id", adapters.Unattended(), linkedRequest, toLinked)
		assert.Nil(t, balances, want)
		if detail, kind := strings.CutPrefix(want, "too_large: "); kind {
			assert.EqualError(t, err, "bank: get balances: too_large (HTTP 200): "+detail)
			assert.Len(t, bank.asked, 1000)
			continue
		}
		assert.EqualError(t, err, "bank: get balances: protocol (HTTP 200): "+want)
		for _, address := range bank.asked {
			assert.True(t, strings.HasPrefix(address, linkedBase+"/balances"), address)
		}
	}
}
