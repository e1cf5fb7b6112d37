package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

var addCommand = command{
	name: "add", operands: "NAME ...", example: "fleet add -all",
	summary: "put connections of the configuration under the fleet's care, and let those go on that have stopped",
	setup: func(flags *flag.FlagSet) action {
		config, db := configFlag(flags), databaseFlag(flags)
		all := flags.Bool("all", false, "add all connections of the configuration")
		renamed := flags.String("renamed", "", "`name` that the one connection had before, whose history it keeps")
		return func(ctx context.Context, p *process, names []string) error {
			if *all == (len(names) > 0) {
				return misuse{"add needs either names of connections or -all; see fleet add -h"}
			}
			if *renamed != "" && len(names) != 1 {
				return misuse{"-renamed needs one name of a connection; see fleet add -h"}
			}
			configured, path, err := readConfiguration(*config, "add")
			if err != nil {
				return err
			}
			opened, wrong := configured.Open(names...)
			if len(opened) == 0 {
				return asMisuse(wrong)
			}
			if err := add(ctx, p, db, path, *renamed, opened); err != nil {
				return err
			}
			if wrong != nil {
				return partly(problems(wrong))
			}
			return nil
		}
	},
}

// add marks the entries of connections and adds them, one of them in the place of the renamed one, if there is one.
func add(ctx context.Context, p *process, db database, path, renamed string, opened []*configuration.Connection) error {
	store, err := db.open(ctx, true)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	workers, err := fleet.New(store, nil)
	if err != nil {
		return err
	}
	if renamed != "" {
		if err := rename(ctx, store, workers, renamed, opened[0]); err != nil {
			return err
		}
	}
	names := map[string]bool{}
	var unmarked []string
	for _, c := range opened {
		if names[c.Name] = true; !c.Fleet {
			unmarked = append(unmarked, c.Name)
		}
	}
	// The entries first: while the command asks, too, calls are counted twice over.
	err = configuration.Edit(path, unmarked, func(e *configuration.Entry) error {
		e.Fleet = true
		return nil
	})
	if err != nil {
		return fmt.Errorf("cannot set \"fleet\": true: %w", asMisuse(err))
	}
	added, err := workers.Add(ctx, maps.Keys(names))
	if err != nil {
		return fmt.Errorf("not everything is added; cure: fleet add again: %w", err)
	}
	text := fmt.Sprintf("%s added", counted(added, "connection"))
	switch known := len(names) - added; {
	case renamed != "":
		text = "1 connection renamed"
	case known > 0:
		text += fmt.Sprintf(", %d kept already", known)
	}
	if len(names) <= 5 {
		text += ": " + printable.Text(strings.Join(slices.Sorted(maps.Keys(names)), ", "))
	}
	return p.print(text + "; openbalances get does not ask for what a fleet keeps\n")
}

// rename refuses an entry that cannot be that of the connection.
func rename(ctx context.Context, store *fleet.Database, workers *fleet.Fleet, from string, to *configuration.Connection) error {
	kept, err := findConnection(ctx, store, from)
	if err != nil {
		return err
	}
	if provider := to.Source.Provider(); kept.Provider != "" && kept.Provider != provider {
		return misuse{fmt.Sprintf("-renamed: %s is one of %s, and %s of %s", from, kept.Provider, to.Name, provider)}
	}
	return workers.Rename(ctx, from, to.Name)
}
