// Command proxy makes a module proxy of a clone, as if everything in it had been released: every module that is tracked and
// replaces no other one is there as v0.1.0, with the files of the working tree. It takes the clone and the folder for the
// proxy, whose address is file:// and that folder. make stranger and make fleet-tidy use it.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	version = "v0.1.0"
	info    = `{"Version": "v0.1.0", "Time": "2026-01-01T00:00:00Z"}`
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: proxy CLONE FOLDER")
		os.Exit(2)
	}
	if err := publish(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "proxy:", err)
		os.Exit(1)
	}
}

// publish writes every module of the clone.
func publish(clone, proxy string) error {
	list, err := exec.Command("git", "-C", clone, "ls-files", "-z").Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	tracked := strings.FieldsFunc(string(list), func(r rune) bool { return r == 0 })
	published := 0
	for _, file := range tracked {
		if path.Base(file) != "go.mod" || strings.Contains(file, "testdata/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(clone, file))
		if err != nil {
			return err
		}
		parsed, err := modfile.Parse(file, text, nil)
		if err != nil {
			return err
		}
		if len(parsed.Replace) > 0 || strings.Contains(file, ".tools/") {
			continue
		}
		if err := write(clone, path.Dir(file), tracked, proxy, parsed.Module.Mod.Path, text); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		published++
	}
	if published == 0 {
		return errors.New("no module is tracked there")
	}
	return nil
}

// write writes one module, which has the files of a folder without those of the modules below it.
func write(clone, folder string, tracked []string, proxy, name string, mod []byte) error {
	var files []zip.File
	for _, file := range tracked {
		if inside, below := strings.CutPrefix(file, folder+"/"); below {
			files = append(files, source{inside, filepath.Join(clone, file)})
		} else if folder == "." {
			files = append(files, source{file, filepath.Join(clone, file)})
		}
	}
	var packed bytes.Buffer
	if err := zip.Create(&packed, module.Version{Path: name, Version: version}, files); err != nil {
		return err
	}
	target := filepath.Join(proxy, name, "@v")
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	var failed error
	for file, content := range map[string][]byte{
		"list": []byte(version + "\n"), version + ".info": []byte(info), version + ".mod": mod, version + ".zip": packed.Bytes(),
	} {
		failed = errors.Join(failed, os.WriteFile(filepath.Join(target, file), content, 0o644))
	}
	return failed
}

// source is a tracked file and its place in the module.
type source struct{ name, file string }

func (s source) Path() string                 { return s.name }
func (s source) Lstat() (os.FileInfo, error)  { return os.Lstat(s.file) }
func (s source) Open() (io.ReadCloser, error) { return os.Open(s.file) }
