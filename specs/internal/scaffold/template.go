package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"io/fs"
	"path"
	"strings"
	"text/template"
	"time"
)

//go:embed template
var templates embed.FS

// values are what the templates are filled with.
type values struct {
	Name, Day, Source, APIVersion, Calls string
	Cut                                  bool // not Berlin Group's shape
	*cut
}

// berlin are the values of Berlin Group's shape.
func berlin(name string) values {
	const route = "GET /v1/accounts/{accountId}/balances"
	return values{
		Name: name, Day: time.Now().Format(time.DateOnly), Source: `"Read account balances", developer portal`, APIVersion: "v1", Calls: route,
		cut: &cut{Route: route, HasParams: true},
	}
}

// fromTemplates returns the text of every template in the folders by the path that it is for.
func fromTemplates(v values, folders ...string) (map[string]string, error) {
	files := map[string]string{}
	for _, folder := range folders {
		root := "template/" + folder
		err := fs.WalkDir(templates, root, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			parsed, err := template.ParseFS(templates, file)
			if err != nil {
				return err
			}
			var out bytes.Buffer
			if err := parsed.Execute(&out, v); err != nil {
				return err
			}
			to := target(strings.TrimPrefix(file, root+"/"), v.Name)
			files[to], err = formatted(to, out.Bytes())
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// target is where a template goes: adapters/name.go.tmpl to adapters/acme/acme.go.
func target(file, name string) string {
	folder, rest, _ := strings.Cut(strings.TrimSuffix(file, ".tmpl"), "/")
	if own, ok := strings.CutPrefix(rest, "name"); ok {
		rest = name + own
	}
	return path.Join(folder, name, rest)
}

// formatted sorts the imports of Go code: where a provider stands among them depends on its name.
func formatted(file string, text []byte) (string, error) {
	if path.Ext(file) != ".go" {
		return string(text), nil
	}
	source, err := format.Source(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return string(source), nil
}
