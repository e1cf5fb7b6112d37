package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lines is a generate.go. Its directives are not at the beginning of a line here, where go generate would find them.
var lines = strings.ReplaceAll(`// Package x is text.
package x

 //go:generate gen -config specs/beta/oapi-codegen.yaml specs/beta/openapi.yaml
 //go:generate gen -config specs/delta/oapi-codegen.yaml specs/delta/openapi.yaml

 //go:generate go run ./last
`, "\n ", "\n")

func TestLineGoesWhereTheAlphabetWantsIt(t *testing.T) {
	t.Parallel()
	for name, neighbour := range map[string]string{
		"alpha": "\npackage x\n\nLINE//go:generate gen -config specs/beta/",
		"cedar": "specs/beta/openapi.yaml\nLINE//go:generate gen -config specs/delta/",
		"omega": "specs/delta/openapi.yaml\nLINE\n//go:generate go run",
	} {
		changed, model, err := addLine(lines, name)
		require.NoError(t, err)
		assert.Equal(t, "beta", model)
		line := "//go:generate gen -config specs/" + name + "/oapi-codegen.yaml specs/" + name + "/openapi.yaml\n"
		assert.Contains(t, changed, strings.ReplaceAll(neighbour, "LINE", line))
		assert.Equal(t, lines, strings.Replace(changed, line, "", 1), "nothing else changes")
	}
	_, _, err := addLine("package x\n", "alpha")
	assert.ErrorContains(t, err, "cure: ")
}

// module returns a folder with as much of a module as lay reads.
func module(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for file, text := range map[string]string{
		list:                 lines,
		settingsFile("beta"): "package: beta\noutput: gen/beta/client.gen.go\nother: beta\n",
	} {
		require.NoError(t, create(filepath.Join(folder, file), text))
	}
	return folder
}

// tree returns every file below a folder with its text.
func tree(t *testing.T, folder string) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		name, _ := filepath.Rel(folder, file)
		found[filepath.ToSlash(name)] = string(text)
		return err
	}))
	return found
}

func TestLayChangesOneFileAndAddsTheRest(t *testing.T) {
	t.Parallel()
	folder := module(t)
	before := tree(t, folder)
	texts, err := fromTemplates(berlin("acme"), "common", "berlin")
	require.NoError(t, err)
	files, err := lay(folder, "acme", texts)
	require.NoError(t, err)
	after := tree(t, folder)
	for name, text := range before {
		assert.Equal(t, name != list, text == after[name], name)
	}
	for _, name := range files {
		assert.NotContains(t, after[name], "{{", name)
		assert.True(t, name == list || strings.Contains(name, "/acme/"), name)
		delete(after, name)
		delete(before, name)
	}
	assert.Equal(t, before, after, "what is written is what is reported")
	settings, err := os.ReadFile(filepath.Join(folder, settingsFile("acme")))
	require.NoError(t, err)
	assert.Equal(t, "package: acme\noutput: gen/acme/client.gen.go\nother: beta\n", string(settings))
}

// Whatever goes wrong, everything is as before.
func TestLayLeavesNothingHalfDone(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(folder string) error{
		"no generate.go":          func(folder string) error { return os.Remove(filepath.Join(folder, list)) },
		"no model in generate.go": func(folder string) error { return os.Truncate(filepath.Join(folder, list), 0) },
		"no settings of a model": func(folder string) error {
			return os.Remove(filepath.Join(folder, settingsFile("beta")))
		},
		"adapters is a file": func(folder string) error { return create(filepath.Join(folder, "adapters"), "") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := module(t)
			require.NoError(t, spoil(folder))
			before := tree(t, folder)
			_, err := lay(folder, "acme", map[string]string{"adapters/acme/acme.go": "package acme\n"})
			require.Error(t, err)
			assert.Equal(t, before, tree(t, folder))
			assert.NoDirExists(t, filepath.Join(folder, "specs/acme"))
		})
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a/b.txt")
	require.NoError(t, create(file, "first"))
	require.ErrorIs(t, create(file, "second"), os.ErrExist)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, "first", string(text))
}

func TestArgumentsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for want, all := range map[string][][]string{
		"cure: make new P=acme":        {nil, {""}, {"acme", "other"}, {"-from", "x.yaml"}},
		"cure: leave one out":          {{"-from", "x.yaml", "-operation", "GET /a", "-shape", "uk", "acme"}},
		"FROM and OPERATION belong":    {{"-from", "x.yaml", "acme"}, {"-operation", "GET /a", "acme"}, {"-list", "GET /a", "acme"}},
		"cure: run it at the root of ": {{"acme"}},
	} {
		for _, args := range all {
			assert.ErrorContains(t, run(args, nil), want, "%q", args)
		}
	}
	_, _, err := texts("acme", "odd", wish{})
	assert.ErrorContains(t, err, `no shape "odd"; cure: SHAPE=berlin or SHAPE=uk`)
}
