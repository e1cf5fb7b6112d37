package traffic_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/traffic"
)

// A provider has invented a member, a type of balance and another way to write amounts. The call succeeds all the same.
func ExampleNewTransport() {
	bank := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `[{"amount":42850.00,"currency":"NOK","type":"PEND","asOf":"today"}]`)
	}))
	defer bank.Close()

	document, err := contract.Load("neonomics")
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: traffic.NewTransport(http.DefaultTransport, document, traffic.Options{
		BaseURL: bank.URL,
		Report:  func(d traffic.Deviation) { fmt.Println(d) },
	})}

	req, err := http.NewRequest(http.MethodGet, bank.URL+"/ics/v3/accounts/7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0001/balances", nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("X-Session-Id", "session")
	req.Header.Set("X-Device-Id", "device")
	req.Header.Set("X-Psu-Ip-Address", "203.0.113.7")
	resp, err := client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	fmt.Println(resp.Status)
	// Output:
	// neonomics getBalances: response body /*/amount: type (documented: string)
	// neonomics getBalances: response body /*/asOf: undocumented member
	// neonomics getBalances: response body /*/type: undocumented value (documented: CLSG, AVLB, EXPN)
	// 200 OK
}
