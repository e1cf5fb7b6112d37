package main

import (
	"context"
	"flag"
	"io"
	"os"
	"strings"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/openbalances/openbalances/adapters/use/configuration"
)

// Machine is what the program runs on: without anything, there are no environment and no input.
type Machine struct {
	Env   map[string]string
	Stdin io.Reader
	Now   func() time.Time // nil: the clock
}

// Run is the program without the process around it. Of the real environment it sees the variables of the tests only.
func (m Machine) Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return m.process(stdout, stderr).run(ctx, args)
}

func (m Machine) process(stdout, stderr io.Writer) *process {
	p := &process{stdin: m.Stdin, stdout: stdout, stderr: stderr, clock: m.Now, getenv: func(name string) string {
		if strings.HasPrefix(name, "OPENBALANCES_TEST_") {
			return os.Getenv(name)
		}
		return m.Env[name]
	}}
	if p.clock == nil {
		p.clock = time.Now
	}
	return p
}

// Run runs the program on a machine without anything.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return Machine{}.Run(ctx, args, stdout, stderr)
}

// Opener returns what opens a provider's adapter with the credentials of the demo.
func Opener(name string) func(*adapters.Options) (adapters.Source, error) {
	return func(options *adapters.Options) (adapters.Source, error) { return openDemo(name, options) }
}

// DemoCredentials returns the texts that Opener opens a provider's adapter with, but for keys, which are made anew.
func DemoCredentials(name string) (texts []string, err error) {
	p, _ := configuration.FindProvider(name)
	values, err := demoCredentials(p)
	for name, value := range values {
		if !p.IsCertificate(name) && !p.IsKey(name) {
			texts = append(texts, string(value))
		}
	}
	return texts, err
}

// Demonstrate does what demo does once the sandbox runs, with one source for each provider.
func Demonstrate(ctx context.Context, sources []adapters.Source, accounts [][]string, stdout, stderr io.Writer) int {
	var connections []connection
	for i, source := range sources {
		connections = append(connections, connection{Connection: configuration.Connection{
			Provider: source.Provider(), Source: source, Accounts: accounts[i], PSU: adapters.Unattended(),
		}})
	}
	p := Machine{}.process(stdout, stderr)
	return p.exit(demonstrate(ctx, connections, false).print(p, outputFlags(flag.NewFlagSet("demo", flag.ContinueOnError))))
}

// Progress is what a run counts, shown on output.
func Progress(output io.Writer) (ask func(int), end func(error), hide func()) {
	t := &tally{}
	return t.ask, t.end, t.show(output, false)
}
