// Command specdiff reports what changed in specs/ and gen/ since a git revision, and which module version that needs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const help = `specdiff [-root DIR] BASE compares specs/ and gen/ at the git revision BASE with the working tree.

Each line names the provider and what kind of finding it is:

  breaking   the document takes something away, or changes it, that a caller relies on
  breaks Go  an exported identifier of gen/<provider> is gone or no longer the same
  caution    may surprise a caller, such as a value a list did not have before
  change     the document says more or something else; nobody's program breaks
  adds Go    new exported identifiers
  texts      only descriptions, examples or notes
  origin     whether the provider changed its page or the document was corrected
  version    info.version of the document
  FAIL       a fault, with its cure

The module needs a major version after a breaking or breaks Go line or when a provider is gone (before v1: a minor one),
a minor version after caution, change, adds Go or a new provider, and a patch when only texts changed.

The rule for info.version (x.y.z) of a document: after a breaking change x or y has to rise, and the run fails if it did
not. After any other change some number should rise; the run only says so.

Exit codes: 0 the report is printed, or there is nothing to compare with; 1 a FAIL line was printed; 2 wrong usage.
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the command without the process: it returns the exit code.
func run(arguments []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("specdiff", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, help) }
	root := flags.String("root", ".", "")
	if err := flags.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() != 1 || flags.Arg(0) == "" {
		fmt.Fprintln(stderr, "specdiff: name one git revision to compare with; cure: make spec-diff BASE=HEAD~1")
		return 2
	}
	failed, err := compare(repository{*root}, flags.Arg(0), stdout)
	var nothing nothingToCompare
	switch {
	case errors.As(err, &nothing):
		fmt.Fprintln(stdout, "specdiff: nothing to compare:", nothing)
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "specdiff:", oneLine(err))
		return 2
	case failed:
		return 1
	}
	return 0
}

// compare prints the report and says whether it holds a fault.
func compare(repo repository, base string, out io.Writer) (failed bool, err error) {
	commit, err := repo.commit(base)
	if err != nil {
		return false, err
	}
	before, err := repo.at(commit)
	if err != nil {
		return false, err
	}
	now, err := repo.workingTree()
	if err != nil {
		return false, err
	}
	if len(now.providers()) == 0 {
		return false, fmt.Errorf("no specs/<provider>/openapi.yaml under %s; cure: name the repository with -root", repo.root)
	}
	if len(before.providers()) == 0 {
		return false, nothingToCompare(base + " holds no documents under specs/")
	}
	fmt.Fprintf(out, "specs/ and gen/: %s (%.7s) against the working tree\n", base, commit)
	return write(out, compareAll(before, now)), nil
}
