package adaptertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/openbalances/openbalances/specs"
	"github.com/stretchr/testify/require"
)

var printTable = flag.Bool("catalogue.table", false, "run the catalogue for every provider and print case by provider")

// TestCatalogueTable is what make catalogue runs.
func TestCatalogueTable(t *testing.T) {
	if !*printTable {
		t.Skip("prints the catalogue; cure: make catalogue")
	}
	all, err := Catalogue()
	require.NoError(t, err)
	endings := endings{}
	for _, provider := range specs.Providers() {
		require.NoError(t, endings.run("../../"+provider, "^TestConformance$/^catalogue$"))
	}
	for folder, names := range namedTests(all) {
		require.NoError(t, endings.run(folder, "^("+strings.Join(names, "|")+")$"))
	}
	table := newTable(all, endings)
	require.NoError(t, table.print(os.Stdout))
	require.Empty(t, table.faults, "failed or without a result")
}

func namedTests(all []Case) map[string][]string {
	tests := map[string][]string{}
	for _, c := range all {
		for _, name := range c.Tests {
			folder, test := splitTest(name)
			tests[folder] = append(tests[folder], test)
		}
	}
	return tests
}

// ending is how a test ended: pass, fail, skip with the reason, or "" if it did not run.
type ending struct{ action, reason string }

// endings are by folder, a blank, and the test's name.
type endings map[string]*ending

func (r endings) of(folder, test string) *ending {
	key := folder + " " + test
	if r[key] == nil {
		r[key] = &ending{}
	}
	return r[key]
}

// run runs tests and reads how they ended. Tests that fail are no error.
func (r endings) run(folder, pattern string) error {
	command := exec.Command("go", "test", "-json", "-count=1", "-timeout=3m", "-run", pattern, ".")
	command.Dir = folder
	out, err := command.Output()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		return err
	}
	lines := json.NewDecoder(bytes.NewReader(out))
	for {
		var event struct{ Action, Test, Output string }
		if err := lines.Decode(&event); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", folder, err)
		}
		r.of(folder, event.Test).see(event.Action, event.Output)
	}
}

var logged = regexp.MustCompile(`^\s+\w+\.go:\d+: (.*)\n`)

func (r *ending) see(action, output string) {
	switch action {
	case "pass", "fail", "skip":
		r.action = action
	case "output":
		if match := logged.FindStringSubmatch(output); match != nil {
			r.reason = strings.TrimPrefix(match[1], "does not apply: ")
		}
	}
}
