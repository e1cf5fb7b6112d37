package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/openbalances/openbalances/adapters/internal/check"
	"github.com/openbalances/openbalances/adapters/use/printable"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	p := &process{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, clock: time.Now}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// process is what a run of the program sees of its surroundings.
type process struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	clock          func() time.Time
}

// now stamps requests and answers: UTC, and no finer than anybody can use.
func (p *process) now() time.Time { return p.clock().UTC().Truncate(time.Millisecond) }

// command is one word after the program's name.
type command struct {
	name    string
	summary string
	example string
	operand operand
	// setup declares the flags and returns what the command does once they are parsed.
	setup func(flags *flag.FlagSet) action
}

// operand is the one word that a command takes besides its flags. The zero operand is none.
type operand struct {
	name     string
	values   func() []string
	optional bool
}

// action does a command's work. An error decides the exit code and is printed, unless it is errReported.
type action func(ctx context.Context, p *process) error

func commands() []command {
	return []command{
		demoCommand, getCommand, accountsCommand, checkCommand, explainCommand, sandboxCommand, providersCommand,
		schemaCommand, banksCommand, linkCommand, completionCommand, versionCommand, helpCommand(), completeCommand(),
	}
}

func commandNames() []string {
	var names []string
	for _, c := range commands() {
		if c.summary != "" {
			names = append(names, c.name)
		}
	}
	return names
}

// findCommand returns the command that the words begin with, whose name may be two of them, and the words after it.
func findCommand(words []string) (found command, rest []string, ok bool) {
	for _, c := range commands() {
		name := strings.Fields(c.name)
		if len(words) >= len(name) && slices.Equal(words[:len(name)], name) {
			return c, words[len(name):], true
		}
	}
	return command{}, words, false
}

// errReported is a failure that the command has already put into words.
var errReported = errors.New("reported")

// misuse is wrong usage or configuration, one problem a line. It never holds a configured value.
type misuse []string

func (m misuse) Error() string { return fmt.Sprintf("%d problems", len(m)) }

func (p *process) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		usage(p.stderr)
		return exitUsage
	}
	args = slices.Clone(args)
	switch args[0] {
	case "-h", "-help", "--help":
		args[0] = "help"
	case "-v", "-version", "--version":
		args[0] = "version"
	}
	c, rest, ok := findCommand(args)
	if !ok {
		name := strings.Join(args[:min(2, len(args))], " ")
		if !slices.ContainsFunc(commandNames(), func(known string) bool { return strings.HasPrefix(known, args[0]+" ") }) {
			name = args[0]
		}
		return p.exit(misuse{"unknown command " + name + check.DidYouMean(name, commandNames()) + "; see openbalances -h"})
	}
	return c.run(ctx, rest, p)
}

func (c command) run(ctx context.Context, args []string, p *process) int {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	do := c.setup(flags)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		c.usage(flags, p.stdout)
		return exitOK
	}
	if problem := c.problem(flags, err); problem != "" {
		return p.exit(misuse{problem + "; see openbalances " + c.name + " -h"})
	}
	return p.exit(untilEnd(ctx, func() error { return do(ctx, p) }))
}

// problem is what is wrong with the words after the command.
func (c command) problem(flags *flag.FlagSet, err error) string {
	given, allowed := flags.Args(), 0
	if c.operand.name != "" && len(given) > 0 {
		given, allowed = []string{strings.Join(given, " ")}, 1
	} else if c.operand.name != "" {
		allowed = 1
	}
	switch {
	case err != nil:
		unknown, found := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
		if !found {
			return err.Error()
		}
		var names []string
		flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
		return err.Error() + check.DidYouMean(unknown, names)
	case c.name == completeCommandName:
	case len(given) > allowed:
		return "unexpected argument " + given[allowed]
	case len(given) < allowed && !c.operand.optional:
		return c.name + " needs " + c.operand.name + ", one of " + strings.Join(c.operand.values(), ", ")
	case len(given) == 1 && !slices.Contains(c.operand.values(), given[0]):
		return given[0] + " is none of " + strings.Join(c.operand.values(), ", ") + check.DidYouMean(given[0], c.operand.values())
	}
	return ""
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
func (p *process) exit(err error) int {
	var wrong misuse
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &wrong):
		for _, line := range wrong {
			p.complain(line)
		}
		return exitUsage
	case errors.Is(err, errStopped): // perhaps because nobody reads this either
		ended, end := context.WithCancel(context.Background())
		end()
		_ = untilEnd(ended, func() error { p.complain(err.Error()); return nil })
	case !errors.Is(err, errReported):
		p.complain(err.Error())
	}
	return exitFailed
}

func (p *process) complain(line string) {
	_, _ = fmt.Fprintln(p.stderr, "openbalances: "+printable.Text(line))
}

// print writes what a command was asked for.
func (p *process) print(text string) error {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}
