package outside_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
)

// A canary compares live traffic with the provider's document, so that a change is known before a balance fails. The call
// that it watches succeeds all the same. It stands beneath whatever repeats requests.
func Example_canary() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `[{"amount": "1.50", "currency": "NOK", "type": "PEND", "owner": "Kari Nordmann"}]`)
	}))
	defer server.Close()
	client := adapters.NewHTTPClient(nil)
	client.Transport = traffic.NewTransport(client.Transport, must(contract.Load("neonomics")), traffic.Options{
		BaseURL: server.URL + "/neonomics",
		Report: func(d traffic.Deviation) {
			fmt.Println(d) // count it by Provider, Operation, Part and Rule
		},
	})
	for _, balance := range must(balancesOf(open(server.URL, adapters.Options{HTTPClient: client}), account)) {
		fmt.Println(balance.Type, balance.Amount, balance.Currency)
	}
	// Output:
	// neonomics getBalances: response body /*/owner: undocumented member
	// neonomics getBalances: response body /*/type: undocumented value (documented: CLSG, AVLB, EXPN)
	// unknown 1.50 NOK
}
