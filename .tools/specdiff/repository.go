package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
)

// nothingToCompare says why there is no earlier state; that is no fault.
type nothingToCompare string

func (n nothingToCompare) Error() string { return string(n) }

// ancestor is a revision that every long enough history has.
var ancestor = regexp.MustCompile(`^HEAD([~^][0-9]*)*$`)

// wanted are the files that are compared.
var wanted = []string{"specs/*/openapi.yaml", "gen/*/*.go"}

// A snapshot holds the wanted files of one state of the repository, by path.
type snapshot map[string][]byte

// providers lists the folders that hold a document.
func (s snapshot) providers() []string {
	names := []string{}
	for name := range s {
		if path.Base(name) == "openapi.yaml" {
			names = append(names, path.Base(path.Dir(name)))
		}
	}
	slices.Sort(names)
	return names
}

// document returns a provider's document, nil if there is none.
func (s snapshot) document(provider string) []byte {
	return s["specs/"+provider+"/openapi.yaml"]
}

// generated returns the Go files of a provider's client.
func (s snapshot) generated(provider string) snapshot {
	files := snapshot{}
	for name, text := range s {
		if path.Dir(name) == "gen/"+provider && !strings.HasSuffix(name, "_test.go") {
			files[name] = text
		}
	}
	return files
}

// A repository is a git work tree, or a folder of one.
type repository struct{ root string }

// commit finds the commit that a revision names.
func (r repository) commit(revision string) (string, error) {
	if _, err := r.git("rev-parse", "--is-inside-work-tree"); err != nil {
		return "", fmt.Errorf("%s is no git work tree: %w", r.root, err)
	}
	if strings.HasPrefix(revision, "-") {
		return "", fmt.Errorf("%q is no revision", revision)
	}
	id, err := r.git("rev-parse", "--verify", "--quiet", revision+"^{commit}")
	if err == nil {
		return strings.TrimSpace(string(id)), nil
	}
	shallow, _ := r.git("rev-parse", "--is-shallow-repository")
	cure := "git log names the revisions there are"
	if strings.TrimSpace(string(shallow)) == "true" {
		cure = "the clone is shallow: git fetch --unshallow"
	}
	if ancestor.MatchString(revision) {
		return "", nothingToCompare(fmt.Sprintf("this history has no %s; cure, if there should be one: %s", revision, cure))
	}
	return "", fmt.Errorf("unknown revision %q; cure: %s", revision, cure)
}

// at reads the wanted files of a commit.
func (r repository) at(commit string) (snapshot, error) {
	list, err := r.git("ls-tree", "-r", "-z", "--name-only", commit, "--", "specs", "gen")
	if err != nil {
		return nil, err
	}
	files := snapshot{}
	for name := range strings.SplitSeq(string(list), "\x00") {
		if !slices.ContainsFunc(wanted, func(pattern string) bool { ok, _ := path.Match(pattern, name); return ok }) {
			continue
		}
		if files[name], err = r.git("show", commit+":./"+name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// workingTree reads the wanted files as they are, committed or not.
func (r repository) workingTree() (snapshot, error) {
	files, tree := snapshot{}, os.DirFS(r.root)
	for _, pattern := range wanted {
		names, err := fs.Glob(tree, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if files[name], err = fs.ReadFile(tree, name); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// git runs a git command in the repository and returns what it prints.
func (r repository) git(arguments ...string) ([]byte, error) {
	command := exec.Command("git", append([]string{"-C", r.root}, arguments...)...)
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("git %s: %w", arguments[0], err), textError(problems.String()))
	}
	return out, nil
}

// textError is nil for an empty text.
func textError(text string) error {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return errors.New(text)
}
