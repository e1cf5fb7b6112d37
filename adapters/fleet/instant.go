package fleet

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// layout writes times of SQLite, which compare like text, to the microsecond as PostgreSQL does.
const layout = "2006-01-02T15:04:05.000000Z"

// instant is a time as both databases take it; NULL is the zero time.
type instant struct{ time.Time }

// Value implements [driver.Valuer]. PostgreSQL reads the same text.
func (i instant) Value() (driver.Value, error) {
	if i.IsZero() {
		return nil, nil
	}
	return i.UTC().Truncate(time.Microsecond).Format(layout), nil
}

// Scan implements [database/sql.Scanner].
func (i *instant) Scan(source any) (err error) {
	switch value := source.(type) {
	case nil:
		i.Time = time.Time{}
	case time.Time:
		i.Time = value.UTC()
	case string:
		i.Time, err = time.Parse(layout, value)
	default:
		err = fmt.Errorf("a time cannot be read from %T", source)
	}
	return err
}
