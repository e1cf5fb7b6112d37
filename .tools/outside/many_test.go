package outside_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/accessguard/storetest"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/adapters/use/pick"
)

// All accounts of all connections, within the calls that are left, and one balance of each.
func Example_allAccounts() {
	server := bank()
	defer server.Close()
	guarded := must(accessguard.New(open(server.URL, adapters.Options{}), "session", accessguard.Memory(), nil))
	connections := []collect.Connection{{Key: "home", Source: guarded, Accounts: slices.Values([]string{account, noConsent}), PSU: adapters.Unattended()}}
	run := collect.Balances(context.Background(), slices.Values(connections), &collect.Options{Ordered: true})
	for result := range run.Results() {
		if result.Err != nil {
			fmt.Println(result.Key, result.Err)
			continue
		}
		choice, err := pick.Balance(pick.PolicyBookedFirst, result.Balances)
		fmt.Println(result.Key, choice.Balance.Amount, choice.Reason, err)
	}
	fmt.Println(run.Report().Balances, "balances")
	// Output:
	// home 41990.50 bookedFirst: closingBooked, for want of interimBooked <nil>
	// home neonomics: get balances: consent_required (HTTP 510): code 1426
	// 2 balances
}

// ownStore is a store for the guard that one has at hand anyway; here it is a map.
type ownStore struct {
	mutex   sync.Mutex
	records map[string]accessguard.Record
}

func (s *ownStore) Update(ctx context.Context, key string, _ time.Time, change func(accessguard.Record) accessguard.Record) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.records[key] = change(s.records[key])
	return nil
}

func TestOwnStore(t *testing.T) {
	t.Parallel()
	store := &ownStore{records: map[string]accessguard.Record{}}
	storetest.Run(t, func(*testing.T) accessguard.Store { return store })
}
