// Command bench compares the adapters with what a user would write instead, in one process and one run, and prints
// tables of ratios:
//
//	make bench
//
// What is compared takes turns in short slices over many rounds, a ratio is taken within each round, and its median and
// quartiles are printed: the machine's other work hits both sides alike. Times of this machine stand beside them for
// orientation only and promise nothing. Bodies are the documents' examples, with their lists repeated. Before anything
// is timed, all implementations have to return equal balances.
//
// A missed target is marked and does not fail the command.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

// sections are what can be measured, in the order in which it is.
var sections = []struct {
	name string
	run  func(*report) error
}{
	{"calls", measureCalls},
	{"signatures", measureSignatures},
	{"growth", measureGrowth},
	{"fanout", measureFanOut},
	{"imports", measureImports},
}

func main() {
	only := flag.String("only", "", "sections, separated by commas: calls,signatures,growth,fanout,imports; all if empty")
	child := flag.String("child", "", "for the program itself: the part of the fan-out to play")
	flag.Parse()
	if err := run(*only, *child); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(only, child string) error {
	if child != "" {
		return play(child, os.Stdin, os.Stdout)
	}
	r := &report{out: os.Stdout}
	for _, section := range sections {
		if only != "" && !slices.Contains(strings.Split(only, ","), section.name) {
			continue
		}
		if err := section.run(r); err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
	}
	r.conclude()
	return nil
}

// must ends the program on an error that only a broken benchmark can have.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
