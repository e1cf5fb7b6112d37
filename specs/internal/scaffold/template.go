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

// fromTemplates returns the text of every template by the path that it is for.
func fromTemplates(name string) (map[string]string, error) {
	values := struct{ Name, Day string }{name, time.Now().Format(time.DateOnly)}
	files := map[string]string{}
	err := fs.WalkDir(templates, "template", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		parsed, err := template.ParseFS(templates, file)
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := parsed.Execute(&out, values); err != nil {
			return err
		}
		to := target(file, name)
		files[to], err = formatted(to, out.Bytes())
		return err
	})
	return files, err
}

// target is where a template goes: template/adapters/name.go.tmpl to adapters/acme/acme.go.
func target(file, name string) string {
	file = strings.TrimSuffix(strings.TrimPrefix(file, "template/"), ".tmpl")
	folder, rest, _ := strings.Cut(file, "/")
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
