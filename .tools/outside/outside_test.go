// Package outside_test uses openbalances from another module, as its users do. Each example is what one has to know to put it
// together with a module that is not ours; none of these is a dependency of openbalances. make outside runs them.
package outside_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/neonomics"
	"github.com/openbalances/openbalances/specs/sandbox"
)

// Accounts of the sandbox: one with two balances, one whose PSU has not consented.
const (
	account   = "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f0001"
	noConsent = "7d1c1f0e-3b1a-4f6e-9c51-2a4e5d6f5101"
)

// must is for what cannot fail here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// bank is the sandbox on loopback.
func bank() *httptest.Server { return httptest.NewServer(must(sandbox.New())) }

// open returns a client of Neonomics at an address.
func open(address string, options adapters.Options) *neonomics.Client {
	options.BaseURL = address + "/neonomics"
	return must(neonomics.New(neonomics.Credentials{AccessToken: "token", SessionID: "session", DeviceID: "device"}, &options))
}

func balancesOf(source adapters.Source, id string) ([]adapters.Balance, error) {
	return source.Balances(context.Background(), id, adapters.Unattended())
}

func Example() {
	server := bank()
	defer server.Close()
	for _, balance := range must(balancesOf(open(server.URL, adapters.Options{}), account)) {
		fmt.Println(balance.Type, balance.Amount, balance.Currency)
	}
	// Output:
	// interimAvailable 42850.00 NOK
	// closingBooked 41990.50 NOK
}
