// Command specdiff reports what changed in the documents and in the public Go API since the last release, and which version
// the module needs. oasdiff compares the documents, apidiff the packages, gen/ and everything else that another module can
// import. A module below has releases of its own, and is built with the repository's module as it is beside it. Without a
// release, or if the caller names one, a git revision is the base. Each line names a document or a package and a level:
//
//	FAIL          a fault, with its cure; the exit code is 1
//	not compared  it could not be read before
//	breaking      a program that works today may stop working
//	warning       may surprise a caller, such as a new value in a list
//	change        more or something else; no program breaks
//	texts         nothing that binds a program
//
// A module below whose own modules cannot be downloaded is not compared, which is no fault: CI has a network.
//
// .github/COMPATIBILITY.md says what a version promises; a generated client may break in a minor one.
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
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: specdiff ROOT BASE; cure: make spec-diff")
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
	unknown // so the version is not known, either
	wrong   // compared, but wrong all the same
	fault   // wrong, and not compared
)

var labels = []string{texts: "texts", change: "change", warning: "warning", breaking: "breaking", unknown: "not compared",
	wrong: "FAIL", fault: "FAIL"}

type finding struct {
	level level
	text  string
}

func breaks(findings []finding) bool {
	return slices.ContainsFunc(findings, func(f finding) bool { return f.level == breaking })
}

// run prints the report and returns the exit code. An empty base is the last release of each module.
func run(root, base string, out io.Writer) int {
	work, err := os.MkdirTemp("", "specdiff")
	if err != nil {
		fmt.Fprintln(out, "specdiff:", err)
		return 2
	}
	defer os.RemoveAll(work)
	code := 0
	for i, module := range modules(root) {
		public, err := publicPackages(root, module)
		if module != here && err == nil && len(public) == 0 {
			continue
		}
		release := lastRelease(root, module)
		from := cmp.Or(base, release, "HEAD~1")
		switch {
		case base != "" && base != release:
			release = "" // so the version cannot be counted from there
		case release == "":
			fmt.Fprintf(out, "%s has no release in its history, so it is compared with %s\n", title(module), from)
		}
		before := filepath.Join(work, strconv.Itoa(i))
		if err := export(root, from, before); err != nil {
			fmt.Fprintf(out, "specdiff: nothing to compare: %v; cure: name a revision that git log shows, "+
				"in a shallow clone after git fetch --unshallow\n", err)
			if strings.HasPrefix(from, "HEAD") { // a new or shallow history is no fault
				return code
			}
			return 2
		}
		err = cmp.Or(err, undownloaded(public))
		var found map[string][]finding
		if err == nil {
			found, err = comparePackages(before, module, public)
		}
		switch {
		case err != nil && module != here && offline.MatchString(err.Error()):
			fmt.Fprintf(out, "%s: not compared, because a module cannot be downloaded: %s\n", title(module), oneLine(err))
			continue
		case err != nil:
			found = map[string][]finding{"go": {{fault, oneLine(err) + "; cure: go build ./..."}}}
		}
		worst, failed := report(before, root, module, found, out)
		fmt.Fprintf(out, "%s: %s\n", title(module), needs(release, worst))
		if failed {
			code = 1
		}
	}
	return code
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

// report prints one line per finding in a module. Breaks of a generated client count as warnings, what was not compared as
// unknown, and what is wrong all the same for nothing.
func report(before, now, module string, found map[string][]finding, out io.Writer) (worst level, failed bool) {
	worst = same
	write := func(subject string, findings []finding, most level) {
		for _, f := range findings {
			fmt.Fprintf(out, "%s: %s: %s\n", subject, labels[f.level], f.text)
			failed = failed || f.level >= wrong
			switch {
			case f.level == wrong:
			case f.level == unknown, f.level == fault:
				worst = unknown
			case f == gone:
				worst = max(worst, breaking)
			default:
				worst = max(worst, min(f.level, most))
			}
		}
	}
	if module == here {
		for _, name := range providers(before, now) {
			document, client := "specs/"+name+"/openapi.yaml", "gen/"+name
			write(document, compareDocuments(before+"/"+document, now+"/"+document, breaks(found[client])), warning)
			write(client, found[client], warning)
			delete(found, client)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		write(path.Join(module, name), found[name], breaking)
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
