package configuration_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/specs/sandbox"
)

// The balances of every connection of a configuration. In a program of one's own the file is there; Read("", nil) reads that of
// the command.
func Example() {
	file, stop := configured()
	defer stop()

	read, err := configuration.Read(file, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	connections, err := read.Open() // nothing is sent
	if err != nil {
		fmt.Println(err)
	}
	for _, c := range connections {
		for _, account := range c.Accounts {
			balances, err := c.Source.Balances(context.Background(), account, c.PSU)
			for _, b := range balances {
				fmt.Println(c.Name, b.Type, b.Amount, b.Currency)
			}
			if err != nil {
				fmt.Println(c.Name, err)
			}
		}
	}
	// Output:
	// config: connections[1] (office): provider: none of berlingroup eika enablebanking mypos neonomics onesingleview tokenio ukob, did you mean tokenio?
	// shop interimAvailable 4.200 PLN
}

// Another program sets a member of one entry, and every other byte stays.
func ExampleEdit() {
	file, stop := configured()
	defer stop()
	err := configuration.Edit(file, "shop", func(e *configuration.Entry) error {
		e.Fleet = true
		return nil
	})
	read, _ := configuration.Read(file, nil)
	fmt.Println(read.Connections[0].Fleet, err)
	// Output: true <nil>
}

// configured is a file with two entries, of which one is not good, in front of the sandbox.
func configured() (file string, stop func()) {
	bank, err := sandbox.New()
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(bank)
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	file = filepath.Join(folder, "config.json")
	err = os.WriteFile(file, []byte(`{"connections": [
		{"name": "shop", "provider": "mypos", "baseURL": "`+server.URL+`/mypos", "accounts": ["50044620073"],
		 "credentials": {"accessToken": "t", "apiKey": "k", "consentId": "3c7816ee-3d51-4bf5-8ced-ece2af35d431"}},
		{"name": "office", "provider": "tokenoi", "credentials": {}}]}`), 0o600)
	if err != nil {
		panic(err)
	}
	return file, func() { server.Close(); _ = os.RemoveAll(folder) }
}
