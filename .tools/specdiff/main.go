// Command specdiff reports what changed in the documents and in the public Go API since a git revision, and which module
// version that needs. oasdiff compares the documents, apidiff the packages. Each line names a document or a package and
// a level:
//
//	FAIL      a fault, with its cure; the exit code is 1
//	breaking  a program that works today may stop working
//	warning   may surprise a caller, such as a new value in a list
//	change    more or something else; no program breaks
//	texts     nothing that binds a program
package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: specdiff ROOT BASE; cure: make spec-diff BASE=HEAD~1")
		os.Exit(2)
	}
	os.Exit(run(os.Args[1], os.Args[2], os.Stdout))
}

type level int

const (
	same level = iota
	texts
	change
	warning
	breaking
	fault
)

var labels = []string{texts: "texts", change: "change", warning: "warning", breaking: "breaking", fault: "FAIL"}

var moduleNeeds = []string{
	same:     "needs no new version for documents and public packages",
	texts:    "a patch version is enough",
	change:   "needs a minor version",
	warning:  "needs a minor version",
	breaking: "needs a major version (before v1: a minor one)",
}

type finding struct {
	level level
	text  string
}

func breaks(findings []finding) bool {
	return slices.ContainsFunc(findings, func(f finding) bool { return f.level == breaking })
}

// run prints the report and returns the exit code.
func run(root, base string, out io.Writer) int {
	before, err := os.MkdirTemp("", "specdiff")
	if err == nil {
		defer os.RemoveAll(before)
		err = export(root, base, before)
	}
	if err != nil {
		fmt.Fprintf(out, "specdiff: nothing to compare: %v; cure: name a revision that git log shows, "+
			"in a shallow clone after git fetch --unshallow\n", err)
		if strings.HasPrefix(base, "HEAD") { // a new or shallow history is no fault
			return 0
		}
		return 2
	}
	worst, failed := report(before, root, out)
	fmt.Fprintln(out, "module:", moduleNeeds[worst])
	if failed {
		return 1
	}
	return 0
}

// export writes the files of a revision to a folder.
func export(root, base, to string) error {
	git := exec.Command("git", "-C", root, "archive", "--format=zip", base+"^{commit}", ".")
	var problem bytes.Buffer
	git.Stderr = &problem
	archive, err := git.Output()
	if err != nil {
		said, _, _ := strings.Cut(problem.String(), "\n")
		return errors.New(cmp.Or(said, err.Error()))
	}
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return err
	}
	return os.CopyFS(to, files)
}

// report prints one line per finding. Faults do not count for the worst level.
func report(before, now string, out io.Writer) (worst level, failed bool) {
	write := func(subject string, findings []finding) {
		for _, f := range findings {
			fmt.Fprintf(out, "%s: %s: %s\n", subject, labels[f.level], f.text)
			if f.level == fault {
				failed = true
			} else {
				worst = max(worst, f.level)
			}
		}
	}
	packages := comparePackages(before, now)
	for _, name := range providers(before, now) {
		document, client := "specs/"+name+"/openapi.yaml", "gen/"+name
		write(document, compareDocuments(before+"/"+document, now+"/"+document, breaks(packages[client])))
		write(client, packages[client])
		delete(packages, client)
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		write(name, packages[name])
	}
	return worst, failed
}

// providers names every provider that has a document in one of the folders.
func providers(roots ...string) (names []string) {
	for _, root := range roots {
		files, _ := filepath.Glob(filepath.Join(root, "specs", "*", "openapi.yaml"))
		for _, file := range files {
			names = append(names, filepath.Base(filepath.Dir(file)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
