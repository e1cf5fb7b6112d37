package main

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/exp/apidiff"
	"golang.org/x/mod/modfile"
	"golang.org/x/tools/go/packages"
)

// comparePackages compares the public packages of a module, by their path in it, with those that the repository had.
func comparePackages(before, module string, is map[string]*packages.Package) (map[string][]finding, error) {
	was, err := publicPackages(before, module)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string][]finding{"go": {{change, "no module was there before, so no package is compared"}}}, nil
	}
	if err = cmp.Or(err, undownloaded(was)); err != nil {
		return nil, err
	}
	findings := map[string][]finding{}
	both := maps.Clone(was)
	maps.Copy(both, is)
	for name := range both {
		findings[name] = comparePackage(was[name], is[name])
	}
	return findings, nil
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
		return []finding{{unknown, "it did not compile before"}}
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

// publicPackages reads what other modules can import of a module of a repository. The error is fs.ErrNotExist if there is no
// such module.
func publicPackages(root, module string) (map[string]*packages.Package, error) {
	config := &packages.Config{
		Mode: packages.NeedName | packages.NeedModule | packages.NeedImports | packages.NeedTypes | packages.NeedExportFile | packages.NeedFiles,
		Dir:  filepath.Join(root, module),
	}
	if _, err := os.Stat(filepath.Join(config.Dir, "go.mod")); err != nil {
		return nil, err
	}
	if module != here {
		work, err := os.MkdirTemp("", "specdiff")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(work)
		settings, err := withTheRepository(root, config.Dir, work)
		if err != nil {
			return nil, err
		}
		config.BuildFlags = []string{"-mod=mod", "-modfile=" + settings}
	}
	loaded, err := packages.Load(config, "./...")
	if err != nil {
		return nil, err
	}
	public := map[string]*packages.Package{}
	for _, p := range loaded {
		if p.Module == nil && len(p.Errors) > 0 {
			return nil, p.Errors[0]
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.PkgPath, p.Module.Path), "/")
		if p.Name != "main" && !strings.Contains("/"+name+"/", "/internal/") && len(p.GoFiles) > 0 {
			public[name] = p
		}
	}
	return public, nil
}

// withTheRepository writes the go.mod of a module below, with the repository's module beside it in place of the release that it
// requires and that may be none yet.
func withTheRepository(root, folder, work string) (settings string, err error) {
	above, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return "", err
	}
	parsed, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		return "", err
	}
	if err := parsed.AddReplace(modfile.ModulePath(above), "", root, ""); err != nil {
		return "", err
	}
	if text, err = parsed.Format(); err != nil {
		return "", err
	}
	sums, err := os.ReadFile(filepath.Join(folder, "go.sum"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	settings = filepath.Join(work, "go.mod")
	return settings, errors.Join(os.WriteFile(settings, text, 0o600), os.WriteFile(filepath.Join(work, "go.sum"), sums, 0o600))
}

// offline is what go says if the network keeps it from a module.
var offline = regexp.MustCompile(`dial tcp|i/o timeout|connection re(fused|set)|disabled by GOPROXY=off`)

// undownloaded is why a package, or one that it imports, lacks a module that cannot be downloaded.
func undownloaded(public map[string]*packages.Package) (reason error) {
	packages.Visit(slices.Collect(maps.Values(public)), nil, func(p *packages.Package) {
		for _, err := range p.Errors {
			if offline.MatchString(err.Error()) {
				reason = err
			}
		}
	})
	return reason
}
