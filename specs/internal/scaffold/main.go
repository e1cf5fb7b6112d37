// Command scaffold lays down a new provider: document, generator settings, adapter, mapping, test and fixtures, in the
// shape of Berlin Group. All of it compiles and passes the suite, and none of it is true: every place to fill is marked
// TODO(<name>), and the test of package adapters fails with the list of these marks until none is left.
//
// It runs at the root of the module, as make new P=<name>. The templates lie in template, under the names that the
// files get; "name" stands for the provider's.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "scaffold:", err)
		os.Exit(1)
	}
}

func run(args []string, stdout io.Writer) error {
	if len(args) != 1 || args[0] == "" {
		return errors.New("one name is needed; cure: make new P=acme")
	}
	name := args[0]
	if err := checkName(".", name); err != nil {
		return err
	}
	files, err := lay(".", name)
	if err != nil {
		return err
	}
	if err := generate(); err != nil {
		return fmt.Errorf("the files are there, but go generate failed: %w; cure: make generate", err)
	}
	return report(stdout, name, files)
}

func generate() error {
	command := exec.Command("go", "generate", ".")
	command.Stderr = os.Stderr
	return command.Run()
}

const next = `
Everything compiles, and nothing of it is true yet. What to do now:

  make test       lists what is left to do, as file:line: TODO(%[1]s): what
  make generate   after each change of specs/%[1]s/openapi.yaml
  make check      once the list is empty
`

func report(stdout io.Writer, name string, files []string) error {
	for _, file := range files {
		if _, err := fmt.Fprintln(stdout, "wrote", file); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(stdout, next, name)
	return err
}
