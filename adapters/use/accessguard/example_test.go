package accessguard_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/storetest"
)

func ExampleNew() {
	client := &storetest.Bank{Base: "neonomics"} // any adapter's Client
	guarded, err := accessguard.New(client, "session-id", accessguard.Memory(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 5 {
		_, err := guarded.Balances(context.Background(), "account", adapters.Unattended())
		var failure *adapters.Error
		if errors.As(err, &failure) {
			fmt.Println(failure, !failure.RetryAfter.IsZero())
		}
	}
	fmt.Println(client.Asked("account"), "calls")
	// Output:
	// neonomics: get balances: rate_limited: access guard: no unattended call left, nothing was sent true
	// 4 calls
}
