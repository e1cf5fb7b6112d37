// Command specdiff reports what changed in the documents and in the public Go API since a git revision, and which
// module version that needs. oasdiff compares the documents, apidiff the packages.
package main

import (
	"archive/zip"
	"bytes"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const help = `specdiff [-root DIR] BASE compares DIR with the git revision BASE.

Each line names a document or a package and the kind of finding:

  FAIL      a fault, with its cure
  breaking  a program that works today may stop working
  warning   may surprise a caller, such as a new value in a list
  change    more or something else; no program breaks
  texts     nothing that binds a program

After a breaking change the first or the second number of the document's info.version has to rise.

Exit codes: 0 no FAIL line was printed, or there is nothing to compare with; 1 one was printed; 2 wrong usage.
`

func main() {
	root := flag.String("root", ".", "")
	flag.Usage = func() { fmt.Fprint(os.Stderr, help) }
	flag.Parse()
	os.Exit(run(*root, flag.Arg(0), os.Stdout))
}

// A level says how much a finding matters.
type level int

const (
	texts level = iota + 1
	change
	warning
	breaking
	fault
)

var labels = map[level]string{
	texts: "texts", change: "change", warning: "warning", breaking: "breaking", fault: "FAIL",
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
	if err != nil {
		fmt.Fprintln(out, "specdiff:", err)
		return 2
	}
	defer os.RemoveAll(before)
	if err := export(root, base, before); err != nil {
		fmt.Fprintf(out, "specdiff: nothing to compare: %v; cure: name a revision that git log shows, "+
			"in a shallow clone after git fetch --unshallow\n", err)
		if strings.HasPrefix(base, "HEAD") { // a new or shallow history is no fault
			return 0
		}
		return 2
	}
	needs, failed := report(before, root, out)
	fmt.Fprintln(out, "module:", moduleVersion(needs))
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
		return fmt.Errorf("%w: %s", err, said)
	}
	files, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return err
	}
	return os.CopyFS(to, files)
}

// report prints one line per finding and returns the highest level below fault.
func report(before, now string, out io.Writer) (needs level, failed bool) {
	write := func(subject string, findings []finding) {
		for _, f := range findings {
			fmt.Fprintf(out, "%s: %s: %s\n", subject, labels[f.level], f.text)
			if f.level == fault {
				failed = true
			} else {
				needs = max(needs, f.level)
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
	return needs, failed
}

// providers names every provider that one of the folders has a document of.
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

func moduleVersion(needs level) string {
	switch needs {
	case breaking:
		return "needs a major version (before v1: a minor one)"
	case warning, change:
		return "needs a minor version"
	case texts:
		return "a patch version is enough"
	}
	return "needs no new version for documents and public packages"
}
