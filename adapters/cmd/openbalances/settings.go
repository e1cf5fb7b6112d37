package main

import (
	"context"
	"flag"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters/use/configuration"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

const defaultTimeout = time.Minute

// settings are what every command takes that opens the connections of a configuration.
type settings struct {
	command       string
	config, guard *string
	timeout       *time.Duration
	quiet         *bool
	leavesFleet   bool // the connections that a fleet keeps are left out
}

func connectionFlags(flags *flag.FlagSet, quiet *bool) settings {
	return settings{
		command: flags.Name(),
		config: flags.String("config", "", "JSON `file` that names the connections, - for the standard input; without it "+configuration.Variable+
			", or openbalances/config.json in the user's configuration folder"),
		guard: flags.String("guard", "", "`file` in which unattended calls are counted, or off; without it openbalances/access.json in the user's "+
			"folder of states, and calls to this machine are not counted"),
		timeout: flags.Duration("timeout", defaultTimeout, "time for the whole run"),
		quiet:   quiet,
	}
}

// work is what a command does with the connections.
type work func(ctx context.Context, p *process, connections []connection) error

// with returns the action that checks the other flags, opens the connections, on request with their traffic checked, puts the
// guard around them, and does the work. The time is for all of it.
func (s settings) with(checked *bool, check func(*process) error, do work) action {
	return func(ctx context.Context, p *process) error {
		if err := check(p); err != nil {
			return err
		}
		if *s.timeout <= 0 {
			return misuse{"-timeout must be more than 0"}
		}
		ctx, cancel := context.WithTimeout(ctx, *s.timeout)
		defer cancel()
		return untilEnd(ctx, func() error {
			connections, readable, err := p.open(s.command, *s.config, checked != nil && *checked)
			if err != nil {
				return err
			}
			said := warningRemarks(readable, false)
			if s.leavesFleet {
				var kept []remark
				if connections, kept, err = withoutFleet(s.command, connections); err != nil {
					return err
				}
				said = append(said, kept...)
			}
			warnings, err := p.guard(ctx, connections, *s.guard)
			if err != nil {
				return err
			}
			p.remark(append(warningRemarks(warnings, true), said...), *s.quiet)
			return do(ctx, p, connections)
		})
	}
}

// withoutFleet leaves out the connections that a fleet keeps, and says which. That all are is a misuse.
func withoutFleet(command string, all []connection) (rest []connection, said []remark, err error) {
	var kept []string
	for _, c := range all {
		if c.Fleet {
			kept = append(kept, c.Name)
		} else {
			rest = append(rest, c)
		}
	}
	switch len(kept) {
	case 0:
		return all, nil, nil
	case len(all):
		return nil, nil, misuse{command + ": every connection is kept by a fleet, so nothing is asked; see fleet status, or take " +
			"\"fleet\" out of the connection to be asked for here"}
	}
	verb := map[bool]string{true: "is", false: "are"}[len(kept) == 1]
	names := printable.Shorten(strings.Join(kept, ", "), maxShown)
	return rest, []remark{{counted(len(kept), "connection") + " " + verb + " kept by a fleet: " + names + "; see fleet status\n", false}}, nil
}

// consentFlags are for the commands that tell of consents.
type consentFlags struct {
	days   *int
	notify *string
}

func newConsentFlags(flags *flag.FlagSet) consentFlags {
	return consentFlags{
		days: flags.Int("consent-days", 14, "how many `days` before the end of a consent its warning begins"),
		notify: flags.String("notify", "", "`command` of the shell that is told once of each consent that ends soon, is over or is refused, "+
			"by a line on its standard input"),
	}
}

func (c consentFlags) check() error {
	if *c.days < 0 || *c.days > 3660 {
		return misuse{"-consent-days must be from 0 to 3660"}
	}
	return nil
}

// notifier is nil if nobody is to be told. Its store is opened before anything is sent.
func (c consentFlags) notifier(ctx context.Context, p *process) (*notifier, error) {
	if *c.notify == "" {
		return nil, nil
	}
	store, err := p.openStore(ctx, configuration.StatePath(p.getenv, "news.json"))
	if err != nil {
		return nil, misuse{"-notify: " + err.Error() + "; cure: set " + stateVar + " to a folder of your own"}
	}
	return &notifier{p, *c.notify, store}, nil
}
