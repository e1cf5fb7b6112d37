package configuration_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/specs/sandbox"
)

// The balances of every connection of a configuration; Read("", nil) reads that of the command.
func Example() {
	file, stop := write(`{"connections": [
		{"name": "shop", "provider": "mypos", "baseURL": "BANK/mypos", "accounts": ["50044620073"],
		 "credentials": {"accessToken": "t", "apiKey": "k", "consentId": "3c7816ee-3d51-4bf5-8ced-ece2af35d431"}},
		{"name": "office", "provider": "mypos", "credentials": {"accessToken": "t", "consentId": "c"}}]}`)
	defer stop()

	read, err := configuration.Read(file, nil)
	if err != nil {
		log.Fatal(err)
	}
	connections, err := read.Open() // nothing is sent
	fmt.Println(err)
	for _, c := range connections {
		for _, account := range c.Accounts {
			balances, err := c.Source.Balances(context.Background(), account, c.PSU)
			for _, b := range balances {
				fmt.Println(c.Name, b.Type, b.Amount, b.Currency)
			}
			fmt.Println(c.Name, err)
		}
	}
	// Output:
	// config: connections[1] (office): credentials.apiKey: missing
	// shop interimAvailable 4.200 PLN
	// shop <nil>
}

// write writes a configuration, with the address of the sandbox for BANK.
func write(text string) (file string, stop func()) {
	handler, err := sandbox.New()
	bank := httptest.NewServer(handler)
	folder, failed := os.MkdirTemp("", "")
	file = filepath.Join(folder, "config.json")
	if err := errors.Join(err, failed, os.WriteFile(file, []byte(strings.ReplaceAll(text, "BANK", bank.URL)), 0o600)); err != nil {
		log.Fatal(err)
	}
	return file, func() { bank.Close(); _ = os.RemoveAll(folder) }
}
