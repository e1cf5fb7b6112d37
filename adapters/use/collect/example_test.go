package collect_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/mypos"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/adapters/tokenio"
	"github.com/openbalances/openbalances/adapters/use/collect"
	"github.com/openbalances/openbalances/specs/sandbox"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// payrollBank lists two accounts with their balances.
func payrollBank(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `[{"id":"a","accountName":"A","balances":[{"amount":"1.50","currency":"NOK","type":"CLBD"}]},{"id":"b","accountName":"B","balances":[]}]`)
}

// The example of the package's page.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(payrollBank))
	defer server.Close()
	client, err := neonomics.New(neonomics.Credentials{AccessToken: "token", SessionID: "session", DeviceID: "device"},
		&adapters.Options{BaseURL: server.URL})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	connections := []collect.Connection{{Key: "payroll", Source: client, PSU: adapters.Unattended()}}
	run := collect.Balances(ctx, slices.Values(connections), nil)
	for result := range run.Results() {
		fmt.Println(result.Key, result.AccountID, len(result.Balances), result.Err)
	}
	fmt.Println(run.Report().Balances, "balances")
	// Output:
	// payroll a 1 <nil>
	// payroll b 0 <nil>
	// 1 balances
}

func TestThePagesExampleIsTheOneThatRuns(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	run, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	_, shown, _ := strings.Cut(string(page), "//\n//\t")
	shown, _, _ = strings.Cut(shown, "//\n// #")
	assert.Contains(t, string(run), "\t"+strings.ReplaceAll(shown, "//\t", "\t"))
}

// Several providers at once, one of them with accounts of its own choice; one account that fails hides no other.
func ExampleBalances() {
	bank, err := sandbox.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(bank) // leave BaseURL out to call the providers themselves
	defer server.Close()
	shop, err := mypos.New(mypos.Credentials{
		AccessToken: "token", APIKey: "key", ConsentID: "3c7816ee-3d51-4bf5-8ced-ece2af35d431",
	}, &adapters.Options{BaseURL: server.URL + "/mypos"})
	if err != nil {
		fmt.Println(err)
		return
	}
	home, err := tokenio.New(tokenio.Credentials{OnBehalfOf: "ta:1", APIKey: "key"}, &adapters.Options{BaseURL: server.URL + "/tokenio"})
	if err != nil {
		fmt.Println(err)
		return
	}
	connections := []collect.Connection{
		{Key: "shop", Source: shop, PSU: adapters.Unattended(), Accounts: slices.Values([]string{"50044620073", "1"})},
		{Key: "home", Source: home, PSU: adapters.Unattended(), Accounts: slices.Values([]string{
			"a:8DbPteGnytmMbKXdnWTReeRB6cYWKXZ84JgLTBC7fKL4:5zKcENpV",
		})},
	}
	run := collect.Balances(context.Background(), slices.Values(connections), &collect.Options{Ordered: true})
	for result := range run.Results() {
		if result.Err != nil {
			fmt.Println(result.Key, result.Err)
		}
		for _, balance := range result.Balances {
			fmt.Println(result.Key, balance.Type, balance.Amount, balance.Currency)
		}
	}
	report := run.Report()
	fmt.Println(report.Answered, "of", report.Accounts, "accounts")
	// Output:
	// shop interimAvailable 4.200 PLN
	// shop mypos: get balances: not_found (HTTP 404): code RESOURCE_UNKNOWN
	// home interimBooked 12009.1000 USD
	// home interimAvailable 12009.1000 USD
	// 2 of 3 accounts
}
