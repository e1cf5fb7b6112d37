package outside_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/kit/answer"
	"github.com/openbalances/openbalances/gen/mypos"
)

// A generated client alone needs an http.Client that is safe, the check of the id, and answer.Decode.
func Example_generatedClient() {
	server := bank()
	defer server.Close()
	client := must(mypos.NewClient(server.URL+"/mypos", mypos.WithHTTPClient(adapters.NewHTTPClient(nil)),
		mypos.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
			request.Header.Set("Authorization", "Bearer token")
			return nil
		})))
	for _, id := range []string{"50044620073", "..", "none"} {
		if err := answer.CheckID(id); err != nil {
			fmt.Println(err) // .. would ask for /v1/balances, with the token
			continue
		}
		params := &mypos.GetBalancesParams{XRequestID: "99391c7e-ad88-49ec-a2ad-99ddcb1f7721", ConsentID: "3c7816ee-3d51-4bf5-8ced-ece2af35d431", APIKey: "key"}
		balances, err := answer.Decode[mypos.AccountBalances](client.GetBalances(context.Background(), id, params))
		if err != nil {
			fmt.Println(err)
			continue
		}
		for _, balance := range balances.Balances {
			fmt.Println(balance.BalanceType, adapters.NewAmount(balance.Amount.Decimal), balance.Currency)
		}
	}
	// Output:
	// available 4.200 PLN
	// answer: id: names another path
	// answer: HTTP 404
}
