package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"slices"
	"strings"

	"github.com/openbalances/openbalances/adapters/internal/check"
)

// oneOf is a flag whose value is one of a few words. The shells complete them.
type oneOf struct {
	value  *string
	values []string
}

// choice declares such a flag.
func choice(flags *flag.FlagSet, name, usage string, values ...string) *string {
	value := new(string)
	flags.Var(oneOf{value, values}, name, usage)
	return value
}

func (o oneOf) String() string {
	if o.value == nil {
		return ""
	}
	return *o.value
}

// Set implements [flag.Value].
func (o oneOf) Set(text string) error {
	if !slices.Contains(o.values, text) {
		return errors.New("none of " + strings.Join(o.values, ", ") + check.DidYouMean(text, o.values))
	}
	*o.value = text
	return nil
}

var completionCommand = command{
	name:    "completion",
	summary: "print a script that completes commands and flags in a shell",
	example: "source <(openbalances completion bash)",
	operand: operand{name: "SHELL", values: func() []string { return []string{"bash", "zsh", "fish"} }},
	setup: func(flags *flag.FlagSet) action {
		return func(_ context.Context, p *process) error { return p.print(completionScripts[flags.Arg(0)]) }
	},
}

// completionScripts ask the program itself, with the words of the line up to the one that is being written. Where it has no
// answer, the shells complete names of files.
var completionScripts = map[string]string{
	"bash": `# bash completion for openbalances; use: source <(openbalances completion bash)
_openbalances() {
	local IFS=$'\n'
	COMPREPLY=($("${COMP_WORDS[0]}" ` + completeCommandName + ` -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _openbalances openbalances
`,
	"zsh": `#compdef openbalances
# zsh completion for openbalances; use: source <(openbalances completion zsh)
_openbalances() {
	local -a found
	found=("${(@f)$("${words[1]}" ` + completeCommandName + ` -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	if [[ -n "${found[1]}" ]]; then compadd -- "${found[@]}"; else _files; fi
}
compdef _openbalances openbalances
`,
	"fish": `# fish completion for openbalances; use: openbalances completion fish | source
function __openbalances_complete
	set -l found (openbalances ` + completeCommandName + ` -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
	if set -q found[1]
		printf '%s\n' $found
	else
		__fish_complete_path (commandline -ct)
	end
end
complete -c openbalances -f -a '(__openbalances_complete)'
`,
}

const completeCommandName = "__complete"

// completeCommand is for the scripts: it prints what the last of its words can become, one candidate a line.
func completeCommand() command {
	return command{
		name: completeCommandName,
		setup: func(flags *flag.FlagSet) action {
			return func(_ context.Context, p *process) error {
				text := ""
				for _, candidate := range candidates(flags.Args()) {
					text += candidate + "\n"
				}
				return p.print(text)
			}
		},
	}
}

func candidates(words []string) []string {
	words = append(slices.Clone(words), "")[:max(1, len(words))]
	last := len(words) - 1
	var known []string
	if c, _, ok := findCommand(words[:last]); ok {
		known = c.candidates(words[last-1], words[last])
	} else {
		for _, name := range commandNames() {
			if name := strings.Fields(name); len(name) > last && slices.Equal(name[:last], words[:last]) {
				known = append(known, name[last])
			}
		}
	}
	return slices.Compact(slices.DeleteFunc(known, func(word string) bool { return !strings.HasPrefix(word, words[last]) }))
}

// candidates are the values of the flag before the word, or else the flags and the operand.
func (c command) candidates(before, word string) []string {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.setup(flags)
	if f := flags.Lookup(strings.TrimLeft(before, "-")); f != nil && strings.HasPrefix(before, "-") {
		if known, ok := f.Value.(oneOf); ok {
			return slices.Clone(known.values)
		}
		if one, ok := f.Value.(interface{ IsBoolFlag() bool }); !ok || !one.IsBoolFlag() {
			return nil
		}
	}
	if !strings.HasPrefix(word, "-") && c.operand.name != "" {
		return slices.Clone(c.operand.values())
	}
	var names []string
	flags.VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
	return names
}
