package fleet

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// ErrVersion says that the tables of a database were made by a later version of this package, or of the engine.
var ErrVersion = errors.New("the tables are of a later version of this program")

// migrations are the steps of each database from one version to the next, forward only: the file 0001.sql makes version 1.
//
//go:embed migrations
var migrations embed.FS

const (
	migrationLock  = 0x0b_f1_ee_7 // of pg_advisory_lock, for all processes that migrate
	migrationTries = 20           // of SQLite, where another process may have made a table meanwhile
)

// steps returns the statements that make each version, in order.
func (d *Database) steps() ([]string, error) {
	folder := "migrations/sqlite"
	if d.pool != nil {
		folder = "migrations/postgres"
	}
	names, err := fs.Glob(migrations, path.Join(folder, "*.sql"))
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []string
	for _, name := range names {
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		all = append(all, string(text))
	}
	return all, nil
}

// migrate makes the engine's tables and ours, or brings them to this version.
func (d *Database) migrate(ctx context.Context) error {
	steps, err := d.steps()
	if err != nil {
		return err
	}
	engine, err := d.engineTables()
	if err != nil {
		return err
	}
	if d.pool != nil {
		return d.migratePostgreSQL(ctx, steps, engine)
	}
	for range migrationTries {
		err = d.migrateTables(ctx, steps, engine)
		if err == nil || errors.Is(err, ErrVersion) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	return err
}

// migratePostgreSQL migrates while no other process does. The lock is its connection's, and ends with it.
func (d *Database) migratePostgreSQL(ctx context.Context, steps []string, engine engineTables) (err error) {
	if done, err := d.migrated(ctx, len(steps), engine); done || err != nil {
		return err // without a lock, so that a database that is read-only can be read
	}
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return err
	}
	defer func() {
		_, unlock := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		err = errors.Join(err, unlock)
	}()
	return d.migrateTables(ctx, steps, engine)
}

// migrated reports whether nothing is to be done.
func (d *Database) migrated(ctx context.Context, version int, engine engineTables) (bool, error) {
	own, err := d.version(ctx, d.bound())
	if err != nil {
		return false, err
	}
	engines, err := d.latest(ctx, d.bound(), "river_migration")
	if err != nil {
		return false, err
	}
	if own > version || engines > engine.version {
		return false, ErrVersion
	}
	return own == version && engines == engine.version, nil
}

func (d *Database) migrateTables(ctx context.Context, steps []string, engine engineTables) error {
	if done, err := d.migrated(ctx, len(steps), engine); done || err != nil {
		return err
	}
	if err := engine.up(ctx); err != nil {
		return err
	}
	return d.transaction(ctx, func(tx bound) error {
		from, err := d.version(ctx, tx)
		if err != nil || from >= len(steps) {
			return err
		}
		for _, step := range steps[from:] {
			if _, err := tx.on.ExecContext(ctx, step); err != nil {
				return err
			}
		}
		if from == 0 {
			if _, err := tx.exec(ctx, "CREATE TABLE fleet_meta (version INTEGER NOT NULL)"); err != nil {
				return err
			}
			_, err = tx.exec(ctx, "INSERT INTO fleet_meta (version) VALUES (?)", len(steps))
			return err
		}
		_, err = tx.exec(ctx, "UPDATE fleet_meta SET version = ?", len(steps))
		return err
	})
}

// version returns the version of our tables, 0 if there are none.
func (d *Database) version(ctx context.Context, on bound) (int, error) {
	return d.latest(ctx, on, "fleet_meta")
}

// latest returns the highest version that a table holds, 0 if there is no such table.
func (d *Database) latest(ctx context.Context, on bound, table string) (version int, err error) {
	tables := "SELECT count(*) FROM sqlite_master WHERE name = ?"
	if d.pool != nil {
		tables = "SELECT count(*) FROM pg_class WHERE oid = to_regclass(?)"
	}
	var there int
	if err := on.row(ctx, tables, table).Scan(&there); err != nil || there == 0 {
		return 0, err
	}
	return version, on.row(ctx, "SELECT coalesce(max(version), 0) FROM "+table).Scan(&version)
}

// engineTables are those of the engine.
type engineTables struct {
	version int // that this program knows
	up      func(context.Context) error
}

func (d *Database) engineTables() (engineTables, error) {
	if d.pool != nil {
		return tablesOf[pgx.Tx](riverpgxv5.New(d.pool))
	}
	return tablesOf[*sql.Tx](riversqlite.New(d.db))
}

func tablesOf[T any](driver riverdriver.Driver[T]) (engineTables, error) {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return engineTables{}, err
	}
	known := migrator.AllVersions()
	return engineTables{known[len(known)-1].Version, func(ctx context.Context) error {
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}}, nil
}
