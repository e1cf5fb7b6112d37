package accessguard_test

import (
	"context"
	"fmt"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/internal/storetest"
)

func ExampleNew() {
	client := &storetest.Bank{Base: "neonomics"} // any adapter's Client
	guarded, err := accessguard.New(client, "session-id", accessguard.Memory(), nil)
	for err == nil {
		_, err = guarded.Balances(context.Background(), "account", adapters.Unattended())
	}
	fmt.Println(client.Asked("account"), "calls")
	fmt.Println(err)
	// Output:
	// 4 calls
	// neonomics: get balances: rate_limited: access guard: no unattended call left, nothing was sent
}
