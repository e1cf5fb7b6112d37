package sqltest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// required is the environment variable that makes a missing PostgreSQL a failure.
const required = "REQUIRE_POSTGRESQL"

// control returns the program that starts and stops PostgreSQL, or nothing.
func control() string {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		return path
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl") // Debian keeps it out of PATH
	return slices.Max(append(installed, ""))
}

// postgres returns the address of a server of the test's own.
func postgres(t *testing.T) string {
	t.Helper()
	if control() == "" {
		require.Empty(t, os.Getenv(required), "PostgreSQL's server is not installed; cure: apt-get install postgresql")
		t.Skip("PostgreSQL's server is not installed")
	}
	address, stop := startPostgres()
	t.Cleanup(stop)
	return address
}

// startPostgres starts a server that is reached by a Unix socket only.
func startPostgres() (address string, stop func()) {
	folder := strings.TrimSpace(run("mktemp", "-d"))
	data, log := filepath.Join(folder, "data"), filepath.Join(folder, "log")
	run(control(), "initdb", "-s", "-D", data, "-o", "-U test -A trust -N --no-locale -E UTF8")
	run(control(), "start", "-s", "-D", data, "-l", log, "-o", "-k "+folder+" -c listen_addresses= -c fsync=off")
	return "host=" + folder + " user=test dbname=postgres", func() {
		run(control(), "stop", "-s", "-D", data, "-m", "fast")
		_ = must(0, os.RemoveAll(folder))
	}
}

// run runs a program, as nobody if the test is root: PostgreSQL refuses to run as root.
func run(command ...string) string {
	if os.Getuid() == 0 {
		command = append([]string{"runuser", "-u", "nobody", "--"}, command...)
	}
	program := exec.Command(command[0], command[1:]...)
	program.Dir = os.TempDir()
	out, err := program.CombinedOutput()
	if err != nil {
		panic(fmt.Errorf("%s: %w: %s", command, err, out))
	}
	return string(out)
}

// must is for what cannot fail here.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
