// Command openbalances fetches account balances from open-banking providers.
//
//	openbalances demo                     accounts and balances of every provider, from a built-in sandbox
//	openbalances get -config FILE         the balances of a configuration: of the accounts it names, or of all
//	openbalances accounts -config FILE    the accounts that its credentials give access to
//	openbalances explain -config FILE -connection NAME [-account ID ...]
//	                                      which value of an answer becomes which field of a balance, and by which rule
//	openbalances sandbox -addr HOST:PORT  the providers' documented examples over HTTP
//	openbalances providers                what is supported, with which credentials
//
// What is printed holds no control character, none that is invisible or blank, and none that could turn text around,
// letters that are written from right to left included: such characters are escaped, in JSON as JSON does and elsewhere
// as \u{1b}. In CSV the start of a formula is escaped as well. While get and accounts take longer than a second, a terminal
// on stderr shows how far they are.
//
// An interrupt, and the end of -timeout, end every command within a few seconds, whatever it waits for.
//
// It exits with 0 if everything succeeded, with 1 if something failed and with 2 for wrong usage or configuration.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// command is one word after the program's name.
type command struct {
	name    string
	summary string
	example string
	// setup declares the flags and returns what the command does once they are parsed.
	setup func(flags *flag.FlagSet) action
}

// action does a command's work. An error decides the exit code and is printed, unless it is errReported.
type action func(ctx context.Context, stdout, stderr io.Writer) error

var commands = []command{demoCommand, getCommand, accountsCommand, explainCommand, sandboxCommand, providersCommand}

// errReported is a failure that the command has already put into words.
var errReported = errors.New("reported")

// misuse is wrong usage or configuration, one problem a line. It never holds a configured value.
type misuse []string

func (m misuse) Error() string { return fmt.Sprintf("%d problems", len(m)) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		usage(stdout)
		return exitOK
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, args[1:], stdout, stderr)
		}
	}
	return exit(misuse{"unknown command " + args[0] + "; see openbalances -h"}, stderr)
}

func (c command) run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	do := c.setup(flags)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.usage(flags, stdout)
		return exitOK
	case err != nil:
		err = misuse{err.Error() + "; see openbalances " + c.name + " -h"}
	case flags.NArg() > 0:
		err = misuse{"unexpected argument " + flags.Arg(0) + "; see openbalances " + c.name + " -h"}
	default:
		err = untilEnd(ctx, func() error { return do(ctx, stdout, stderr) })
	}
	return exit(err, stderr)
}

// patience is how long a command may go on after its end, to put into words what it has.
const patience = 2 * time.Second

// errStopped is what a command says that went on for longer.
var errStopped = errors.New("stopped before it was done")

// untilEnd does the work of a command. It gives up on work that goes on after the end of ctx, because a file gives nothing
// or nobody reads the output.
func untilEnd(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return errStopped
	}
}

// exit prints err and returns its exit code.
func exit(err error, stderr io.Writer) int {
	var wrong misuse
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		for _, line := range wrong {
			complain(stderr, line)
		}
		return exitUsage
	case errors.Is(err, errStopped): // perhaps because nobody reads this either
		ended, end := context.WithCancel(context.Background())
		end()
		_ = untilEnd(ended, func() error { complain(stderr, err.Error()); return nil })
	case !errors.Is(err, errReported):
		complain(stderr, err.Error())
	}
	return exitFailed
}

func complain(stderr io.Writer, line string) {
	_, _ = fmt.Fprintln(stderr, "openbalances: "+printable(line))
}

func usage(output io.Writer) {
	_, _ = fmt.Fprint(output, "openbalances fetches account balances from open-banking providers.\n\nCommands:\n")
	for _, c := range commands {
		_, _ = fmt.Fprintf(output, "  %-10s %s\n", c.name, c.summary)
	}
	_, _ = fmt.Fprint(output, "\nExample:\n  openbalances demo\n\nopenbalances COMMAND -h tells more about one command.\n")
}

func (c command) usage(flags *flag.FlagSet, output io.Writer) {
	_, _ = fmt.Fprintf(output, "openbalances %s: %s\n\nExample:\n  %s\n\nFlags:\n", c.name, c.summary, c.example)
	flags.SetOutput(output)
	flags.PrintDefaults()
}
