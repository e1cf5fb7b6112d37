package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/exp/apidiff"
)

// checkedAPI type-checks the declarations of a generated client. Imports are stubs: two states are compared by the
// names they use of other packages, so nothing has to be downloaded to read an old one.
func checkedAPI(provider string, client snapshot) (*types.Package, error) {
	set, files := token.NewFileSet(), []*ast.File{}
	for _, name := range slices.Sorted(maps.Keys(client)) {
		file, err := parser.ParseFile(set, name, client[name], parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: stubsFor(files), IgnoreFuncBodies: true, Error: func(error) {}}
	checked, _ := config.Check("gen/"+provider, set, files, nil)
	return checked, nil
}

// stubs are packages that hold a type for each name that is selected from them.
type stubs map[string]*types.Package

func (s stubs) Import(path string) (*types.Package, error) {
	if stub, ok := s[path]; ok {
		return stub, nil
	}
	return nil, fmt.Errorf("no stub for %s", path)
}

func stubsFor(files []*ast.File) stubs {
	made := stubs{}
	for _, file := range files {
		imported := made.declare(file)
		ast.Inspect(file, func(node ast.Node) bool {
			if selector, ok := node.(*ast.SelectorExpr); ok {
				if left, ok := selector.X.(*ast.Ident); ok && imported[left.Name] != nil {
					addType(imported[left.Name], selector.Sel.Name)
				}
			}
			return true
		})
	}
	return made
}

var majorSuffix = regexp.MustCompile(`/v[0-9]+$`)

// declare makes the packages a file imports and returns them by the name the file has for each.
func (s stubs) declare(file *ast.File) map[string]*types.Package {
	imported := map[string]*types.Package{}
	for _, spec := range file.Imports {
		from, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(majorSuffix.ReplaceAllString(from, ""))
		if s[from] == nil {
			s[from] = types.NewPackage(from, name)
			s[from].MarkComplete()
		}
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imported[name] = s[from]
	}
	return imported
}

func addType(stub *types.Package, name string) {
	if stub.Scope().Lookup(name) == nil {
		object := types.NewTypeName(token.NoPos, stub, name, nil)
		types.NewNamed(object, types.NewStruct(nil, nil), nil)
		stub.Scope().Insert(object)
	}
}

// apiFindings compares the exported identifiers of two states of a client.
func apiFindings(provider string, before, now snapshot) ([]finding, error) {
	fresh, err := checkedAPI(provider, now)
	if err != nil {
		return nil, err
	}
	old, err := checkedAPI(provider, before)
	if err != nil {
		return []finding{{change, "the client could not be read before: " + oneLine(err)}}, nil
	}
	findings, added, told := wireNames(provider, old, fresh), []string{}, map[string]bool{}
	for _, c := range apidiff.Changes(old, fresh).Changes {
		name, what, _ := strings.Cut(importPath.ReplaceAllString(c.Message, ""), ": ")
		switch {
		case strings.Contains(name, ", method set of "): // told of the embedded type itself
		case c.Compatible && !told[name]:
			added = append(added, identifier(provider, name))
		case !c.Compatible:
			told[name] = true
			findings = append(findings, goBreak(identifier(provider, name), what))
		}
	}
	if len(added) > 0 {
		findings = append(findings, finding{addsGo, some(added)})
	}
	return findings, nil
}

// some lists a few names and counts the rest.
func some(names []string) string {
	const shown = 6
	if len(names) <= shown+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:shown], ", "), len(names)-shown)
}

func identifier(provider, name string) string {
	return provider + "." + strings.NewReplacer("(*", "", ")", "").Replace(name)
}

var (
	importPath = regexp.MustCompile(`(?:[\w.~-]+/)+`)
	changed    = regexp.MustCompile(`^(value )?changed from (.*) to (.*)$`)
)

// goBreak words what apidiff says of an identifier.
func goBreak(name, what string) finding {
	kind := breaksGo
	switch {
	case what == "added":
		what = "new method: whatever implements the interface lacks it"
	case what == "old is comparable, new is not":
		kind, what = caution, "values can no longer be compared with =="
	default:
		what = changed.ReplaceAllString(what, "${1}was $2, is $3")
	}
	return finding{kind, name + " (" + what + ")"}
}

// wireNames finds fields that keep name and type but stand for another member of the message; the compiler does not.
func wireNames(provider string, old, fresh *types.Package) []finding {
	findings := []finding{}
	for _, name := range old.Scope().Names() {
		before, now := fields(old, name), fields(fresh, name)
		for _, field := range slices.Sorted(maps.Keys(before)) {
			if is, ok := now[field]; ok && is != before[field] {
				findings = append(findings, finding{breaksGo, fmt.Sprintf("%s.%s.%s (name in the message was %q, is %q)",
					provider, name, field, before[field], is)})
			}
		}
	}
	return findings
}

// fields are the exported fields of an exported struct and their names in messages.
func fields(in *types.Package, name string) map[string]string {
	object := in.Scope().Lookup(name)
	if object == nil || !object.Exported() {
		return nil
	}
	structure, ok := object.Type().Underlying().(*types.Struct)
	if _, isType := object.(*types.TypeName); !isType || !ok || object.(*types.TypeName).IsAlias() {
		return nil
	}
	found := map[string]string{}
	for i := range structure.NumFields() {
		if field := structure.Field(i); field.Exported() {
			found[field.Name()], _, _ = strings.Cut(reflect.StructTag(structure.Tag(i)).Get("json"), ",")
		}
	}
	return found
}
