package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// list is the only file that a new provider changes.
const list = "generate.go"

// lay writes the files of a new provider and its line in generate.go, and returns their paths. When it fails,
// everything is as before.
func lay(root, name string, files map[string]string) ([]string, error) {
	before, err := os.ReadFile(filepath.Join(root, list))
	if err != nil {
		return nil, err
	}
	after, model, err := addLine(string(before), name)
	if err != nil {
		return nil, err
	}
	settings, err := os.ReadFile(filepath.Join(root, settingsFile(model)))
	if err != nil {
		return nil, err
	}
	files[settingsFile(name)] = renamed(string(settings), model, name)
	paths := slices.Sorted(maps.Keys(files))
	for _, file := range slices.Backward(paths) { // the document first
		if err := create(filepath.Join(root, file), files[file]); err != nil {
			return nil, errors.Join(err, remove(root, name))
		}
	}
	if err := os.WriteFile(filepath.Join(root, list), []byte(after), 0o644); err != nil {
		return nil, errors.Join(err, remove(root, name))
	}
	return append(paths, list), nil
}

// create writes a file that is not there yet.
func create(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = out.WriteString(text)
	return errors.Join(err, out.Close())
}

// remove takes back the folders of a provider; checkName has seen that none of them was there.
func remove(root, name string) error {
	var failed error
	for _, folder := range providerFolders {
		failed = errors.Join(failed, os.RemoveAll(filepath.Join(root, folder, name)))
	}
	return failed
}

func settingsFile(name string) string { return "specs/" + name + "/oapi-codegen.yaml" }

var generateLine = regexp.MustCompile(
	`(?m)^//go:generate .* -config specs/(\w+)/oapi-codegen\.yaml specs/\w+/openapi\.yaml\n`)

// addLine puts a provider's line where the alphabet wants it in the text of generate.go. It is modelled on that of the
// returned provider.
func addLine(text, name string) (changed, model string, err error) {
	lines := generateLine.FindAllStringSubmatchIndex(text, -1)
	if len(lines) == 0 {
		return "", "", fmt.Errorf("%s: no line to take as a model; cure: restore it", list)
	}
	first := lines[0]
	model = text[first[2]:first[3]]
	at := lines[len(lines)-1][1]
	for _, line := range slices.Backward(lines) {
		if text[line[2]:line[3]] > name {
			at = line[0]
		}
	}
	line := renamed(text[first[0]:first[1]], model, name)
	return text[:at] + line + text[at:], model, nil
}

// renamed puts another provider's name wherever a text means the provider.
func renamed(text, from, to string) string {
	return regexp.MustCompile(`\b(specs/|gen/|package: )`+from+`\b`).ReplaceAllString(text, "${1}"+to)
}
