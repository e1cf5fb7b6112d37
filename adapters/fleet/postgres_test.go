package fleet

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// required is the environment variable that makes a missing PostgreSQL a failure.
const required = "REQUIRE_POSTGRESQL"

// server is a PostgreSQL server of the tests' own, reached by a Unix socket only.
type server struct{ control, folder string }

// newServer starts a server, with fsync as a configuration file writes it.
func newServer(t testing.TB, fsync string) server {
	t.Helper()
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl") // Debian keeps it out of PATH
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		installed = []string{path}
	}
	if len(installed) == 0 {
		require.Empty(t, os.Getenv(required), "PostgreSQL's server is not installed; cure: apt-get install postgresql")
		t.Skip("PostgreSQL's server is not installed")
	}
	s := server{slices.Max(installed), strings.TrimSpace(run(t, "mktemp", "-d"))}
	run(t, s.control, "initdb", "-s", "-D", s.data(), "-o", "-U test -A trust -N --no-locale -E UTF8")
	s.start(t, fsync)
	return s
}

// ownServer starts a server that ends with the test.
func ownServer(t testing.TB, fsync string) server {
	t.Helper()
	s := newServer(t, fsync)
	t.Cleanup(func() {
		s.stop(t, "fast")
		require.NoError(t, os.RemoveAll(s.folder))
	})
	return s
}

func (s server) data() string { return filepath.Join(s.folder, "data") }

func (s server) start(t testing.TB, fsync string) {
	t.Helper()
	run(t, s.control, "start", "-s", "-w", "-D", s.data(), "-l", filepath.Join(s.folder, "log"),
		"-o", "-k "+s.folder+" -c listen_addresses= -c max_connections=200 -c fsync="+fsync)
}

func (s server) stop(t testing.TB, mode string) {
	t.Helper()
	run(t, s.control, "stop", "-s", "-D", s.data(), "-m", mode)
}

// address returns the address of a database of the server.
func (s server) address(database string) string {
	return "postgres:///" + database + "?user=test&host=" + s.folder
}

func run(t testing.TB, command ...string) string {
	t.Helper()
	out, err := asNobody(command...)
	require.NoError(t, err, out)
	return out
}

// asNobody runs a program, as nobody if the test is root: PostgreSQL refuses to run as root.
func asNobody(command ...string) (string, error) {
	if os.Getuid() == 0 {
		command = append([]string{"runuser", "-u", "nobody", "--"}, command...)
	}
	program := exec.Command(command[0], command[1:]...)
	program.Dir = os.TempDir()
	out, err := program.CombinedOutput()
	return string(out), err
}

// shared is the server of all tests that do not stop it.
var shared struct {
	sync.Mutex
	server
	databases int
}

// newDatabase makes a database in the shared server and returns its address.
func newDatabase(t testing.TB) string {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.folder == "" {
		shared.server = newServer(t, "off")
	}
	shared.databases++
	return shared.create(t, "t"+strconv.Itoa(shared.databases))
}

// create makes a database and returns its address.
func (s server) create(t testing.TB, name string) string {
	t.Helper()
	admin, err := pgx.Connect(t.Context(), s.address("postgres"))
	require.NoError(t, err)
	defer func() { _ = admin.Close(context.Background()) }()
	_, err = admin.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	return s.address(name)
}

func TestMain(m *testing.M) {
	if worker := os.Getenv(workerOf); worker != "" {
		os.Exit(beWorker(worker))
	}
	code := m.Run()
	if shared.folder != "" {
		_, _ = asNobody(shared.control, "stop", "-s", "-D", shared.data(), "-m", "fast")
		_ = os.RemoveAll(shared.folder)
	}
	os.Exit(code)
}
