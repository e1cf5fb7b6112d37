package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/fleet"
	"github.com/openbalances/openbalances/adapters/use/configuration"
)

const (
	lookEvery = time.Second     // whether the configuration has changed
	openFor   = 5 * time.Minute // a connection, whose credentials may be in files
)

func configFlag(flags *flag.FlagSet) *string {
	return flags.String("config", "", "JSON `file` that names the connections; without it "+configuration.Variable+
		", or openbalances/config.json in the user's configuration folder")
}

// readConfiguration returns the configuration and where it is.
func readConfiguration(path, command string) (*configuration.Configuration, string, error) {
	if path == "" {
		path = configuration.Path(nil)
	}
	if path == "" {
		return nil, "", misuse{command + " needs -config FILE, or " + configuration.Variable}
	}
	configured, err := configuration.Read(path, nil)
	if err != nil {
		return nil, path, asMisuse(err)
	}
	return configured, path, nil
}

// asMisuse has a line for each problem of a configuration.
func asMisuse(err error) error {
	if lines := problems(err); lines != nil {
		return misuse(lines)
	}
	return err
}

func problems(err error) (lines []string) {
	var wrong *configuration.Error
	if errors.As(err, &wrong) {
		for _, problem := range wrong.Problems {
			lines = append(lines, "config: "+problem.String())
		}
	}
	return lines
}

// opener opens connections of a configuration that may change. It is safe for concurrent use.
type opener struct {
	path   string
	logger *slog.Logger

	mutex      sync.Mutex
	looked     time.Time
	file       os.FileInfo
	configured *configuration.Configuration
	opened     map[string]openedConnection
	swept      time.Time
}

type openedConnection struct {
	fleet.Connection
	err error
	at  time.Time
}

func newOpener(path string, configured *configuration.Configuration, logger *slog.Logger) *opener {
	file, _ := os.Stat(path)
	return &opener{path: path, logger: logger, file: file, configured: configured, opened: map[string]openedConnection{}}
}

// open is [fleet.Options].Open.
func (o *opener) open(ctx context.Context, name string) (fleet.Connection, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.look(ctx)
	if one, ok := o.opened[name]; ok && time.Since(one.at) < openFor {
		return one.Connection, one.err
	}
	one := openedConnection{at: time.Now()}
	one.Connection, one.err = openConnection(o.configured, name)
	o.opened[name] = one
	return one.Connection, one.err
}

// look reads a configuration that has changed. One that cannot be read leaves the last one.
func (o *opener) look(ctx context.Context) {
	now := time.Now()
	if now.Sub(o.looked) < lookEvery {
		return
	}
	o.looked = now
	if now.Sub(o.swept) > openFor {
		o.swept = now
		for name, one := range o.opened {
			if now.Sub(one.at) > openFor {
				delete(o.opened, name)
			}
		}
	}
	file, err := os.Stat(o.path)
	if err != nil {
		file = nil
	}
	if isSame(file, o.file) {
		return
	}
	o.file = file
	configured, err := configuration.Read(o.path, nil)
	if err != nil {
		o.logger.ErrorContext(ctx, "fleet: the configuration cannot be read any more; the connections stay as they were", "error", err)
		return
	}
	o.configured, o.opened = configured, map[string]openedConnection{}
}

// isSame reports whether a file is as it was; nil is one that is not there.
func isSame(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == b
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}

// openConnection opens a connection whose entry is marked.
func openConnection(configured *configuration.Configuration, name string) (fleet.Connection, error) {
	all, err := configured.Open(name)
	if err != nil {
		return fleet.Connection{}, openError(err.Error())
	}
	c := all[0]
	if !c.Fleet {
		return fleet.Connection{}, openError(`its entry has no "fleet": true; cure: fleet add`)
	}
	return fleet.Connection{
		Name: c.Name, Provider: c.Provider, Bank: c.Bank, Host: c.Host, Source: c.Source, Consent: c.Consent, Accounts: c.Accounts,
		ConsentValidUntil: c.ConsentValidUntil,
	}, nil
}

func openError(detail string) error {
	return &adapters.Error{Kind: adapters.ErrInvalidArgument, Origin: adapters.OriginLocal, Operation: "configuration", Detail: detail}
}
