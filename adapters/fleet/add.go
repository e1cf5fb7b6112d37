package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"
)

// longestName is how many bytes the name of a connection has at most.
const longestName = 512

// Add puts connections under the fleet's care, by the names of their entries in the configuration. It opens none. One that
// was there before is listed again at once; if it had stopped as a whole or accounts of it had, they go on. It returns
// how many were new or had stopped. A name that occurs twice counts once. Memory does not grow with the number of names. After
// an error some of them may have been added; adding them again is harmless.
func (f *Fleet) Add(ctx context.Context, names iter.Seq[string]) (added int, err error) {
	var some []string
	for name := range names {
		if problem := nameProblem(name); problem != "" {
			return added, fmt.Errorf("fleet: add connections: a name %s", problem)
		}
		if some = append(some, name); len(some) == chunk {
			n, err := f.addSome(ctx, some)
			added += n
			if err != nil {
				return added, fmt.Errorf("fleet: add connections: %w", err)
			}
			some = some[:0]
		}
	}
	n, err := f.addSome(ctx, some)
	if err != nil {
		return added, fmt.Errorf("fleet: add connections: %w", err)
	}
	return added + n, nil
}

// Rename gives a connection the name that its entry in the configuration has now. All that is known of it stays, and Add lets
// it go on if it had stopped. [ErrNotFound] if there is none of the old name; a name that another connection has is refused.
func (f *Fleet) Rename(ctx context.Context, from, to string) error {
	if err := f.rename(ctx, from, to); err != nil {
		return fmt.Errorf("fleet: rename: %w", err)
	}
	return nil
}

func (f *Fleet) rename(ctx context.Context, from, to string) error {
	if problem := nameProblem(to); problem != "" {
		return errors.New("the new name " + problem)
	}
	return f.db.transaction(ctx, func(tx bound) error {
		rows, err := tx.query(ctx, "SELECT id FROM fleet_connection WHERE name = ?", to)
		if taken, err := collectRows(rows, err, scanID); err != nil || len(taken) > 0 {
			return cmp.Or(err, errTaken)
		}
		n, err := tx.exec(ctx, "UPDATE fleet_connection SET name = ?, changed_at = ? WHERE name = ?", to, instant{f.now()}, from)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}

var errTaken = errors.New("another connection has the new name")

func nameProblem(name string) string {
	switch {
	case name == "":
		return "is empty"
	case len(name) > longestName:
		return fmt.Sprintf("is longer than %d bytes", longestName)
	case !utf8.ValidString(name) || strings.ContainsRune(name, 0):
		return "is no text"
	}
	return ""
}

// addSome adds as many connections as one statement takes.
func (f *Fleet) addSome(ctx context.Context, names []string) (added int, err error) {
	if len(names) == 0 {
		return 0, nil
	}
	now := instant{f.now()}
	var values, list []any
	for _, name := range names {
		values, list = append(values, name, now, now, now), append(list, name)
	}
	here := "c.name IN (" + places("?", len(names)) + ")"
	err = f.db.transaction(ctx, func(tx bound) error {
		fresh, err := tx.exec(ctx, "INSERT INTO fleet_connection (name, state, next_list_at, added_at, changed_at) VALUES "+
			places("(?, 'active', ?, ?, ?)", len(names))+" ON CONFLICT (name) DO NOTHING", values...)
		if err != nil {
			return err
		}
		again, err := f.resume(ctx, tx, here, list)
		if err != nil {
			return err
		}
		added = int(fresh + again)
		_, err = tx.exec(ctx, "UPDATE fleet_connection AS c SET next_list_at = ? WHERE "+here, append([]any{now}, list...)...)
		return err
	})
	if err != nil {
		return 0, err
	}
	here = strings.ReplaceAll(here, "c.name", "t.name")
	if err := f.wake(ctx, connectionJobs, here, list...); err != nil {
		return added, err
	}
	if err := f.enqueue(ctx, connectionJobs, "t.job IS NULL AND "+here, list...); err != nil {
		return added, err
	}
	return added, f.queueUnits(ctx, strings.ReplaceAll(here, "t.name", "x.name"), list...)
}

// resume lets go on what had stopped of the connections c that fit. It returns how many connections had.
func (f *Fleet) resume(ctx context.Context, tx bound, where string, args []any) (resumed int64, err error) {
	now := instant{f.now()}
	args = append([]any{now}, args...)
	resumed, err = tx.exec(ctx, `UPDATE fleet_connection AS c SET state = 'active', kind = '', detail = '', failed = 0,
		consent_state = '', consent_link = '', changed_at = ?
		WHERE c.state IN ('stopped', 'consent_required') AND `+where, args...)
	if err != nil {
		return 0, err
	}
	of := "(SELECT c.id FROM fleet_connection c WHERE " + where + ")"
	accounts, err := tx.exec(ctx, `UPDATE fleet_account SET stopped = FALSE, failed = 0, kind = '', detail = '',
		next_at = CASE WHEN unit IS NOT NULL AND unlisted_at IS NULL THEN CAST(? AS `+tx.time()+`) END
		WHERE stopped AND connection IN `+of, args...)
	if err != nil || resumed == 0 && accounts == 0 {
		return 0, err
	}
	_, err = tx.exec(ctx, "UPDATE fleet_unit SET next_at = "+unitDue+" WHERE connection IN "+of, args[1:]...)
	return resumed, err
}

// unitDue is when a unit is due, of its accounts.
const unitDue = `(SELECT min(a.next_at) FROM fleet_account a WHERE a.unit = fleet_unit.id)`

// queueUnits wakes the units that are due of the connections x that fit, and gives jobs to those that have none.
func (f *Fleet) queueUnits(ctx context.Context, where string, args ...any) error {
	of := "t.connection IN (SELECT x.id FROM fleet_connection x WHERE " + where + ")"
	if err := f.wake(ctx, unitJobs, "t.next_at <= ? AND "+of, append([]any{instant{f.now()}}, args...)...); err != nil {
		return err
	}
	return f.enqueue(ctx, unitJobs, "t.job IS NULL AND "+of, args...)
}
