package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/openbalances/openbalances/adapters/use/printable"
)

func helpCommand() command {
	return command{
		name:    "help",
		summary: "tell the flags of a command",
		example: "openbalances help get",
		operand: operand{"COMMAND", commandNames, true},
		setup: func(flags *flag.FlagSet) action {
			return func(_ context.Context, p *process) error {
				if flags.NArg() == 0 {
					usage(p.stdout)
					return nil
				}
				c, _, _ := findCommand(flags.Args())
				own := flag.NewFlagSet(c.name, flag.ContinueOnError)
				c.setup(own)
				c.usage(own, p.stdout)
				return nil
			}
		},
	}
}

func usage(output io.Writer) {
	_, _ = fmt.Fprint(output, "openbalances fetches account balances from open-banking providers.\n\nCommands:\n")
	all := table{columns: []room{{}, {least: 30, wraps: true}}}
	for _, c := range commands() {
		if c.summary != "" {
			all.rows = append(all.rows, []string{"  " + c.name, c.summary})
		}
	}
	text, _ := all.fit(helpWidth)
	_, _ = fmt.Fprint(output, text+"\nExample:\n  openbalances demo\n\nopenbalances help COMMAND tells more about one command.\n")
}

func (c command) usage(flags *flag.FlagSet, output io.Writer) {
	title := printable.Lines(strings.Fields("openbalances "+c.name+": "+c.summary), helpWidth)
	_, _ = fmt.Fprintf(output, "%s\n\nExample:\n  %s\n", strings.Join(title, "\n"), c.example)
	if c.operand.name != "" {
		_, _ = fmt.Fprintf(output, "\n%s is one of %s.\n", c.operand.name, strings.Join(c.operand.values(), ", "))
	}
	head := "\nFlags:\n"
	flags.VisitAll(func(f *flag.Flag) {
		word, text := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			text += " (default " + f.DefValue + ")"
		}
		lines := printable.Lines(strings.Fields(text), helpWidth-6)
		_, _ = fmt.Fprintf(output, "%s  %s\n      %s\n", head, strings.TrimSpace("-"+f.Name+" "+word), strings.Join(lines, "\n      "))
		head = ""
	})
}

// helpWidth is what the narrowest terminals show.
const helpWidth = 80

var versionCommand = command{
	name:    "version",
	summary: "tell which build this is",
	example: "openbalances version",
	setup: func(*flag.FlagSet) action {
		return func(_ context.Context, p *process) error { return p.print(version() + "\n") }
	},
}

// version names the module's version, the revision that it was built from, and the Go version.
func version() string {
	text := "openbalances"
	if build, ok := debug.ReadBuildInfo(); ok {
		text += " " + build.Main.Version
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
