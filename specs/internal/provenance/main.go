// Command provenance lists what the documents say without the provider having said it: unknown facts first, then
// inferred ones. Whoever has an account at a provider can verify them from the top.
package main

import (
	"fmt"
	"os"

	"github.com/openbalances/openbalances/specs"
	"go.yaml.in/yaml/v3"
)

// document is the part of an OpenAPI document that matters here.
type document struct {
	Info struct {
		Provenance struct {
			Inferred []struct{ Fact, Source, Confidence string }
		} `yaml:"x-provenance"`
	}
}

func main() {
	for _, provider := range specs.Providers() {
		if err := list(provider); err != nil {
			fmt.Fprintf(os.Stderr, "provenance: %s: %v\n", provider, err)
			os.Exit(1)
		}
	}
}

func list(provider string) error {
	text, err := specs.Document(provider)
	if err != nil {
		return err
	}
	var d document
	if err := yaml.Unmarshal(text, &d); err != nil {
		return err
	}
	for _, confidence := range []string{"unknown", "inferred"} {
		for _, fact := range d.Info.Provenance.Inferred {
			if fact.Confidence == confidence {
				fmt.Printf("%s: %s: %s\n    because: %s\n", provider, confidence, fact.Fact, fact.Source)
			}
		}
	}
	return nil
}
