package main

import (
	"fmt"
	"go/build"
	"go/scanner"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// maxName keeps the columns of the command-line tool's tables narrow.
const maxName = 24

var (
	namePattern = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

	// special are names that the go command, the layout of an adapter or Windows gives a meaning of its own.
	special = regexp.MustCompile(`^(init|main|mapping|testdata|vendor|aux|con|nul|prn|(com|lpt)[0-9])$`)
)

// providerFolders are where every provider has a folder of its name.
var providerFolders = []string{"specs", "gen", "adapters"}

// checkName tells why a provider of the module at root cannot have the name, and what to do about it.
func checkName(root, name string) error {
	problem, err := findProblem(root, name)
	if err == nil && problem != "" {
		err = fmt.Errorf("%q: %s", name, problem)
	}
	return err
}

func findProblem(root, name string) (string, error) {
	switch {
	case !namePattern.MatchString(name):
		return "not lower-case letters and digits with a letter first; cure: spell it like acme or acmebank", nil
	case len(name) > maxName:
		return fmt.Sprintf("longer than %d letters; cure: shorten it", maxName), nil
	case token.IsKeyword(name), types.Universe.Lookup(name) != nil, special.MatchString(name):
		return "Go has another use for the name; cure: add a word, such as " + name + "bank", nil
	}
	for _, folder := range providerFolders {
		if _, err := os.Lstat(filepath.Join(root, folder, name)); !os.IsNotExist(err) {
			return fmt.Sprintf("taken, %s/%s is there; cure: another name, nothing was changed", folder, name), nil
		}
	}
	if isStandard(name) {
		return "a package of the standard library; cure: add a word, such as " + name + "bank", nil
	}
	file, err := findUse(root, name)
	if file != "" {
		return fmt.Sprintf("%s uses the name for something else; cure: add a word, such as %sbank", file, name), err
	}
	return "", err
}

func isStandard(name string) bool {
	found, err := build.Default.Import(name, "", build.FindOnly)
	return err == nil && found.Goroot
}

const tableFolder = "adapters/use/configuration"

// placeholder is a name that no adapter's file has a use for.
const placeholder = "placeholderprovider"

// findUse returns a file that uses the name for something else, and could not import a package of it: one of the
// package that imports every adapter, or one of the new adapter's own.
func findUse(root, name string) (string, error) {
	files, err := fromTemplates(berlin(placeholder), "common", "berlin")
	if err != nil {
		return "", err
	}
	table, err := filepath.Glob(filepath.Join(root, tableFolder, "*.go"))
	if err != nil || len(table) == 0 {
		return "", fmt.Errorf("no %s here; cure: run it at the root of the module", tableFolder)
	}
	for _, file := range table {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		files[path.Join(tableFolder, filepath.Base(file))] = string(text)
	}
	for file, text := range files {
		if path.Ext(file) == ".go" && hasIdentifier(text, name) {
			return strings.ReplaceAll(file, placeholder, name), nil
		}
	}
	return "", nil
}

func hasIdentifier(source, name string) bool {
	var tokens scanner.Scanner
	tokens.Init(token.NewFileSet().AddFile("", -1, len(source)), []byte(source), nil, 0)
	for {
		switch _, kind, text := tokens.Scan(); {
		case kind == token.EOF:
			return false
		case kind == token.IDENT && text == name:
			return true
		}
	}
}
