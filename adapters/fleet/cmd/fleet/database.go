package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/configuration"
)

// databaseVariable is the environment variable with the address of the database.
const databaseVariable = "OPENBALANCES_FLEET_DB"

// database is the flag that names the database.
type database struct {
	command string
	address *string
}

func databaseFlag(flags *flag.FlagSet) database {
	return database{flags.Name(), flags.String("db", "", "`address` of the database, postgres://... or the path of an SQLite file; "+
		"without it "+databaseVariable+", or openbalances/fleet.db in the user's folder of states")}
}

// isPostgreSQL reports whether an address is not the path of a file.
func isPostgreSQL(address string) bool {
	return strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://")
}

// open opens the database, which is made if it may be.
func (d database) open(ctx context.Context, isMade bool) (*fleet.Database, error) {
	usual := configuration.StatePath(nil, "fleet.db")
	address := cmp.Or(*d.address, os.Getenv(databaseVariable), usual)
	switch {
	case address == "":
		return nil, misuse{d.command + " needs -db ADDRESS, or " + databaseVariable}
	case isPostgreSQL(address):
		return fleet.OpenDatabase(ctx, address)
	case strings.Contains(address, "://"): // it may hold a password
		return nil, misuse{"-db is neither a path nor an address that begins with postgres://"}
	}
	if isMade && address == usual {
		if err := os.MkdirAll(filepath.Dir(address), 0o700); err != nil {
			return nil, fmt.Errorf("cannot make the folder of the database: %w", err)
		}
	}
	if _, err := os.Stat(address); errors.Is(err, fs.ErrNotExist) && !isMade {
		return nil, misuse{"there is no database " + address + "; fleet add makes it"}
	}
	return fleet.OpenDatabase(ctx, address)
}
