package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river/rivertype"
)

// Forgotten says what to forget: one of both.
type Forgotten struct {
	Connection string // by its name
	Account    int64  // by its id in the database
}

// Forget erases all facts of a connection with its accounts, or of one account, and its pending jobs; [ErrNotFound] if there
// is none. What an allowance has counted stays, because a provider does not forget: it is kept under a SHA-256 until it has
// expired. An account that the entry still names, or that the provider still lists, comes back with the next list: its
// connection is what to forget then, or its entry what to change.
func (f *Fleet) Forget(ctx context.Context, what Forgotten) error {
	if err := f.forget(ctx, what); err != nil {
		return fmt.Errorf("fleet: forget: %w", err)
	}
	return nil
}

func (f *Fleet) forget(ctx context.Context, what Forgotten) error {
	if (what.Connection == "") == (what.Account == 0) {
		return errors.New("neither a connection nor an account, or both")
	}
	var jobs []int64
	err := f.db.transaction(ctx, func(tx bound) (err error) {
		if what.Connection != "" {
			jobs, err = forgetConnection(ctx, tx, what.Connection)
		} else {
			jobs, err = forgetAccount(ctx, tx, what.Account)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, job := range jobs { // one that runs ends by itself, because it finds nothing to do
		_, err := f.engine.JobDelete(ctx, job)
		if err != nil && !errors.Is(err, rivertype.ErrNotFound) && !errors.Is(err, rivertype.ErrJobRunning) {
			return err
		}
	}
	return nil
}

func forgetConnection(ctx context.Context, tx bound, name string) (jobs []int64, err error) {
	const of = "(SELECT id FROM fleet_connection WHERE name = ?)"
	rows, err := tx.query(ctx, `SELECT job FROM fleet_connection WHERE name = ? AND job IS NOT NULL UNION ALL
		SELECT job FROM fleet_unit WHERE job IS NOT NULL AND connection IN `+of, name, name)
	jobs, err = collectRows(rows, err, scanID)
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"DELETE FROM fleet_account WHERE connection IN " + of, "DELETE FROM fleet_unit WHERE connection IN " + of,
	} {
		if _, err := tx.exec(ctx, statement, name); err != nil {
			return nil, err
		}
	}
	n, err := tx.exec(ctx, "DELETE FROM fleet_connection WHERE name = ?", name)
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	return jobs, err
}

// forgetAccount erases an account, and its unit if it was the last one in it.
func forgetAccount(ctx context.Context, tx bound, id int64) (jobs []int64, err error) {
	rows, err := tx.query(ctx, "DELETE FROM fleet_account WHERE id = ? RETURNING coalesce(unit, 0)", id)
	units, err := collectRows(rows, err, scanID)
	if err != nil {
		return nil, err
	}
	if len(units) == 0 {
		return nil, ErrNotFound
	}
	if _, err := tx.exec(ctx, "UPDATE fleet_unit SET next_at = "+unitDue+" WHERE id = ?", units[0]); err != nil {
		return nil, err
	}
	const empty = "id = ? AND NOT EXISTS (SELECT 1 FROM fleet_account a WHERE a.unit = fleet_unit.id)"
	rows, err = tx.query(ctx, "SELECT job FROM fleet_unit WHERE job IS NOT NULL AND "+empty, units[0])
	if jobs, err = collectRows(rows, err, scanID); err != nil {
		return nil, err
	}
	_, err = tx.exec(ctx, "DELETE FROM fleet_unit WHERE "+empty, units[0])
	return jobs, err
}

func scanID(scan func(...any) error) (id int64, err error) { return id, scan(&id) }
