package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/accessguard"
	"github.com/openbalances/openbalances/adapters/use/configuration"
)

// connection is an open connection of the configuration, with what the command puts around it.
type connection struct {
	configuration.Connection
	guard *accessguard.Guard // that of Source; nil if calls are not counted
	wrap  func(adapters.Source) (*accessguard.Guard, error)
	seen  *deviations // nil: the traffic is not checked
}

// again opens the source once more, counted as it is, for which observe sees each exchange.
func (c connection) again(observe func(context.Context, adapters.Exchange)) (adapters.Source, error) {
	source, err := c.Reopen(observe)
	if err != nil || c.wrap == nil {
		return source, err
	}
	return c.wrap(source)
}

// isLocal reports whether calls go to this machine.
func (c connection) isLocal() bool {
	host := c.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}

func (c connection) isAttended() bool {
	_, attended := c.PSU.Context()
	return attended
}

func (p *process) configurationOptions() *configuration.Options {
	return &configuration.Options{Getenv: p.getenv, Now: p.now}
}

// readConfiguration reads the configuration that the flag names, or the one at its usual place. Its error is a misuse.
func (p *process) readConfiguration(command, flag string, options *configuration.Options) (*configuration.Configuration, error) {
	if flag == "-" {
		read, err := configuration.Parse(p.stdin, "", options)
		return read, misused(err)
	}
	path := cmp.Or(flag, configuration.Path(p.getenv))
	if _, err := os.Stat(path); err != nil && flag == "" && p.getenv(configuration.Variable) == "" {
		problem := command + " needs -config FILE, or " + configuration.Variable
		if path != "" {
			problem += ", or the file " + path
		}
		return nil, misuse{problem + "; see openbalances " + command + " -h"}
	}
	read, err := configuration.Read(path, options)
	return read, misused(err)
}

// open reads the configuration and opens every connection, on request with its traffic checked; nothing is sent. Its error is
// a misuse with every problem found, the warnings are about files that others can read.
func (p *process) open(command, flag string, checked bool) ([]connection, []string, error) {
	options, seen, failed := p.configurationOptions(), map[string]*deviations{}, error(nil)
	if checked {
		options.Transport = func(e configuration.Entry, next http.RoundTripper) http.RoundTripper {
			seen[e.Name] = &deviations{}
			watched, err := seen[e.Name].watch(e.Provider, e.BaseURL, next)
			failed = errors.Join(failed, err)
			return watched
		}
	}
	read, err := p.readConfiguration(command, flag, options)
	if err != nil {
		return nil, nil, err
	}
	opened, err := read.Open()
	if err = errors.Join(misused(err), failed); err != nil {
		return nil, nil, err
	}
	connections := make([]connection, len(opened))
	for i, c := range opened {
		connections[i] = connection{Connection: *c, seen: seen[c.Name]}
	}
	var warnings []string
	for _, warning := range read.Warnings() {
		warnings = append(warnings, "config: "+warning)
	}
	return connections, warnings, nil
}

// misused is an error of package configuration as a misuse.
func misused(err error) error {
	var wrong *configuration.Error
	if !errors.As(err, &wrong) {
		return err
	}
	var lines misuse
	for _, problem := range wrong.Problems {
		lines = append(lines, "config: "+problem.String())
	}
	return lines
}
