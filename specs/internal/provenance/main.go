// Command provenance lists what the documents say without the provider having said it: unknown facts first, then
// inferred ones. Whoever has an account at a provider can verify them from the top.
package main

import (
	"fmt"
	"os"

	"github.com/openbalances/openbalances/specs"
	"go.yaml.in/yaml/v3"
)

type fact struct {
	Fact       string `yaml:"fact"`
	Source     string `yaml:"source"`
	Confidence string `yaml:"confidence"`
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
	facts, err := read(provider)
	if err != nil {
		return err
	}
	for _, confidence := range []string{"unknown", "inferred"} {
		for _, fact := range facts {
			if fact.Confidence == confidence {
				fmt.Printf("%s: %s: %s\n    because: %s\n", provider, confidence, fact.Fact, fact.Source)
			}
		}
	}
	return nil
}

func read(provider string) ([]fact, error) {
	text, err := specs.Document(provider)
	if err != nil {
		return nil, err
	}
	var document struct {
		Info struct {
			Provenance struct {
				Inferred []fact `yaml:"inferred"`
			} `yaml:"x-provenance"`
		} `yaml:"info"`
	}
	err = yaml.Unmarshal(text, &document)
	return document.Info.Provenance.Inferred, err
}
