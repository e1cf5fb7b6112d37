package outside_test

import (
	"fmt"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"github.com/openbalances/openbalances/specs/mapping"
)

// What a document declares reads an answer that was kept, without any adapter.
func Example_readByTheDocument() {
	document := mapping.New(must(contract.Load("neonomics")))
	body := []byte(`[{"amount": "4.200", "currency": "TND", "type": "CLSG"}]`)
	answer := must(document.Read("getBalances", body, mapping.Asked{Accounts: []string{"1"}}))
	for _, account := range answer.Accounts {
		for _, balance := range account.Balances {
			fmt.Println(account.ID, balance)
		}
	}
	info, _ := specs.Describe("neonomics")
	fmt.Println(info.Provider, info.Operations[len(info.Operations)-1])
	// Output:
	// 1 map[accountId:1 amount:4.200 currency:TND providerType:CLSG type:closingBooked]
	// neonomics GET /ics/v3/accounts/{id}/balances
}
