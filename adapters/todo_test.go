package adapters_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/require"
)

// TestNothingIsLeftToDo lists every place that make new has marked for somebody to fill.
func TestNothingIsLeftToDo(t *testing.T) {
	t.Parallel()
	for _, name := range specs.Providers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			places := append(marks(t, "specs", name), marks(t, "adapters", name)...)
			for _, place := range places {
				t.Error(place)
			}
			if len(places) > 0 {
				t.Errorf("%s has %d places to fill; cure: do what each says, remove its mark, then make generate", name, len(places))
			}
		})
	}
}

// marks returns the places below folder/name that hold TODO(name), as file:line: text.
func marks(t *testing.T, folder, name string) (places []string) {
	t.Helper()
	mark := []byte("TODO(" + name + ")")
	err := filepath.WalkDir(filepath.Join("..", folder, name), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		for i, line := range bytes.Split(text, []byte("\n")) {
			if at := bytes.Index(line, mark); at >= 0 {
				places = append(places, fmt.Sprintf("%s:%d: %s", filepath.ToSlash(file[len("../"):]), i+1, line[at:]))
			}
		}
		return err
	})
	require.NoError(t, err)
	return places
}
