// Command lineup writes what is the same for all providers and would otherwise be kept by hand in several places:
//
//   - specs/documents.gen.go: version, date, digest and limits of every document, and the generator of its client;
//   - gen/<provider>/doc.gen.go: the package comment of its client;
//   - adapters/<provider>/banks.gen.go: the banks of a family;
//   - adapters/use/configuration/providers.gen.go: the adapters that a configuration can name;
//   - specs/README.md: what each document and adapter has, and the way to the first balance;
//   - the provider table of README.md, between its markers.
//
// With the argument provenance it prints what the documents say that the provider did not. It reads the folders, the
// documents, the generated clients and the tags of the adapters' credentials. It runs from the root of the module, after the
// clients have been generated.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "lineup:", err)
		os.Exit(1)
	}
}

func run() error {
	providers, err := readProviders()
	if err != nil {
		return err
	}
	if len(os.Args) > 1 && os.Args[1] == "provenance" {
		writeProvenance(os.Stdout, providers)
		return nil
	}
	return errors.Join(
		writeGo("specs/documents.gen.go", documentsTemplate, providers),
		writePackages(providers),
		writeGo("adapters/use/configuration/providers.gen.go", providersTemplate, providers),
		os.WriteFile("specs/README.md", fill(providersPage, providers), 0o644),
		fillMarkers("README.md", "table", table(providers)),
	)
}
