package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
)

// ending is a consent that ends soon or has ended, as the JSON shows it.
type ending struct {
	Connection string    `json:"connection"`
	Provider   string    `json:"provider"`
	ValidUntil time.Time `json:"validUntil" jsonschema:"the first moment at which the consent is over"`
	Days       int       `json:"days" jsonschema:"whole days that are left; negative: the consent is over"`
}

// endings are the consents that end within a number of days, in the order of the connections. What the provider states
// goes before the configuration.
func endings(connections []connection, results []result, days int, now time.Time) (all []ending) {
	stated := map[string]time.Time{} // the earliest, by connection
	for _, r := range results {
		for _, a := range r.accounts {
			if until, known := stated[r.connection]; !a.ConsentValidUntil.IsZero() && (!known || a.ConsentValidUntil.Before(until)) {
				stated[r.connection] = a.ConsentValidUntil
			}
		}
	}
	for _, c := range connections {
		until, ok := stated[c.Name]
		if !ok {
			until = c.ConsentValidUntil
		}
		if left := until.Sub(now); !until.IsZero() && left < time.Duration(days)*24*time.Hour {
			all = append(all, ending{c.Name, c.Provider, until.UTC(), wholeDays(left)})
		}
	}
	return all
}

// wholeDays rounds down.
func wholeDays(left time.Duration) int {
	const day = 24 * time.Hour
	days := int(left / day)
	if left < 0 && left%day != 0 {
		days--
	}
	return days
}

func (e ending) String() string {
	place := result{connection: e.Connection, provider: e.Provider}.where()
	when := wholeTime(e.ValidUntil)
	switch {
	case e.Days < 0:
		return fmt.Sprintf("%s: the consent has ended on %s; cure: let the PSU consent again", place, when)
	case e.Days == 0:
		return fmt.Sprintf("%s: the consent ends on %s, in less than a day; cure: let the PSU renew it", place, when)
	}
	return fmt.Sprintf("%s: the consent ends on %s, in %s; cure: let the PSU renew it", place, when, counted(e.Days, "day"))
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// news is one thing that somebody has to act upon.
type news struct {
	key  string // the same for the same news
	text string
}

// newsOf are the consents that end soon, or are over. Each consent is told of once as long as it lasts, and once when
// it is over, whether its end was known or a provider refused it.
func newsOf(connections []connection, results []result, ends []ending) (all []news) {
	told := map[string]bool{}
	for _, c := range connections {
		key := fmt.Sprintf("news %q %q %q ", c.Name, c.Provider, string(c.Consent))
		for _, e := range ends {
			if e.Connection == c.Name {
				all = append(all, news{checksum(key + e.ValidUntil.String() + fmt.Sprint(e.Days < 0)), e.String()})
			}
		}
		i := slices.IndexFunc(results, func(r result) bool {
			return r.connection == c.Name && errors.Is(r.err, adapters.ErrConsentRequired)
		})
		if i >= 0 && !told[c.Name] {
			text := strings.TrimPrefix(strings.TrimSuffix(results[i].failedLine(), "\n"), "failed: ")
			all = append(all, news{checksum(key + "required"), text})
		}
		told[c.Name] = true
	}
	return all
}

const (
	keepNews   = 366 * 24 * time.Hour
	notifyTime = 30 * time.Second
)

// notifier runs a command of the user's once for each piece of news. What was told stands in a store like that of the
// guard, which keeps it over crashes, clocks and versions.
type notifier struct {
	process *process
	command string
	store   accessguard.Store
}

// tell tells the news, unless nobody is to be told or the run was stopped.
func (n *notifier) tell(ctx context.Context, all []news) error {
	if n == nil || ctx.Err() != nil {
		return nil
	}
	if err := n.run(ctx, all); err != nil {
		n.process.complain("-notify: " + err.Error())
		return errReported
	}
	return nil
}

// run gives the command what it was not told yet, one line each. What it does not take is told again the next time.
func (n *notifier) run(ctx context.Context, all []news) error {
	now := n.process.now()
	var fresh []news
	for _, one := range all {
		known := false
		err := n.store.Update(ctx, one.key, now, func(r accessguard.Record) accessguard.Record {
			known = len(r.Calls) > 0
			return r
		})
		if err != nil {
			return errors.New("the store: " + storeProblem(err))
		}
		if !known {
			fresh = append(fresh, one)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	text := ""
	for _, one := range fresh {
		text += one.text + "\n"
	}
	if err := shell(ctx, n.command, text); err != nil {
		return fmt.Errorf("the command failed, and is told again the next time: %w", err)
	}
	for _, one := range fresh {
		err := n.store.Update(ctx, one.key, now, func(accessguard.Record) accessguard.Record {
			return accessguard.Record{Calls: []int64{now.UnixMilli()}, Keep: keepNews}
		})
		if err != nil {
			return errors.New("the store: " + storeProblem(err))
		}
	}
	return nil
}

// shell runs a command line with a text as its standard input. Its output is dropped.
func shell(ctx context.Context, line, input string) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTime)
	defer cancel()
	command := exec.CommandContext(ctx, "sh", "-c", line)
	if runtime.GOOS == "windows" {
		command = exec.CommandContext(ctx, "cmd", "/C", line)
	}
	endWithChildren(command)
	command.Stdin, command.WaitDelay = strings.NewReader(input), time.Second
	err := command.Run()
	if ctx.Err() != nil {
		return errors.New("it did not end in time")
	}
	return err
}
