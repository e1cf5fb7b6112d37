// A program of somebody else's, in a module of its own, that keeps a balance current and shows the page. make stranger runs it.
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
	"github.com/openbalances/openbalances/adapters/tokenio"
)

func main() {
	ctx, end := context.WithTimeout(context.Background(), 2*time.Minute)
	defer end()
	database, err := fleet.OpenDatabase(ctx, "fleet.db")
	if err != nil {
		log.Fatal(err)
	}
	defer database.Close()
	f, err := fleet.New(database, &fleet.Options{Logger: slog.New(slog.DiscardHandler),
		Open: func(context.Context, string) (fleet.Connection, error) {
			client, err := tokenio.New(tokenio.Credentials{OnBehalfOf: "ta:1", APIKey: "key"},
				&adapters.Options{BaseURL: "http://127.0.0.1:9000/tokenio"})
			accounts := []string{"a:8DbPteGnytmMbKXdnWTReeRB6cYWKXZ84JgLTBC7fKL4:5zKcENpV"}
			return fleet.Connection{Source: client, Consent: "ta:1", Accounts: accounts}, err
		}})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := f.Add(ctx, slices.Values([]string{"home"})); err != nil {
		log.Fatal(err)
	}
	worked := make(chan error, 1)
	working, stop := context.WithCancel(ctx)
	go func() { worked <- f.Work(working) }()
	var accounts []fleet.AccountStatus
	for ctx.Err() == nil && (len(accounts) == 0 || len(accounts[0].Latest) == 0) {
		time.Sleep(100 * time.Millisecond)
		if accounts, err = database.Accounts(ctx, "home", "", 1); err != nil {
			log.Fatal(err)
		}
	}
	stop()
	if err := <-worked; err != nil {
		log.Fatal(err)
	}
	for _, account := range accounts {
		for _, stored := range account.Latest {
			fmt.Println(account.Connection, stored.Type, stored.Amount, stored.Currency)
		}
	}
	handler, err := page.New(page.Options{Facts: database})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	answer.Body.Close()
	fmt.Println("page", answer.StatusCode)
	// Output:
	// home interimBooked 12009.1000 USD
	// home interimAvailable 12009.1000 USD
	// page 200
}
