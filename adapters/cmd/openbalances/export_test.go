package main

import (
	"context"
	"io"

	"github.com/openbalances/openbalances/adapters"
)

// Run is the program without the process around it.
var Run = run

// SigningPair makes a certificate and its RSA key as PEM.
var SigningPair = newSigningPair

// Opener returns what opens a provider's adapter with the credentials of the demo.
func Opener(name string) func(*adapters.Options) (adapters.Source, error) {
	return func(options *adapters.Options) (adapters.Source, error) { return openDemo(name, options) }
}

// DemoCredentials returns the texts that Opener opens a provider's adapter with, but for keys, which are made anew.
func DemoCredentials(name string) (texts []string, err error) {
	p, _ := findProvider(name)
	values, err := p.demoCredentials()
	for name, value := range values {
		if p.pem[name] == nil {
			texts = append(texts, string(value))
		}
	}
	return texts, err
}

// Check prints what is wrong with the configuration in a file, and returns the exit code for it. Nothing is sent.
func Check(file string, stderr io.Writer) int {
	_, err := loadConnections(file, true)
	return exit(err, stderr)
}

// Demonstrate does what demo does once the sandbox runs, with one source for each provider.
func Demonstrate(ctx context.Context, sources []adapters.Source, accounts [][]string, stdout, stderr io.Writer) int {
	var connections []connection
	for i, source := range sources {
		connections = append(connections, connection{
			provider: source.Provider(), source: source, accounts: accounts[i], psu: adapters.Unattended(),
		})
	}
	return exit(demonstrate(ctx, connections, formatTable, stdout, stderr), stderr)
}

// Progress is what a run counts, shown on output.
func Progress(output io.Writer) (ask func(int), end func(error), hide func()) {
	t := &tally{}
	return t.ask, t.end, t.show(output)
}
