package outside_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/call"
	"github.com/openbalances/openbalances/adapters/kit/httpsig"
	"github.com/openbalances/openbalances/adapters/kit/jwt"
	"github.com/shopspring/decimal"
)

// harbour is an adapter of one's own: a token that the caller signs, a signature over each request, one call. A finished one
// also runs the suite, go doc ./adapters/kit/adaptertest, and supports or refuses the rest of Source.
type harbour struct {
	adapters.Base
	endpoint *call.Endpoint
}

type harbourAnswer struct {
	AccountID string              `json:"accountId"`
	Booked    decimal.NullDecimal `json:"booked"`
	Currency  string              `json:"currency"`
}

var harbourBalance = call.Get("GET /accounts/{id}/balance", func(server, id string, _ *struct{}) (*http.Request, error) {
	return http.NewRequest(http.MethodGet, server+"accounts/"+url.PathEscape(id)+"/balance", nil)
})

func newHarbour(key *rsa.PrivateKey, options *adapters.Options) (*harbour, error) {
	provider := call.Provider{Name: "harbour", Refusal: func(answer call.Answer) call.Refusal {
		return answer.Refusal(call.Form{Code: []string{"code"}, Kinds: map[string]adapters.Kind{"NO_CONSENT": adapters.ErrConsentRequired}})
	}}
	endpoint, err := call.Open(provider, struct{}{}, options)
	if err != nil {
		return nil, err
	}
	tokens, err := jwt.NewSource(key, jwt.Claims{KeyID: "1", Issuer: "tpp", Audience: "harbour", Life: time.Hour}, nil)
	if err != nil {
		return nil, err
	}
	signer, err := httpsig.New(key, "tpp-1", nil)
	if err != nil {
		return nil, err
	}
	date := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Date", endpoint.Now().UTC().Format(http.TimeFormat))
		return nil
	}
	endpoint.Edit(call.Authorize("Bearer", "", tokens), date, call.Sign(signer))
	return &harbour{adapters.Base(provider.Name), endpoint}, nil
}

func (h *harbour) Balances(ctx context.Context, id string, psu adapters.PSU) ([]adapters.Balance, error) {
	request := harbourBalance.For(id, &struct{}{})
	return call.Balances(ctx, h.endpoint, id, psu, request, func(body harbourAnswer) ([]adapters.Balance, error) {
		money, err := call.ToMoney("booked", body.Booked, "currency", body.Currency)
		return []adapters.Balance{{
			AccountID: body.AccountID, Type: adapters.BalanceTypeInterimBooked, ProviderType: "booked", Amount: money.Amount, Currency: money.Currency,
		}}, err
	})
}

func Example_ownAdapter() {
	key := must(rsa.GenerateKey(rand.Reader, 2048))
	answers := map[string]string{
		"/accounts/1/balance": `{"accountId": "1", "booked": 4.200, "currency": "TND"}`,
		"/accounts/2/balance": `{"accountId": "1", "booked": 4.200, "currency": "TND"}`,
		"/accounts/3/balance": `{"accountId": "3", "booked": null, "currency": "TND"}`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if _, err := httpsig.Verify(r, r.Header.Get("Signature"), key.Public()); err != nil {
			w.WriteHeader(http.StatusUnauthorized)
		}
		body, known := answers[r.URL.Path]
		if !known {
			w.WriteHeader(http.StatusForbidden)
			body = `{"code": "NO_CONSENT"}`
		}
		_, _ = fmt.Fprint(w, body)
	}))
	defer server.Close()
	client := must(newHarbour(key, &adapters.Options{BaseURL: server.URL}))
	for _, id := range []string{"1", "2", "3", "4"} {
		balances, err := balancesOf(client, id)
		fmt.Println(balances, err)
	}
	_, err := client.AllBalances(context.Background(), adapters.Unattended())
	fmt.Println(err)
	// Output:
	// [[provider=harbour accountId=… type=interimBooked amount=4.200 currency=TND]] <nil>
	// [] harbour: get balances: protocol (HTTP 200): balances[0].account id: not the account that was asked for
	// [] harbour: get balances: protocol (HTTP 200): booked: missing
	// [] harbour: get balances: consent_required (HTTP 403): code NO_CONSENT
	// harbour: list balances: unsupported: the provider has no such call, nothing was sent
}
