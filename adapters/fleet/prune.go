package fleet

import (
	"context"
	"fmt"
	"strconv"
)

// prune deletes in bounded steps what is older than Options.Keep. The newest balances of each account stay.
func (f *Fleet) prune(ctx context.Context) error {
	if f.options.Keep == 0 {
		return nil
	}
	before := instant{f.now().Add(-f.options.Keep)}
	old := "(SELECT id FROM fleet_call WHERE ended_at < ? AND id > ? ORDER BY id LIMIT " + strconv.Itoa(chunk) + ")"
	for last := int64(0); ; {
		var most, n int64
		row := f.db.bound().row(ctx, "SELECT coalesce(max(id), 0), count(*) FROM "+old+" AS page", before, last)
		if err := row.Scan(&most, &n); err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		err := f.db.transaction(ctx, func(tx bound) error {
			for _, statement := range []string{
				`DELETE FROM fleet_balance WHERE call IN ` + old + `
					AND call IS DISTINCT FROM (SELECT good_call FROM fleet_account WHERE id = account)`,
				`DELETE FROM fleet_failure WHERE call IN ` + old,
				`DELETE FROM fleet_call WHERE id IN ` + old + `
					AND NOT EXISTS (SELECT 1 FROM fleet_balance b WHERE b.call = fleet_call.id)`,
			} {
				if _, err := tx.exec(ctx, statement, before, last); err != nil {
					return fmt.Errorf("prune: %w", err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		last = most
	}
}
