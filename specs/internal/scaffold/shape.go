package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/openbalances/openbalances/specs"
	"github.com/openbalances/openbalances/specs/contract"
	"go.yaml.in/yaml/v3"
)

// copied are the files of another provider under a new name, each with a mark at its end where it can have one.
func copied(root, from, name string) (map[string]string, error) {
	files, own := map[string]string{}, regexp.MustCompile(`\b`+from+`(_test)?\b`)
	for _, folder := range []string{"specs", "adapters"} {
		below := filepath.Join(root, folder, from)
		err := fs.WalkDir(os.DirFS(below), ".", func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || file == "banks.yaml" || file == path.Base(settingsFile(from)) {
				return err
			}
			text, err := os.ReadFile(filepath.Join(below, file))
			if err != nil {
				return err
			}
			made := own.ReplaceAllString(string(text), name+"${1}")
			if comment := map[string]string{".go": "//", ".yaml": "#"}[path.Ext(file)]; comment != "" {
				made += fmt.Sprintf("\n%s TODO(%s): compare all of this file with the page; it is that of %s\n", comment, name, from)
			}
			to := path.Join(folder, name, path.Dir(file), own.ReplaceAllString(path.Base(file), name+"${1}"))
			files[to], err = formatted(to, []byte(made))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// fromFile are the files of a provider that is cut out of its own OpenAPI file.
func fromFile(name string, w wish) (map[string]string, []string, error) {
	taken, err := cutOut(name, w)
	if err != nil {
		return nil, nil, err
	}
	calls := []string{w.Operation}
	if w.List != "" {
		calls = []string{w.List, w.Operation}
	}
	files, err := fromTemplates(values{
		Name: name, Day: time.Now().Format(time.DateOnly), Source: oneLine(taken.Title, "The provider's OpenAPI file") + ", " + taken.File,
		APIVersion: oneLine(taken.Version, "v1"), Calls: strings.Join(calls, ", "), Cut: true, cut: taken,
	}, "common", "cut")
	if err != nil {
		return nil, nil, err
	}
	document, err := contract.Parse(name, []byte(files["specs/"+name+"/openapi.yaml"]))
	if err != nil {
		return nil, nil, fmt.Errorf("FROM=%s: %s; cure: correct the file, or make new without FROM", w.File, oneLine(err.Error()))
	}
	mark := "TODO(" + name + ")"
	for request, text := range taken.Requests {
		files["adapters/"+name+"/testdata/requests/"+request+".http"] = text
	}
	page := mapping("samples", mapping(), "lists", mapping())
	for _, example := range document.Examples() {
		if example.Status == 0 {
			continue
		}
		files["adapters/"+name+"/testdata/examples/"+example.Name+".json"] = expectation(example, mark)
		if !bytes.Contains(example.JSON, []byte(mark)) && !strings.Contains(example.Summary, mark) && example.JSON != nil {
			sample := scalar(strings.TrimSpace(string(example.JSON)) + "\n")
			sample.Style = yaml.LiteralStyle
			add(child(page, "samples"), example.Name, sample)
		}
	}
	lists(child(page, "lists"), child(child(taken.components, "components"), "schemas"), "components/schemas")
	text, err := toYAML(page)
	files["specs/"+name+"/page.yaml"] = "# The samples and lists of the provider's page, letter for letter; a test compares the document with them.\n# " +
		mark + ": every sample of the page, and every list of values; the file's own are there\n" + text
	return files, taken.Left, err
}

// lists adds every list of values by the way to it.
func lists(all, n *yaml.Node, way string) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		way := way + "/" + n.Content[i].Value
		if n.Content[i].Value == "x-extensible-enum" {
			add(all, way, n.Content[i+1])
		}
		lists(all, n.Content[i+1], way)
	}
}

// expectation is what somebody has to complete.
func expectation(example specs.Example, mark string) string {
	const what = "what the page says that this example means; go doc ./adapters/kit/adaptertest has the members"
	made := map[string]any{"status": example.Status, mark: what}
	if example.Account != "" {
		made["account"] = example.Account
	}
	switch {
	case example.Status != http.StatusOK:
		made["error"] = map[string]string{"kind": ""}
	case example.Account != "":
		made["balances"] = []any{}
	default:
		made["accounts"] = []any{}
	}
	text, _ := json.MarshalIndent(made, "", "  ")
	return string(text) + "\n"
}
