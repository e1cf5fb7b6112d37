// Command docs renders the documents as reference pages: make docs uses it. It takes Redoc's standalone file and the folder
// for the pages, and needs no network when they are read.
package main

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"go.yaml.in/yaml/v3"
)

//go:embed page.html
var page string

var pages = template.Must(template.New("page").Parse(page))

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: docs REDOC FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(redoc, folder string) error {
	script, err := os.ReadFile(redoc)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	failed := os.WriteFile(filepath.Join(folder, "redoc.js"), script, 0o644)
	for _, provider := range specs.Providers() {
		failed = errors.Join(failed, render(folder, provider))
	}
	return failed
}

func render(folder, provider string) error {
	text, err := specs.Document(provider)
	if err != nil {
		return err
	}
	document, title, err := withSources(provider, text)
	if err != nil {
		return fmt.Errorf("%s: %w", provider, err)
	}
	if err := os.MkdirAll(filepath.Join(folder, provider), 0o755); err != nil {
		return err
	}
	out, err := os.Create(filepath.Join(folder, provider, "index.html"))
	if err != nil {
		return err
	}
	err = pages.Execute(out, map[string]any{"Title": title, "Document": template.JS(document)})
	return errors.Join(err, out.Close())
}

// withSources returns a document in JSON that ends in a section about its sources, and its title.
func withSources(provider string, text []byte) (document []byte, title string, err error) {
	var h head
	var root yaml.Node
	if err := errors.Join(yaml.Unmarshal(text, &h), yaml.Unmarshal(text, &root)); err != nil {
		return nil, "", err
	}
	var tag yaml.Node
	if err := tag.Encode(map[string]string{"name": "Sources", "description": h.sources()}); err != nil {
		return nil, "", err
	}
	tags := member(root.Content[0], "tags")
	tags.Content = append(tags.Content, &tag)
	if text, err = yaml.Marshal(&root); err != nil {
		return nil, "", err
	}
	parsed, err := contract.Parse(provider, text)
	if err != nil {
		return nil, "", err
	}
	document, err = parsed.JSON()
	return document, h.Info.Title, err
}

func member(node *yaml.Node, name string) *yaml.Node {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i+1]
		}
	}
	return &yaml.Node{}
}

// head is what a document says of its sources.
type head struct {
	Info struct {
		Title      string
		Provenance struct {
			Source, URL, Read string
			APIVersion        string `yaml:"apiVersion"`
			Inferred          []struct{ Fact, Source, Confidence string }
			Deviations        []struct{ What, Why string }
		} `yaml:"x-provenance"`
	}
}

// sources is the section about what the provider's page says, and what it does not.
func (h head) sources() string {
	p := h.Info.Provenance
	var out strings.Builder
	fmt.Fprintf(&out, "The page: %s, API version %s, read %s.", link(p.Source, p.URL), p.APIVersion, p.Read)
	out.WriteString(" What carries no confidence is on it. A browser shows the number 4.200 as 4.2; the document has it as sent.\n\n")
	for _, confidence := range []string{"documented", "inferred", "unknown"} {
		fmt.Fprintf(&out, "### %s\n\n| fact | source |\n|---|---|\n", titles[confidence])
		for _, fact := range p.Inferred {
			if fact.Confidence == confidence {
				fmt.Fprintf(&out, "| %s | %s |\n", cell(fact.Fact), cell(fact.Source))
			}
		}
		out.WriteString("\n")
	}
	out.WriteString("### Differs from the page\n\n| what | why |\n|---|---|\n")
	for _, deviation := range p.Deviations {
		fmt.Fprintf(&out, "| %s | %s |\n", cell(deviation.What), cell(deviation.Why))
	}
	return out.String()
}

var titles = map[string]string{"documented": "Documented elsewhere", "inferred": "Inferred", "unknown": "Unknown"}

func link(text, url string) string {
	if url == "" {
		return text
	}
	return "[" + text + "](<" + url + ">)"
}

func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;").Replace(strings.Join(strings.Fields(text), " "))
}
