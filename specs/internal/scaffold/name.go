package main

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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

const toolFolder = "adapters/cmd/openbalances"

// findUse returns a file with which a package of this name would clash: one of the command-line tool, which imports
// every adapter, that declares or imports the name, or one of the new adapter's own that uses it at all.
func findUse(root, name string) (string, error) {
	files, err := filepath.Glob(filepath.Join(root, toolFolder, "*.go"))
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("no %s here; cure: run it at the root of the module", toolFolder)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		if slices.Contains(declared(parsed), name) {
			return path.Join(toolFolder, filepath.Base(file)), nil
		}
	}
	return findOwnUse(name)
}

// placeholder is a name that no adapter's file has a use for.
const placeholder = "placeholderprovider"

func findOwnUse(name string) (string, error) {
	files, err := fromTemplates(placeholder)
	if err != nil {
		return "", err
	}
	for file, text := range files {
		if path.Ext(file) != ".go" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		used := false
		ast.Inspect(parsed, func(node ast.Node) bool {
			ident, ok := node.(*ast.Ident)
			used = used || ok && ident.Name == name
			return !used
		})
		if used {
			return "a file of every adapter", nil
		}
	}
	return "", nil
}

// declared returns the names that a file adds to its package or imports.
func declared(file *ast.File) []string {
	var names []string
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				names = append(names, decl.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				names = append(names, specNames(spec)...)
			}
		}
	}
	return names
}

func specNames(spec ast.Spec) (names []string) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return []string{spec.Name.Name}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			names = append(names, name.Name)
		}
	case *ast.ImportSpec:
		text, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		names = []string{path.Base(text)}
	}
	return names
}
