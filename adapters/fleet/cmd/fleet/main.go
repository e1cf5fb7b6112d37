package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/openbalances/openbalances/adapters/use/printable"
)

const (
	exitOK     = 0
	exitFailed = 1
	exitToDo   = 3
	exitUsage  = 78 // EX_CONFIG; 2 is what a panic leaves
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	p := &process{stdout: os.Stdout, stderr: os.Stderr}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// process is where a run of the program writes to.
type process struct {
	stdout, stderr io.Writer
}

// command is one word after the program's name.
type command struct {
	name     string
	operands string // what follows the flags; "" for nothing
	summary  string
	example  string
	// setup declares the flags and returns what the command does once they are parsed.
	setup func(flags *flag.FlagSet) action
}

// action does a command's work with the words after the flags. An error decides the exit code and is printed.
type action func(ctx context.Context, p *process, operands []string) error

func commands() []command {
	return []command{
		workCommand, addCommand, statusCommand, historyCommand, forgetCommand, serveCommand, demoCommand,
		{"version", "", "tell which build this is", "fleet version", func(*flag.FlagSet) action {
			return func(_ context.Context, p *process, _ []string) error { return p.print(version() + "\n") }
		}},
		{"help", "[COMMAND]", "tell the flags of a command", "fleet help work", func(*flag.FlagSet) action { return help }},
	}
}

func commandNames() (names []string) {
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return names
}

// misuse is wrong usage or configuration, one problem a line. It holds no secret.
type misuse []string

func (m misuse) Error() string { return strings.Join(m, "; ") }

// partly is a misuse beside which the rest was done.
type partly misuse

func (m partly) Error() string { return misuse(m).Error() }

// errToDo says that a person has to act; that has been said.
var errToDo = errors.New("something has to be done")

func (p *process) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		_, _ = io.WriteString(p.stderr, overview())
		return exitUsage
	}
	switch args[0] {
	case "-h", "-help", "--help":
		args = []string{"help"}
	case "-v", "-version", "--version":
		args = []string{"version"}
	}
	c, err := find(args[0])
	if err != nil {
		return p.exit(err)
	}
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	do := c.setup(flags)
	operands, err := parse(flags, args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return p.exit(p.print(c.usage()))
	case err != nil:
		return p.exit(misuse{err.Error() + c.flagNames(flags, err) + "; see fleet " + c.name + " -h"})
	case c.operands == "" && len(operands) > 0:
		return p.exit(misuse{"unexpected argument " + operands[0] + "; see fleet " + c.name + " -h"})
	}
	return p.exit(do(ctx, p, operands))
}

// flagNames are what to add to the complaint about a flag that is not known.
func (c command) flagNames(flags *flag.FlagSet, err error) string {
	if !strings.HasPrefix(err.Error(), "flag provided but not defined: ") {
		return ""
	}
	var names []string
	flags.VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
	if names == nil {
		return "; it takes none"
	}
	return "; it takes " + strings.Join(names, ", ")
}

// parse parses flags and returns the words between and after them. What follows "--" is no flag.
func parse(flags *flag.FlagSet, args []string) (operands []string, err error) {
	var last []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, last = args[:i], args[i+1:]
	}
	for err = flags.Parse(args); err == nil && flags.NArg() > 0; err = flags.Parse(args) {
		operands, args = append(operands, flags.Arg(0)), flags.Args()[1:]
	}
	return append(operands, last...), err
}

func find(name string) (command, error) {
	all := commands()
	if i := slices.IndexFunc(all, func(c command) bool { return c.name == name }); i >= 0 {
		return all[i], nil
	}
	return command{}, misuse{"unknown command " + name + "; there are " + strings.Join(commandNames(), ", ") + "; see fleet -h"}
}

// exit prints err, a line for each problem, and returns its exit code.
func (p *process) exit(err error) int {
	var wrong misuse
	var rest partly
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errToDo):
		return exitToDo
	case errors.As(err, &wrong):
		p.complain(wrong...)
		return exitUsage
	case errors.As(err, &rest):
		p.complain(rest...)
	default:
		p.complain(strings.Join(strings.Fields(err.Error()), " ")) // a driver's error may have several lines
	}
	return exitFailed
}

func (p *process) complain(lines ...string) {
	for _, line := range lines {
		_, _ = fmt.Fprintln(p.stderr, "fleet: "+printable.Text(strings.TrimPrefix(line, "fleet: ")))
	}
}

// print writes what a command was asked for.
func (p *process) print(text string) error {
	if _, err := io.WriteString(p.stdout, text); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}

func help(_ context.Context, p *process, operands []string) error {
	if len(operands) == 0 {
		return p.print(overview())
	}
	c, err := find(operands[0])
	if err != nil {
		return err
	}
	return p.print(c.usage())
}

// helpWidth is what the narrowest terminals show.
const helpWidth = 80

func overview() string {
	var text strings.Builder
	text.WriteString("fleet keeps the balances of connections current in a database.\n\nCommands:\n")
	for _, c := range commands() {
		lines := printable.Lines(strings.Fields(c.summary), helpWidth-11)
		fmt.Fprintf(&text, "  %-7s  %s\n", c.name, strings.Join(lines, "\n           "))
	}
	return text.String() + "\nExample:\n  fleet demo\n\nfleet help COMMAND tells more about one command. The manual:\n" +
		"  go doc github.com/openbalances/openbalances/adapters/fleet/cmd/fleet\n"
}

func (c command) usage() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n\nUsage:\n  %s\n\nExample:\n  %s\n", strings.Join(printable.Lines(strings.Fields("fleet "+c.name+": "+c.summary), helpWidth), "\n"),
		strings.TrimSpace("fleet "+c.name+" [flags] "+c.operands), c.example)
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.setup(flags)
	head := "\nFlags:\n"
	flags.VisitAll(func(f *flag.Flag) {
		word, meaning := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0s" && f.DefValue != "0" {
			meaning += " (default " + strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(f.DefValue) + ")"
		}
		lines := printable.Lines(strings.Fields(meaning), helpWidth-6)
		fmt.Fprintf(&text, "%s  %s\n      %s\n", head, strings.TrimSpace("-"+f.Name+" "+word), strings.Join(lines, "\n      "))
		head = ""
	})
	return text.String()
}

// version names the module's version, the revision that it was built from, and the Go version.
func version() string {
	text := "fleet"
	if build, ok := debug.ReadBuildInfo(); ok {
		text += " " + cmp.Or(build.Main.Version, "(devel)")
		for _, setting := range build.Settings {
			if setting.Key == "vcs.revision" {
				text += ", revision " + setting.Value
			}
			if setting.Key == "vcs.modified" && setting.Value == "true" {
				text += ", changed"
			}
		}
	}
	return text + ", " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// now is the time, no finer than anybody can use.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
