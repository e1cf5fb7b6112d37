package sqltest

import (
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

// postgres starts a PostgreSQL server of the test's own, reached by a Unix socket only, and returns its address.
func postgres(t *testing.T) string {
	t.Helper()
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl") // Debian keeps it out of PATH
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		installed = []string{path}
	}
	if len(installed) == 0 {
		require.Empty(t, os.Getenv(required), "PostgreSQL's server is not installed; cure: apt-get install postgresql")
		t.Skip("PostgreSQL's server is not installed")
	}
	control, folder := slices.Max(installed), strings.TrimSpace(run(t, "mktemp", "-d"))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	data, log := filepath.Join(folder, "data"), filepath.Join(folder, "log")
	run(t, control, "initdb", "-s", "-D", data, "-o", "-U test -A trust -N --no-locale -E UTF8")
	run(t, control, "start", "-s", "-D", data, "-l", log, "-o", "-k "+folder+" -c listen_addresses= -c fsync=off")
	t.Cleanup(func() { run(t, control, "stop", "-s", "-D", data, "-m", "fast") })
	return "host=" + folder + " user=test dbname=postgres"
}

// run runs a program, as nobody if the test is root: PostgreSQL refuses to run as root.
func run(t *testing.T, command ...string) string {
	t.Helper()
	if os.Getuid() == 0 {
		command = append([]string{"runuser", "-u", "nobody", "--"}, command...)
	}
	program := exec.Command(command[0], command[1:]...)
	program.Dir = os.TempDir()
	out, err := program.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}
