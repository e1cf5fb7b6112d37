// Command scaffold lays down a new provider: document, generator settings, adapter, mapping, test and fixtures. All of it
// compiles, and none of it is true: every place to fill is marked TODO(<name>), and the test of package adapters fails with
// the list of these marks until none is left.
//
// It runs at the root of the module:
//
//	make new P=acme [SHAPE=berlin|uk]
//	make new P=acme FROM=file.yaml OPERATION='GET /accounts/{id}/balances' [LIST='GET /accounts']
//
// The shape berlin, which passes the suite, is made of templates; "name" stands for the provider's in the names of the
// files. The shape uk is a copy of the provider ukob. With FROM the operations are cut out of the provider's own OpenAPI
// file, JSON or YAML: what they use comes along, the rest is printed. Values stand in a path in the place of parameters that do
// not name the account: 'GET /banks/9/accounts/{id}'. When the files cannot be written, everything is as before; when they
// do not compile, they stay.
package main

import (
	"errors"
	"flag"
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
	var w wish
	flags := flag.NewFlagSet("scaffold", flag.ContinueOnError)
	flags.StringVar(&w.File, "from", "", "the provider's OpenAPI `file`")
	flags.StringVar(&w.Operation, "operation", "", "its `method and path` that read the balances of one account")
	flags.StringVar(&w.List, "list", "", "its `method and path` that list the accounts")
	shape := flags.String("shape", "", "without -from: berlin or uk")
	if err := flags.Parse(args); err != nil {
		return err
	}
	name := flags.Arg(0)
	switch {
	case flags.NArg() != 1 || name == "":
		return errors.New("one name is needed; cure: make new P=acme")
	case w.File != "" && *shape != "":
		return errors.New("FROM and SHAPE exclude each other; cure: leave one out")
	case (w.File == "") != (w.Operation == "") || w.File == "" && w.List != "":
		return errors.New("FROM and OPERATION belong together; cure: make new P=acme FROM=file.yaml OPERATION='GET /accounts/{id}/balances'")
	}
	if err := checkName(".", name); err != nil {
		return err
	}
	files, left, err := texts(name, *shape, w)
	if err != nil {
		return err
	}
	written, err := lay(".", name, files)
	if err != nil {
		return err
	}
	if err := report(stdout, written, left); err != nil {
		return err
	}
	if err := goCommand("generate", "."); err != nil {
		return fmt.Errorf("the files are there, but go generate failed: %w; cure: correct specs/%s/openapi.yaml, then make generate", err, name)
	}
	if err := goCommand("vet", "./gen/"+name, "./adapters/"+name); err != nil {
		const cure = "rename what is named above in specs/%s/openapi.yaml, or remove it; then make generate"
		return fmt.Errorf("the files are there, but do not compile: %w; cure: "+cure, err, name)
	}
	_, err = fmt.Fprintf(stdout, next, name)
	return err
}

// texts are the files of a provider by their path, and what has been left out of its own file.
func texts(name, shape string, w wish) (files map[string]string, left []string, err error) {
	switch {
	case w.File != "":
		return fromFile(name, w)
	case shape == "uk":
		files, err = copied(".", "ukob", name)
	case shape == "" || shape == "berlin":
		files, err = fromTemplates(berlin(name), "common", "berlin")
	default:
		err = fmt.Errorf("no shape %q; cure: SHAPE=berlin or SHAPE=uk", shape)
	}
	return files, nil, err
}

func goCommand(arguments ...string) error {
	command := exec.Command("go", arguments...)
	command.Stderr = os.Stderr
	return command.Run()
}

const next = `
Everything compiles, and nothing of it is true yet. Replacing what is there is expected. Fill it in this order, and let
make try P=%[1]s list after each step what is left to do:

  specs/%[1]s/openapi.yaml  what the page says, sample by sample, with source and confidence for everything else, and
                        x-maps-to or x-unmapped beside each property of an answer: go doc ./specs, go doc ./specs/mapping;
                        x-sandbox-list at an operation that lists accounts; then make generate
  adapters/%[1]s            the package comment, which tests compare with the document, Credentials, New and the calls; the
                        mapping is pure and its errors name the field: go doc ./adapters/kit/call; adapters/ukob has all of it
  adapters/%[1]s/testdata   what each example becomes and which requests are sent, from the page and not from the code:
                        go doc ./adapters/kit/adaptertest

make check, once the list is empty. The command, its demo and the sandbox know the provider already.
`

func report(stdout io.Writer, files, left []string) error {
	for _, file := range files {
		if _, err := fmt.Fprintln(stdout, "wrote", file); err != nil {
			return err
		}
	}
	for _, what := range left {
		if _, err := fmt.Fprintln(stdout, "left out", what); err != nil {
			return err
		}
	}
	return nil
}
