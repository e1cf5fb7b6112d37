package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/fleet/page"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/adapters/use/printable"
	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/sandbox"
)

const (
	demoEvery    = 5 * time.Second
	demoCalls    = 4
	demoWindow   = 20 * time.Second
	demoAccounts = 3 // of a connection
)

var demoCommand = command{
	name: "demo", example: "fleet demo -for 20s",
	summary: "keep accounts of a built-in sandbox current, with 4 calls in 20 seconds instead of a day, and serve the page",
	setup: func(flags *flag.FlagSet) action {
		length := flags.Duration("for", 0, "how long it works; it then prints status and history. Without it, until an interrupt")
		address := flags.String("listen", usualPage, "`host:port` for the page")
		return func(ctx context.Context, p *process, _ []string) error {
			shown := pages{listen: address, tokenFile: new(string), hosts: new(names), river: new(bool)}
			if _, err := shown.options(true); err != nil {
				return err
			}
			folder, err := os.MkdirTemp("", "fleet-demo-")
			if err != nil {
				return err
			}
			defer func() { _ = os.RemoveAll(folder) }()
			return demo(ctx, p, folder, shown, *length)
		}
	},
}

func demo(ctx context.Context, p *process, folder string, shown pages, length time.Duration) error {
	handler, err := sandbox.New()
	if err != nil {
		return err
	}
	bank, err := listen(ctx, "127.0.0.1:0", handler)
	if err != nil {
		return err
	}
	path := filepath.Join(folder, "config.json")
	if err := writeDemoConfiguration(path, bank.url); err != nil {
		return err
	}
	configured, _, err := readConfiguration(path, "demo")
	if err != nil {
		return err
	}
	opened, err := configured.Open()
	if err != nil {
		return asMisuse(err)
	}
	address := filepath.Join(folder, "fleet.db")
	if err := add(ctx, p, database{"demo", &address}, path, "", opened); err != nil {
		return err
	}
	store, err := fleet.OpenDatabase(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	logger := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	workers, err := fleet.New(store, &fleet.Options{
		Open: newOpener(path, configured, logger).open, Every: demoEvery, Logger: logger,
		Access: accessguard.Usual(specs.Limit{Calls: demoCalls, Window: demoWindow}),
	})
	if err != nil {
		return err
	}
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	if length > 0 {
		defer time.AfterFunc(length, cancel).Stop()
	}
	if err := work(working, p, workers, store, shown, page.Options{}, "", logger); err != nil || length == 0 {
		return err
	}
	return demoEnd(ctx, p, store)
}

// demoEnd prints the status, and the history of the first account that has one.
func demoEnd(ctx context.Context, p *process, store *fleet.Database) error {
	if _, err := status(ctx, p, store, formatTable, nil); err != nil {
		return err
	}
	connections, err := store.Connections(ctx, "", rowsAtOnce)
	if err != nil {
		return err
	}
	for _, c := range connections {
		accounts, err := store.Accounts(ctx, c.Name, "", rowsAtOnce)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(accounts, func(a fleet.AccountStatus) bool { return len(a.Latest) > 0 })
		if i < 0 {
			continue
		}
		if err := p.print(fmt.Sprintf("\nfleet history -account %d (%s):\n", accounts[i].ID, printable.Text(c.Name))); err != nil {
			return err
		}
		return history(ctx, p, store, accounts[i].ID, time.Time{}, time.Time{}, formatTable)
	}
	return nil
}

// writeDemoConfiguration writes an entry for each provider whose sandbox needs no key pair, and one with an account that
// the provider does not know.
func writeDemoConfiguration(path, url string) error {
	var entries []map[string]any
	for _, known := range configuration.Providers() {
		if known.Banks() != nil || slices.ContainsFunc(known.Required, known.IsKey) {
			continue
		}
		credentials, err := sandbox.Credentials(known.Name)
		if err != nil {
			return err
		}
		accounts, err := sandbox.Accounts(known.Name)
		if err != nil {
			return err
		}
		entries = append(entries, map[string]any{
			"name": "demo " + known.Name, "provider": known.Name, "baseURL": url + "/" + known.Name, "fleet": true,
			"credentials": credentials, "accounts": accounts[:min(demoAccounts, len(accounts))],
		})
	}
	fault := maps.Clone(entries[0])
	fault["name"], fault["accounts"] = "demo with a fault", []string{"no-such-account"}
	entries = append(entries, fault)
	body, err := json.Marshal(map[string]any{"connections": entries})
	if err != nil {
		return err
	}
	return os.WriteFile(path, body, 0o600)
}
