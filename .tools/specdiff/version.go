package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// here is the module of the repository; others are named by their folder.
const here = "."

func title(module string) string { return strings.TrimSuffix("module "+module, " "+here) }

// modules are the folders of modules that others can import, the repository's own first. Those below folders whose names
// begin with a dot, or that are called testdata, are nobody's to import.
func modules(in string) (folders []string) {
	_ = filepath.WalkDir(in, func(file string, entry fs.DirEntry, err error) error {
		folder, _ := filepath.Rel(in, file)
		switch {
		case err != nil, folder == here:
			return nil
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.Name() == "go.mod":
			folders = append(folders, filepath.ToSlash(filepath.Dir(folder)))
		}
		return nil
	})
	slices.Sort(folders)
	return folders
}

// lastRelease is the tag with the highest version of a module that HEAD contains, "" without one. A pre-release is none.
func lastRelease(in, module string) (tag string) {
	prefix := strings.TrimPrefix(path.Join(module, "v"), "./")
	git := exec.Command("git", "-C", in, "tag", "--merged", "HEAD", "--list", prefix+"*")
	var out bytes.Buffer
	git.Stdout, git.Stderr = &out, os.Stderr
	_ = git.Run() // a folder without history has no release
	version := ""
	for name := range strings.Lines(out.String()) {
		name = strings.TrimSpace(name)
		v := path.Base(name)
		if semver.IsValid(v) && v == semver.Canonical(v) && semver.Prerelease(v) == "" && semver.Compare(v, version) > 0 {
			tag, version = name, v
		}
	}
	return tag
}

// needs says which version a change needs, as a number if the last release is known.
func needs(release string, worst level) string {
	step := []string{same: "no new version", texts: "a patch version", change: "a minor version", warning: "a minor version",
		breaking: "a major version (before v1: a minor one)", unknown: "a version that is not known yet"}[worst]
	if release == "" || worst == same || worst == unknown {
		return "needs " + step
	}
	var major, minor, patch int
	fmt.Sscanf(path.Base(release), "v%d.%d.%d", &major, &minor, &patch)
	next := fmt.Sprintf("v%d.%d.0", major, minor+1)
	switch {
	case worst == texts:
		next = fmt.Sprintf("v%d.%d.%d", major, minor, patch+1)
	case worst == breaking && major > 0:
		next = fmt.Sprintf("v%d.0.0, with /v%d at the end of its path", major+1, major+1)
	}
	return fmt.Sprintf("needs %s after %s", next, release)
}
