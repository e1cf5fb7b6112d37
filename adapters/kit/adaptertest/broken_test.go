package adaptertest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openbalances/openbalances/adapters"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fault is one way to be wrong. The suite has to find it by the cases in caught and by no others; a number is one of
// the catalogue.
type fault struct {
	name    string
	plant   func(*client)
	options func(*adapters.Options)       // before there is a client
	wrap    func(*client) adapters.Source // around it
	accepts string                        // the start of the detail of an error of New that does not count
	caught  string
	perhaps string // cases that catch it only if calls meet
	racy    bool   // only the race detector sees it
	waits   bool   // the cases take long, but only wait
}

var faults = slices.Concat(
	amountFaults, structureFaults, textFaults, answerFaults, callFaults, requestFaults, secrecyFaults,
)

// faultVariable names, for TestFake in a process of its own, the fault that it is to have.
const faultVariable = "ADAPTERTEST_FAULT"

// TestBroken plants each fault into the adapter that TestFake proves to be good.
func TestBroken(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the suite once for each fault; cure: make check")
	}
	t.Parallel()
	program := plainProgram(t)
	free := make(chan bool, 4) // processes at a time, each of which uses half a core
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			if f.racy && !raceDetector() {
				t.Skip("only the race detector sees it")
			}
			if !f.waits {
				free <- true
				defer func() { <-free }()
			}
			caught := slices.DeleteFunc(f.run(t, program), func(name string) bool {
				return slices.Contains(strings.Fields(f.perhaps), path.Base(name))
			})
			t.Logf("%s: caught by %s", f.name, strings.Join(caught, ", "))
			assert.Equal(t, f.cases(), caught, "cure: look at each case; what is right goes into the fault's caught")
		})
	}
}

// plainProgram is this test program without the race detector, with which the suite takes five times as long.
func plainProgram(t *testing.T) string {
	t.Helper()
	if !raceDetector() {
		return os.Args[0]
	}
	file := filepath.Join(t.TempDir(), "adaptertest.test")
	build := exec.CommandContext(t.Context(), "go", "test", "-race=false", "-vet=off", "-c", "-o", file, ".")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	return file
}

func TestFaultsHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, f := range faults {
		assert.False(t, names[f.name], f.name)
		names[f.name] = true
	}
}

// planted returns the fault that this process is to have; without one the adapter stays good.
func planted() fault {
	for _, f := range faults {
		if f.name == os.Getenv(faultVariable) {
			return f
		}
	}
	return fault{}
}

func (f fault) open(own credentials, options *adapters.Options) (adapters.Source, error) {
	changed := *options
	if f.options != nil {
		f.options(&changed)
	}
	c, err := newClient(own, &changed)
	var failure *adapters.Error
	if errors.As(err, &failure) && f.accepts != "" && strings.HasPrefix(failure.Detail, f.accepts) {
		c, err = newClient(given, &adapters.Options{})
	}
	if err != nil {
		return nil, err
	}
	if f.plant != nil {
		f.plant(c)
	}
	if f.wrap != nil {
		return f.wrap(c), nil
	}
	return c, nil
}

// cases are the caught cases by their names in the suite.
func (f fault) cases() []string {
	cases := strings.Fields(f.caught)
	for i, name := range cases {
		if !strings.Contains(name, "/") && name != "sweep" && name != "declared" {
			cases[i] = "catalogue/" + name
		}
	}
	slices.Sort(cases)
	return cases
}

// run returns the cases that fail in a process with the fault.
func (f fault) run(t *testing.T, program string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	tests := "^TestFake$"
	if f.racy {
		program, tests = os.Args[0], "^TestFake$/^catalogue$/^071$" // a race is blamed on whatever test ends next
	}
	command := exec.CommandContext(ctx, program, "-test.run="+tests, "-test.parallel=8")
	command.Env = append(os.Environ(), faultVariable+"="+f.name, "GOMAXPROCS=1")
	output, err := command.CombinedOutput()
	require.NoError(t, ctx.Err())
	var failed *exec.ExitError
	require.True(t, err == nil || errors.As(err, &failed), err)
	require.NotContains(t, string(output), "\npanic: ", "the process has crashed")
	return failures(string(output))
}

var failure = regexp.MustCompile(`(?m)^ *--- FAIL: TestFake/(\w+(?:/[^/ \n]+)?)`)

// failures returns the failed cases that a test's output names, each once.
func failures(output string) []string {
	cases := []string{}
	for _, match := range failure.FindAllStringSubmatch(output, -1) {
		name := match[1]
		for _, whole := range []string{"sweep", "declared"} {
			if strings.HasPrefix(name, whole+"/") {
				name = whole
			}
		}
		cases = append(cases, name)
	}
	slices.Sort(cases)
	cases = slices.Compact(cases)
	return slices.DeleteFunc(cases, func(name string) bool { // what failed because of a part of it
		return slices.ContainsFunc(cases, func(other string) bool { return strings.HasPrefix(other, name+"/") })
	})
}

func raceDetector() bool {
	build, _ := debug.ReadBuildInfo()
	return slices.Contains(build.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
