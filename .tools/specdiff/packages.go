package main

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/tools/go/packages"
)

// comparePackages compares the public packages of a module, by their path in it, with those in a folder.
func comparePackages(before string, is map[string]*packages.Package) map[string][]finding {
	was, err := publicPackages(before)
	if err != nil {
		return map[string][]finding{"go": {{change, "no module could be read before, so no package is compared"}}}
	}
	findings := map[string][]finding{}
	both := maps.Clone(was)
	maps.Copy(both, is)
	for name := range both {
		findings[name] = comparePackage(was[name], is[name])
	}
	return findings
}

// gone breaks whoever imports the package, a generated one too.
var gone = finding{breaking, "the package is gone"}

func comparePackage(was, is *packages.Package) []finding {
	switch {
	case is == nil:
		return []finding{gone}
	case len(is.Errors) > 0:
		return []finding{{fault, "does not compile; cure: go build ./..."}}
	case was == nil:
		return []finding{{change, "a new package"}}
	case len(was.Errors) > 0:
		return []finding{{change, "did not compile before, so it is not compared"}}
	}
	findings, added := []finding{}, []string{}
	for _, c := range apidiff.Changes(was.Types, is.Types).Changes {
		text := folders.ReplaceAllString(c.Message, "")
		name, isNew := strings.CutSuffix(text, ": added")
		switch {
		case strings.HasSuffix(text, "old is comparable, new is not"): // nobody compares answers with ==
			findings = append(findings, finding{warning, text})
		case !c.Compatible:
			findings = append(findings, finding{breaking, text})
		case !isNew:
			findings = append(findings, finding{change, text})
		case !slices.Contains(findings, finding{breaking, text}): // apidiff names a new method of an interface twice
			added = append(added, name)
		}
	}
	if len(added) > 0 {
		findings = append(findings, finding{change, "added " + strings.Join(added, ", ")})
	}
	return findings
}

// folders are those of import paths, such as net/ of net/http.Client.
var folders = regexp.MustCompile(`([\w.~-]+/)+`)

// publicPackages reads what other modules can import of the module in a folder.
func publicPackages(folder string) (map[string]*packages.Package, error) {
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedModule | packages.NeedImports | packages.NeedTypes | packages.NeedExportFile | packages.NeedFiles,
		Dir:  folder,
	}
	loaded, err := packages.Load(config, "./...")
	if err != nil {
		return nil, err
	}
	public := map[string]*packages.Package{}
	for _, p := range loaded {
		if p.Module == nil && len(p.Errors) > 0 {
			return nil, errors.New(oneLine(p.Errors[0]))
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, p.Module.Path), "/")
		if p.Name != "main" && !strings.Contains("/"+name+"/", "/internal/") && len(p.GoFiles) > 0 {
			public[name] = p
		}
	}
	return public, nil
}
