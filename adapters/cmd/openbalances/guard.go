package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/configuration"
)

const (
	guardOff = "off"
	stateVar = "XDG_STATE_HOME"
)

// guard puts the access guard around the connections that nobody attends, or returns a misuse that says why it cannot. A
// guard that the user has turned off gives a warning. Without a word of the user's, calls to this machine are not counted.
func (p *process) guard(ctx context.Context, connections []connection, chosen string) (warnings []string, err error) {
	var counted []int
	for i, c := range connections {
		if !c.isAttended() && (chosen != "" || !c.isLocal()) {
			counted = append(counted, i)
		}
	}
	if len(counted) == 0 {
		return nil, nil
	}
	if chosen == guardOff {
		return []string{"the guard is off: unattended calls are not counted, and banks allow about four a day"}, nil
	}
	path := cmp.Or(chosen, configuration.StatePath(p.getenv, "access.json"))
	store, err := p.openStore(ctx, path)
	if err != nil {
		return nil, misuse{"guard: " + err.Error() + "; no unattended call is made without it; cure: -guard FILE in a folder of your own, or -guard off"}
	}
	for _, i := range counted {
		if err := connections[i].count(store, p.now); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// count puts a guard around the sources of a connection.
func (c *connection) count(store accessguard.Store, now func() time.Time) (err error) {
	c.wrap = func(source adapters.Source) (*accessguard.Guard, error) {
		return accessguard.New(source, c.Consent, store, &accessguard.Options{Now: now})
	}
	if c.guard, err = c.wrap(c.Source); err == nil {
		c.Source = c.guard
	}
	return err
}

// openStore returns the store in a file, whose folder is made if it is not there. One that cannot be written is an error.
func (p *process) openStore(ctx context.Context, path string) (accessguard.Store, error) {
	if path == "" {
		return nil, errors.New("there is no place for the store, as neither " + stateVar + " nor HOME is set")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, errors.New(path + ": its folder cannot be made")
	}
	store := accessguard.File(path)
	used := func(accessguard.Record) accessguard.Record {
		return accessguard.Record{Calls: []int64{p.now().UnixMilli()}, Keep: time.Second}
	}
	if err := store.Update(ctx, checksum("the store was used"), p.now(), used); err != nil {
		return nil, errors.New(path + ": " + storeProblem(err))
	}
	return store, nil
}

// storeProblem is what keeps a store from being used.
func storeProblem(err error) string {
	switch {
	case errors.Is(err, accessguard.ErrDamaged):
		return "it is damaged, or no store"
	case errors.Is(err, accessguard.ErrVersion):
		return "it was written by a later version"
	case errors.Is(err, fs.ErrPermission):
		return "no permission to write it"
	}
	return "it cannot be written"
}

// left is what is left of the unattended calls for one account, or for the list of a connection.
type left struct {
	Connection string    `json:"connection"`
	Provider   string    `json:"provider"`
	AccountID  string    `json:"accountId,omitempty" jsonschema:"absent: for the list of all accounts"`
	Calls      int       `json:"calls" jsonschema:"how many may be made now"`
	Next       time.Time `json:"next,omitzero" jsonschema:"the earliest time for the next call, if none may be made now"`
}

// maxLooks are under way at once; a store in a file reads it once for all of them.
const maxLooks = 64

// allLeft tells what is left for everything that was asked for, as far as a limit is known.
func allLeft(ctx context.Context, connections []connection, results []result) []left {
	ctx = context.WithoutCancel(ctx) // also for a run that was interrupted
	type question struct {
		of   connection
		left left
	}
	var asked []question
	place := map[string]int{}
	for i, c := range connections {
		place[c.Name] = i
		if c.guard != nil && c.Accounts == nil {
			asked = append(asked, question{c, left{Connection: c.Name, Provider: c.Provider}})
		}
	}
	for _, r := range results {
		if c := connections[place[r.connection]]; c.guard != nil && r.accountID != "" && !r.closed {
			asked = append(asked, question{c, left{Connection: c.Name, Provider: c.Provider, AccountID: r.accountID}})
		}
	}
	found, slots := make([]accessguard.Left, len(asked)), make(chan struct{}, maxLooks)
	var looking sync.WaitGroup
	for i, q := range asked {
		slots <- struct{}{}
		looking.Go(func() {
			if q.left.AccountID == "" {
				found[i], _ = q.of.guard.ListsLeft(ctx) // what cannot be told is not limited
			} else {
				found[i], _ = q.of.guard.Left(ctx, q.left.AccountID)
			}
			<-slots
		})
	}
	looking.Wait()
	var all []left
	for i, q := range asked {
		if found[i].Limited {
			q.left.Calls, q.left.Next = found[i].Calls, wholeSecond(found[i].Next)
			all = append(all, q.left)
		}
	}
	return all
}

// leftText goes on with what is left, in the line that counts.
func leftText(all []left) string {
	if len(all) == 0 {
		return ""
	}
	return ", " + leftPhrase(all)
}

func leftPhrase(all []left) string {
	var least, none int
	var next time.Time
	for i, one := range all {
		if one.Calls == 0 {
			none++
			if next.IsZero() || one.Next.Before(next) {
				next = one.Next
			}
		}
		if i == 0 || one.Calls < least {
			least = one.Calls
		}
	}
	switch {
	case len(all) == none:
		return "no unattended call left before " + wholeTime(next)
	case none > 0:
		return fmt.Sprintf("no unattended call left for %d of %d before %s", none, len(all), wholeTime(next))
	}
	return fmt.Sprintf("unattended calls left: %d", least)
}
